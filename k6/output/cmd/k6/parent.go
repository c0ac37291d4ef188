package main

import (
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
)

func watchParent() {
	if os.Getenv(stopWithParent) != "true" {
		return
	}
	// Nobody reads our output then: writing to it must not end us before everything has been delivered.
	signal.Ignore(syscall.SIGPIPE)
	parent := os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(parentPoll)
		}
		if self, err := os.FindProcess(os.Getpid()); err == nil {
			_ = self.Signal(os.Interrupt)
		}
	}()
}
