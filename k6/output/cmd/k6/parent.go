package main

import (
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	// stopWithParent set to true: end as after Ctrl-C when the process that started us is gone. Load that nobody watches
	// any more must not go on, and what was measured so far must still arrive.
	stopWithParent = "LOADSTAR_STOP_WITH_PARENT"
	parentPoll     = 250 * time.Millisecond
	// stopWithInput set to true: end as after Ctrl-C when standard input ends. The caller of a container cannot be seen
	// from within, but it holds the other end of this pipe. A signal is lost while a container is being created, and
	// before its process has handlers; the end of a pipe waits.
	stopWithInput = "LOADSTAR_STOP_WITH_INPUT"
)

func watchParent() {
	switch "true" {
	case os.Getenv(stopWithParent):
		parent := os.Getppid()
		stopAfter(func() {
			for os.Getppid() == parent {
				time.Sleep(parentPoll)
			}
		})
	case os.Getenv(stopWithInput):
		stopAfter(func() { _, _ = io.Copy(io.Discard, os.Stdin) })
	}
}

// stopAfter interrupts this process when wait returns.
func stopAfter(wait func()) {
	// Nobody reads our output then: writing to it must not end us before everything has been delivered.
	signal.Ignore(syscall.SIGPIPE)
	go func() {
		wait()
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Signal(os.Interrupt)
		}
	}()
}
