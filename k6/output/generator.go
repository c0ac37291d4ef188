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
	// Delay is what the generator added itself; nil where nothing was measured.
	Delay delayShares
}

// generator watches the process that makes the load.
type generator struct {
	process  *process.Process
	lastTime time.Time
	lastCPU  float64
	lastBusy cpu.TimesStat
	samples  []metrics.Sample
	lastHist []uint64
	probe    *probe
	received int64

	last generatorHealth
	// Of the whole run.
	seconds      int64
	delay        delayTotal
	peakCPU      float64
	peakResident int64
}

func newGenerator() *generator {
	g := &generator{
		lastTime: time.Now(),
		samples:  []metrics.Sample{{Name: "/sched/latencies:seconds"}},
		probe:    newProbe(),
	}
	// Without the process's own figures the rest still tells; they are then 0.
	if p, err := process.NewProcess(int32(os.Getpid())); err == nil { //nolint:gosec // a pid fits
		g.process = p
	}
	// This only sets the marks: there is nothing yet to compare with, and nothing to judge.
	g.measure(time.Now())
	return g
}

// read takes the figures since the last call. received is the number of samples since the start: what delays them counts
// in proportion to them.
func (g *generator) read(now time.Time, received int64) generatorHealth {
	if now.Sub(g.lastTime) >= shortestReading {
		g.last = g.measure(now)
		g.count(g.last, received-g.received)
		g.received = received
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
	before := g.lastHist
	h.SchedulingP99_ms = g.scheduling_ms()
	h.Delay = requestShares(g.probe.take(), schedulingShares(g.samples[0], before))
	return h
}

func (g *generator) count(h generatorHealth, received int64) {
	g.seconds++
	g.delay.add(h.Delay, received)
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
