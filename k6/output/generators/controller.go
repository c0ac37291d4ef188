// Package generators lets the k6 processes of one run share setup() and teardown(), as k6 itself plans it: it asks a Controller
// for the data of setup(), and whether to run teardown(). The released k6 has only one for a process that is alone.
package generators

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"go.k6.io/k6/errext"
	"go.k6.io/k6/errext/exitcodes"
)

// Controller is execution.Controller of k6 (internal/execution/controller.go), which other modules cannot import.
type Controller interface {
	GetOrCreateData(id string, create func() ([]byte, error)) ([]byte, error)
	Signal(eventID string, err error) error
	Subscribe(eventID string) (wait func() error)
}

// Variables that the runner sets, for several processes only.
const (
	directoryVariable = "LOADSTAR_GENERATORS_DIR"
	ownVariable       = "LOADSTAR_GENERATOR"
	countVariable     = "LOADSTAR_GENERATORS"
)

// Names of files in the directory that the processes share.
const (
	setupFile    = "setup.json"
	teardownFile = "teardown"
	// Written by a process whose load is over.
	donePrefix = "done-"
	// Written by the runner, of a process that has ended.
	endedPrefix = "ended-"
)

// IDs of k6 (internal/execution/scheduler.go).
const (
	setupID         = "setup"
	teardownID      = "teardown"
	executionDoneID = "execution-done"
	pollEvery       = 20 * time.Millisecond
	privateFile     = 0o600
	firstGenerator  = 1
	errAheadOfSetup = "the first generator ended before its setup() did"
)

type together struct {
	directory string
	// From 1 to count.
	own, count int
}

// NewController returns alone for a process that shares its run with no other.
func NewController(alone Controller) (Controller, error) {
	directory := os.Getenv(directoryVariable)
	if directory == "" {
		return alone, nil
	}
	own, err := strconv.Atoi(os.Getenv(ownVariable))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ownVariable, err)
	}
	count, err := strconv.Atoi(os.Getenv(countVariable))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", countVariable, err)
	}
	return together{directory, own, count}, nil
}

// GetOrCreateData runs setup() in the first process, and gives its result to all. It runs teardown() once, when no process has
// load any more.
func (t together) GetOrCreateData(id string, create func() ([]byte, error)) ([]byte, error) {
	switch id {
	case setupID:
		if t.own == firstGenerator {
			return t.runSetup(create)
		}
		return t.awaitSetup()
	case teardownID:
		if !t.mayTearDown() {
			return nil, nil
		}
	}
	return create()
}

// Signal keeps the one event that others wait for.
func (t together) Signal(eventID string, _ error) error {
	if eventID != executionDoneID {
		return nil
	}
	return os.WriteFile(t.path(donePrefix, t.own), nil, privateFile)
}

// Subscribe waits for nothing: the processes begin together because they wait for setup(), and end independently.
func (t together) Subscribe(string) func() error {
	return func() error { return nil }
}

type setupResult struct {
	// nil: setup() has returned nothing.
	Data []byte `json:"data"`
	// Empty: it has not failed.
	Error string `json:"error"`
}

func (t together) runSetup(create func() ([]byte, error)) ([]byte, error) {
	data, err := create()
	result := setupResult{Data: data}
	if err != nil {
		// As k6 logs it: so that the same failure of all processes is one message.
		result.Error, _ = errext.Format(err)
	}
	if writeErr := writeWhole(filepath.Join(t.directory, setupFile), result); writeErr != nil {
		return nil, errors.Join(err, writeErr)
	}
	return data, err
}

func (t together) awaitSetup() ([]byte, error) {
	for {
		// Before the file is read: the first process may write it and end between the two.
		hasEnded := exists(t.path(endedPrefix, firstGenerator))
		content, err := os.ReadFile(filepath.Join(t.directory, setupFile))
		switch {
		case err == nil:
			var result setupResult
			if err := json.Unmarshal(content, &result); err != nil {
				return nil, err
			}
			if result.Error != "" {
				return nil, notOurs(result.Error)
			}
			return result.Data, nil
		case !errors.Is(err, os.ErrNotExist):
			return nil, err
		case hasEnded:
			return nil, notOurs(errAheadOfSetup)
		}
		time.Sleep(pollEvery)
	}
}

// notOurs is an error of another process: the exit code of that one says what it was.
func notOurs(text string) error {
	return errext.WithExitCodeIfNone(errors.New(text), exitcodes.ExternalAbort)
}

// mayTearDown is true for one process: the first that has not ended, after all others have no load any more.
func (t together) mayTearDown() bool {
	for other := 1; other <= t.count; other++ {
		if other < t.own && !exists(t.path(endedPrefix, other)) {
			return false
		}
		for other > t.own && !exists(t.path(donePrefix, other)) && !exists(t.path(endedPrefix, other)) {
			time.Sleep(pollEvery)
		}
	}
	// One that has ended may have done it.
	claim, err := os.OpenFile(filepath.Join(t.directory, teardownFile), os.O_CREATE|os.O_EXCL, privateFile)
	if err != nil {
		return false
	}
	// Nobody reads it any more, and it may hold tokens.
	_ = os.Remove(filepath.Join(t.directory, setupFile))
	return claim.Close() == nil
}

func (t together) path(prefix string, generator int) string {
	return filepath.Join(t.directory, prefix+strconv.Itoa(generator))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// writeWhole writes a file that others read as soon as it is there.
func writeWhole(path string, value any) error {
	content, err := json.Marshal(value)
	if err != nil {
		return err
	}
	draft := path + ".draft"
	if err := os.WriteFile(draft, content, privateFile); err != nil {
		return err
	}
	return os.Rename(draft, path)
}
