package output

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
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

// RunMerger takes the batches of all generators of a run and writes their sums, until a signal ends it. It is set up by
// the variables of the output: K6_INFLUXDB_* and K6_LOADSTAR_*.
func RunMerger(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("expected one address to listen at, as 127.0.0.1:8087; found %d arguments", len(args))
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
	listener, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Handler: merging, ReadHeaderTimeout: writeTimeout}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	writing, stopWriting := context.WithCancel(context.Background())
	written := make(chan struct{})
	go func() { merging.run(writing); close(written) }()
	logger.Infof("Merging generators at %s", listener.Addr())
	select {
	case err = <-ended:
	case <-ctx.Done():
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

func environment() map[string]string {
	all := map[string]string{}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		all[name] = value
	}
	return all
}
