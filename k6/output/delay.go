package output

import (
	"math"
	"runtime/metrics"
	"strconv"
	"sync"
	"time"
)

// probeInterval is short against the delays that matter (tens of milliseconds). It costs 1.4 % of a core where nothing else
// runs; 2 ms cost twice as much. Shorter stops are seen in part.
const probeInterval = 5 * time.Millisecond

// handovers of a request between goroutines, in net/http: to the one that writes it, to the one that reads the answer, and
// back to the virtual user. Each may wait for Go's scheduler.
const handovers = 3

// delayShares is the distribution of the generator's own delay: for each bound of heatmapBounds_ms, the share of requests
// that waited longer for the generator.
type delayShares []float64

// probe measures the times in which nothing of this process runs: another program has its processor, a quota of CPU is
// used up, somebody stopped it, or the garbage collector did. A goroutine sleeps for probeInterval again and again. If
// it wakes up late by L, an event at a random moment of that time waited between 0 and L, each as likely as the others.
// So events wait longer than d for max(0, L-d) of the time.
type probe struct {
	mu sync.Mutex
	// span_ms is the time that was watched, over_ms the part of it in which an event waits longer than each bound.
	span_ms float64
	over_ms []float64
}

func newProbe() *probe {
	return &probe{over_ms: make([]float64, len(heatmapBounds_ms))}
}

// run measures until stopped is closed.
func (p *probe) run(stopped <-chan struct{}) {
	last := time.Now()
	for {
		select {
		case <-stopped:
			return
		default:
		}
		time.Sleep(probeInterval)
		now := time.Now()
		p.add(now.Sub(last))
		last = now
	}
}

// add takes the time from one waking up to the next.
func (p *probe) add(gap time.Duration) {
	late_ms := milliseconds(gap - probeInterval)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.span_ms += milliseconds(gap)
	for i, bound_ms := range heatmapBounds_ms {
		if late_ms <= bound_ms {
			break
		}
		p.over_ms[i] += late_ms - bound_ms
	}
}

// take returns the shares since the last call; nil where nothing was watched.
func (p *probe) take() delayShares {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.span_ms == 0 {
		return nil
	}
	shares := make(delayShares, len(p.over_ms))
	for i, over := range p.over_ms {
		shares[i] = over / p.span_ms
		p.over_ms[i] = 0
	}
	p.span_ms = 0
	return shares
}

// schedulingShares are those of goroutines that could run and waited for a processor of Go's scheduler: where a generator
// computes all the time, they wait for each other. sample is /sched/latencies:seconds of runtime/metrics, last are its
// counts before. nil where no goroutine ran.
func schedulingShares(sample metrics.Sample, last []uint64) delayShares {
	if sample.Value.Kind() != metrics.KindFloat64Histogram {
		return nil
	}
	h := sample.Value.Float64Histogram()
	if len(last) != len(h.Counts) {
		return nil
	}
	var total uint64
	over := make([]uint64, len(heatmapBounds_ms))
	for i, count := range h.Counts {
		count -= last[i]
		total += count
		// A bucket counts as a whole from its lower bound on: its goroutines waited at least so long.
		for b := 0; b < len(over) && h.Buckets[i]*1000 >= heatmapBounds_ms[b]; b++ {
			over[b] += count
		}
	}
	if total == 0 {
		return nil
	}
	shares := make(delayShares, len(over))
	for b := range over {
		shares[b] = float64(over[b]) / float64(total)
	}
	return shares
}

// requestShares bounds the share of requests that wait longer: once for the process, when the answer arrives, and for the
// scheduler at each handover. nil where nothing was measured.
func requestShares(process, scheduler delayShares) delayShares {
	if process == nil || scheduler == nil {
		return nil
	}
	shares := make(delayShares, len(process))
	for i := range shares {
		shares[i] = math.Min(1, process[i]+handovers*scheduler[i])
	}
	return shares
}

// atMost_ms is the delay that at most this share of requests exceed, interpolated between the bounds.
func (s delayShares) atMost_ms(share float64) float64 {
	before_ms, before := 0.0, 1.0
	for i, over := range s {
		if over <= share {
			return before_ms + (heatmapBounds_ms[i]-before_ms)*(before-share)/(before-over)
		}
		before_ms, before = heatmapBounds_ms[i], over
	}
	return before_ms
}

// delayTotal are the shares of a whole run. A second counts as much as it had samples, because those are what delays move:
// a generator that is late under its highest load alone delays most of the requests.
type delayTotal struct {
	weighted []float64
	samples  int64
}

func (t *delayTotal) add(shares delayShares, samples int64) {
	if shares == nil || samples <= 0 {
		return
	}
	if t.weighted == nil {
		t.weighted = make([]float64, len(shares))
	}
	for i, share := range shares {
		t.weighted[i] += share * float64(samples)
	}
	t.samples += samples
}

// parts of all requests: less than one of a million says nothing of a run.
const parts = 1e6

// report gives the shares by bound in ms, as text, and leaves out the bounds that no request waited longer for; nil where
// nothing was measured.
func (t *delayTotal) report() map[string]float64 {
	if t.samples == 0 {
		return nil
	}
	shares := map[string]float64{}
	for i, weighted := range t.weighted {
		if share := weighted / float64(t.samples); share*parts >= 1 {
			shares[strconv.FormatFloat(heatmapBounds_ms[i], 'g', -1, 64)] = math.Round(share*parts) / parts
		}
	}
	return shares
}

func milliseconds(d time.Duration) float64 {
	return float64(d) / float64(time.Millisecond)
}
