package output

import (
	"runtime"
	"strings"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/mem"
)

// machine is what the load was made on. Runs on different kinds of machines are not compared (history/machine.ts).
type machine struct {
	CPUModel string `json:"cpu_model"`
	// Cores that this process may use: Go takes the CPU quota of a container into account.
	Cores       int   `json:"cores"`
	MemoryBytes int64 `json:"memory_bytes"`
}

// readMachine leaves out what the system does not say: the architecture stands for an unknown model, 0 for unknown memory.
func readMachine() machine {
	m := machine{CPUModel: runtime.GOARCH, Cores: runtime.GOMAXPROCS(0)}
	if infos, err := cpu.Info(); err == nil && len(infos) > 0 {
		if model := strings.TrimSpace(infos[0].ModelName); model != "" {
			m.CPUModel = model
		}
	}
	if memory, err := mem.VirtualMemory(); err == nil {
		m.MemoryBytes = int64(memory.Total) //nolint:gosec // no machine has 8 EiB
	}
	return m
}
