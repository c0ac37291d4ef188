package output

import (
	"runtime"
	"testing"
)

func TestTheMachineHasAModelCoresAndMemory(t *testing.T) {
	m := readMachine()
	if m.CPUModel == "" || m.Cores != runtime.GOMAXPROCS(0) || m.MemoryBytes < 1<<20 {
		t.Errorf("expected a model, %d cores and memory, found %+v", runtime.GOMAXPROCS(0), m)
	}
}

func TestCoresAreThoseThatTheProcessMayUse(t *testing.T) {
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	if m := readMachine(); m.Cores != 1 {
		t.Errorf("expected 1 core, found %+v", m)
	}
}
