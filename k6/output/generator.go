package output

import (
	"math"
	"os"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/process"
)

// A generator that is saturated measures itself. k6's own advice for large tests is to keep a fifth of the CPU idle
// (https://grafana.com/docs/k6/latest/testing-guides/running-large-tests), because response times are wrong without it;
// scheduling latency is the delay that Go adds before a goroutine that could run does so, and it goes straight into
// every measured time (saturatedScheduling_ms): 10 ms is 2 % of the reference SLO.
const (
	saturatedCPU = 0.8
	// saturatedSeconds in a row: shorter peaks are a garbage collection or a neighbour.
	saturatedSeconds = 5
)

// shortestReading is the least time that a share says something of: k6's start and its first sample lie closer.
const shortestReading = 500 * time.Millisecond

// generatorHealth is how the load generator itself fared in the last second.
type generatorHealth struct {
	// ProcessCPU in cores, MachineCPU as a share of all of them.
	ProcessCPU, MachineCPU float64
	ResidentBytes          int64
	Goroutines             int64
	// SchedulingP99_ms is how long goroutines that could run waited for a processor.
	SchedulingP99_ms float64
	Saturated        bool
}

// generator watches the process that makes the load.
type generator struct {
	process  *process.Process
	lastTime time.Time
	lastCPU  float64
	lastBusy cpu.TimesStat
	samples  []metrics.Sample
	lastHist []uint64

	last   generatorHealth
	inARow int
	// Of the whole run.
	seconds, saturatedTotal int64
	longest                 int
	peakCPU                 float64
	peakResident            int64
}

func newGenerator() *generator {
	g := &generator{
		lastTime: time.Now(),
		samples:  []metrics.Sample{{Name: "/sched/latencies:seconds"}},
	}
	// Without the process's own figures the rest still tells; they are then 0.
	if p, err := process.NewProcess(int32(os.Getpid())); err == nil { //nolint:gosec // a pid fits
		g.process = p
	}
	// This only sets the marks: there is nothing yet to compare with, and nothing to judge.
	g.measure(time.Now())
	return g
}

// read takes the figures since the last call, and judges them.
func (g *generator) read(now time.Time) generatorHealth {
	if now.Sub(g.lastTime) >= shortestReading {
		g.last = g.measure(now)
		g.judge(&g.last)
	}
	return g.last
}

func (g *generator) measure(now time.Time) generatorHealth {
	var h generatorHealth
	elapsed_s := now.Sub(g.lastTime).Seconds()
	g.lastTime = now
	if g.process != nil {
		if times, err := g.process.Times(); err == nil {
			used := times.User + times.System
			if elapsed_s > 0 {
				h.ProcessCPU = math.Max(0, used-g.lastCPU) / elapsed_s
			}
			g.lastCPU = used
		}
		if memory, err := g.process.MemoryInfo(); err == nil {
			h.ResidentBytes = int64(memory.RSS) //nolint:gosec // memory fits
		}
	}
	h.MachineCPU = g.machineCPU()
	h.Goroutines = int64(runtime.NumGoroutine())
	h.SchedulingP99_ms = g.scheduling_ms()
	return h
}

func (g *generator) judge(h *generatorHealth) {
	if h.MachineCPU >= saturatedCPU || h.SchedulingP99_ms >= saturatedScheduling_ms {
		g.inARow++
	} else {
		g.inARow = 0
	}
	h.Saturated = g.inARow >= saturatedSeconds
	g.seconds++
	if h.Saturated {
		g.saturatedTotal++
	}
	g.longest = max(g.longest, g.inARow)
	g.peakCPU = math.Max(g.peakCPU, h.MachineCPU)
	g.peakResident = max(g.peakResident, h.ResidentBytes)
}

func (g *generator) machineCPU() float64 {
	times, err := cpu.Times(false)
	if err != nil || len(times) == 0 {
		return 0
	}
	last := g.lastBusy
	g.lastBusy = times[0]
	idle := times[0].Idle + times[0].Iowait - last.Idle - last.Iowait
	total := sum(times[0]) - sum(last)
	if total <= 0 {
		return 0
	}
	return math.Min(1, math.Max(0, 1-idle/total))
}

// sum leaves guests out: their time is counted in user and nice already (proc(5)).
func sum(t cpu.TimesStat) float64 {
	return t.User + t.System + t.Nice + t.Iowait + t.Irq + t.Softirq + t.Steal + t.Idle
}

// scheduling_ms is the 99th percentile of what Go's scheduler added since the last call.
func (g *generator) scheduling_ms() float64 {
	metrics.Read(g.samples)
	if g.samples[0].Value.Kind() != metrics.KindFloat64Histogram {
		return 0
	}
	h := g.samples[0].Value.Float64Histogram()
	last := g.lastHist
	g.lastHist = append([]uint64(nil), h.Counts...)
	if len(last) != len(h.Counts) {
		return 0
	}
	var total uint64
	for i, count := range h.Counts {
		total += count - last[i]
	}
	if total == 0 {
		return 0
	}
	var seen uint64
	for i, count := range h.Counts {
		seen += count - last[i]
		if float64(seen) >= 0.99*float64(total) {
			upper := h.Buckets[i+1]
			if math.IsInf(upper, 1) {
				upper = h.Buckets[i]
			}
			return upper * 1000
		}
	}
	return 0
}
