package generators

import (
	"context"
	"errors"
	"sync/atomic"
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

// IDs of k6 (internal/execution/scheduler.go).
const (
	setupID         = "setup"
	teardownID      = "teardown"
	setupDoneID     = "setup-done"
	executionDoneID = "execution-done"
)

// joined is this process as a generator, from the start of the output to its end; nil where the run has no other.
var joined atomic.Pointer[Member]

// controller asks the meeting, if this process has joined one. The output joins after k6 has made its controller.
type controller struct {
	alone Controller
	// member is this process in the meeting; nil where it has joined none.
	member func() *Member
	// process ends with k6, run with the load, also where that is aborted.
	process, run context.Context
}

// NewController returns k6's own for a process that shares its run with no other.
func NewController(process, run context.Context, alone Controller) Controller {
	return controller{alone, joined.Load, process, run}
}

// GetOrCreateData runs setup() in one process, and gives its result to all. It runs teardown() once, when no process has load
// any more.
func (c controller) GetOrCreateData(id string, create func() ([]byte, error)) ([]byte, error) {
	m := c.member()
	if m == nil {
		return c.alone.GetOrCreateData(id, create)
	}
	switch id {
	case setupID:
		return m.shareSetup(c.run, create)
	case teardownID:
		if !m.mayTearDown(c.process, c.run) {
			return nil, nil
		}
	}
	return create()
}

// Signal says what others wait for.
func (c controller) Signal(eventID string, err error) error {
	m := c.member()
	if m == nil {
		return c.alone.Signal(eventID, err)
	}
	switch eventID {
	case setupDoneID:
		m.say(func(r *report) { r.WantsSetup, r.IsReady = false, true })
	case executionDoneID:
		m.EndLoad()
	}
	return nil
}

// Subscribe waits for the others before the load begins. They end it independently.
func (c controller) Subscribe(eventID string) func() error {
	m := c.member()
	if m == nil {
		return c.alone.Subscribe(eventID)
	}
	return func() error {
		if eventID != setupDoneID {
			return nil
		}
		return m.begin(c.run)
	}
}

func (m *Member) shareSetup(ctx context.Context, create func() ([]byte, error)) ([]byte, error) {
	m.say(func(r *report) { r.WantsSetup = true })
	isOwn := false
	err := m.await(ctx, func(heard word, setup *setupResult) bool {
		isOwn = setup == nil && heard.SetupBy == m.settings.Instance && !heard.SetupEnded
		return isOwn || setup != nil
	})
	if err != nil {
		return nil, err
	}
	var failed error
	if isOwn {
		m.settings.Logger.Infof("This generator runs setup() for all %d", m.settings.Expected)
		failed = m.runSetup(create)
		// Not the context of the load: a failure may have aborted it, and the others have to hear of it.
		err = m.await(context.Background(), func(heard word, _ *setupResult) bool { return heard.HasSetup })
		if err = errors.Join(failed, err); err != nil {
			return nil, err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.setup.Error != "" {
		// The exit code of the process that ran setup() says what it was.
		return nil, errext.WithExitCodeIfNone(errors.New(m.setup.Error), exitcodes.ExternalAbort)
	}
	return m.setup.Data, nil
}

func (m *Member) runSetup(create func() ([]byte, error)) error {
	data, err := create()
	result := &setupResult{Data: data}
	if err != nil {
		// As k6 logs it: so that the same failure of all processes is one message.
		result.Error, _ = errext.Format(err)
	}
	m.mu.Lock()
	// Otherwise the others have been told already that this process is lost.
	if m.setup == nil {
		m.setup = result
	}
	m.mu.Unlock()
	m.say(func(*report) {})
	return err
}

// begin waits until the load may begin: when all others are ready or lost, or this one has waited for long enough.
func (m *Member) begin(ctx context.Context) error {
	timer := time.AfterFunc(m.settings.Patience, func() { m.say(func(r *report) { r.IsImpatient = true }) })
	defer timer.Stop()
	var without string
	if err := m.await(ctx, func(heard word, _ *setupResult) bool {
		without = heard.Without
		return heard.Begun
	}); err != nil {
		return err
	}
	m.say(func(r *report) { r.State = load })
	if without == "" {
		m.settings.Logger.Infof("The load of all %d generators begins", m.settings.Expected)
	} else {
		m.settings.Logger.Warnf("The load begins without %s (%d generators were expected)", without, m.settings.Expected)
	}
	return nil
}

// abortPatience is how long a process whose load was aborted waits for the others: all of them may have been, or it alone, by
// somebody who kills it if it stays.
const abortPatience = 5 * time.Second

// mayTearDown is true for one process, when none has load any more. Where no merger answers, it is the one that ran setup().
func (m *Member) mayTearDown(process, run context.Context) bool {
	m.say(func(r *report) { r.State, r.WantsTeardown = done, true })
	ctx := process
	if run.Err() != nil {
		limited, cancel := context.WithTimeout(process, abortPatience)
		defer cancel()
		ctx = limited
	}
	var chosen, ranSetup string
	err := m.await(ctx, func(heard word, _ *setupResult) bool {
		chosen, ranSetup = heard.TeardownBy, heard.SetupBy
		return chosen != ""
	})
	switch {
	case err == nil:
	case ctx.Err() != nil:
		m.settings.Logger.Info("Others still have load: teardown() is left to them")
		m.say(func(r *report) { r.WantsTeardown = false })
	default:
		m.settings.Logger.WithError(err).Warn("The generator that ran setup() runs teardown(), whether others still have load or not")
		chosen = ranSetup
	}
	if chosen != m.settings.Instance {
		return false
	}
	m.settings.Logger.Info("This generator runs teardown() for all")
	return true
}
