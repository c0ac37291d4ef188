package output

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"
	k6output "go.k6.io/k6/output"
)

// readTokenVariable holds the token that the merger reads with; it writes with that of the generators.
const readTokenVariable = "LOADSTAR_MERGE_READ_TOKEN"

// mergeGrace is how long requests under way may take at the end.
const mergeGrace = 2 * writeTimeout

// RunMerger takes the batches of all generators of a run and writes their sums, until a signal ends it, or all of so many
// generators have ended. It is set up by the variables of the output: K6_INFLUXDB_* and K6_LOADSTAR_*.
func RunMerger(args []string) error {
	address, count, err := readMergerArgs(args)
	if err != nil {
		return err
	}
	config, err := NewConfig(k6output.Params{Environment: environment()})
	if err != nil {
		return err
	}
	logger := logrus.New()
	merging, err := newMerger(config, os.Getenv(readTokenVariable), logger, time.Now())
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Handler: merging, ReadHeaderTimeout: writeTimeout}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	writing, stopWriting := context.WithCancel(context.Background())
	go merging.meetings.Watch(writing)
	written := make(chan struct{})
	go func() { merging.run(writing); close(written) }()
	logger.Infof("Merging generators at %s", listener.Addr())
	select {
	case err = <-ended:
	case <-merging.over(ctx, count):
		merging.linger()
		grace, cancel := context.WithTimeout(context.Background(), mergeGrace)
		defer cancel()
		err = server.Shutdown(grace)
	}
	stopWriting()
	<-written
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// readMergerArgs returns 0 for a merger that ends by a signal alone.
func readMergerArgs(args []string) (address string, count int, err error) {
	switch {
	case len(args) == 1:
		return args[0], 0, nil
	case len(args) == 3 && args[1] == "--generators":
		count, err = strconv.Atoi(args[2])
		if err == nil && count > 0 {
			return args[0], count, nil
		}
	}
	return "", 0, fmt.Errorf("expected an address to listen at, as 127.0.0.1:8087, and maybe --generators 3; found %q", args)
}

// over is closed when a signal has come, or all of so many generators have ended.
func (m *merger) over(ctx context.Context, count int) <-chan struct{} {
	over := make(chan struct{})
	go func() {
		defer close(over)
		for !m.meetings.IsOver(count) && ctx.Err() == nil {
			sleep(ctx, tick)
		}
	}()
	return over
}

func environment() map[string]string {
	all := map[string]string{}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		all[name] = value
	}
	return all
}
