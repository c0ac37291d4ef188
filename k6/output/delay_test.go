package output

import (
	"math"
	"runtime/metrics"
	"slices"
	"testing"
	"time"
)

// shareOf is the share for a bound in ms.
func shareOf(t *testing.T, shares delayShares, bound_ms float64) float64 {
	t.Helper()
	i := slices.Index(heatmapBounds_ms, bound_ms)
	if i < 0 {
		t.Fatalf("%v is no bound", bound_ms)
	}
	return shares[i]
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s: expected %v, found %v", what, want, got)
	}
}

func TestAStopDelaysEventsEvenlyUpToItsLength(t *testing.T) {
	p := newProbe()
	// A second in which nothing runs for 200 ms.
	for range 159 {
		p.add(probeInterval)
	}
	p.add(probeInterval + 200*time.Millisecond)
	shares := p.take()
	near(t, "longer than 1 ms", shareOf(t, shares, 1), 0.199)
	near(t, "longer than 100 ms", shareOf(t, shares, 100), 0.1)
	near(t, "longer than 150 ms", shareOf(t, shares, 150), 0.05)
	near(t, "longer than 200 ms", shareOf(t, shares, 200), 0)
	near(t, "delay of one event in ten", shares.atMost_ms(0.1), 100)
}

func TestTheProbeForgetsWhatItHasTold(t *testing.T) {
	p := newProbe()
	if shares := p.take(); shares != nil {
		t.Errorf("expected nothing before the first measurement, found %v", shares)
	}
	p.add(time.Second)
	p.take()
	p.add(probeInterval)
	near(t, "longer than 1 ms", shareOf(t, p.take(), 1), 0)
}

// schedulerOf is a histogram of 100 goroutines, 8 of which waited for more than 1 ms, and 2 for more than 20 ms.
func schedulerOf(t *testing.T) metrics.Sample {
	t.Helper()
	samples := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(samples)
	if samples[0].Value.Kind() != metrics.KindFloat64Histogram {
		t.Fatal("this version of Go has no histogram of scheduling latencies")
	}
	h := samples[0].Value.Float64Histogram()
	h.Buckets = []float64{math.Inf(-1), 0, 0.001, 0.02, math.Inf(1)}
	h.Counts = []uint64{0, 90, 8, 2}
	return samples[0]
}

func TestSchedulingSharesAreThoseSinceTheLastCounts(t *testing.T) {
	sample := schedulerOf(t)
	shares := schedulingShares(sample, []uint64{0, 0, 0, 0})
	near(t, "longer than 1 ms", shareOf(t, shares, 1), 0.1)
	near(t, "longer than 20 ms", shareOf(t, shares, 20), 0.02)
	near(t, "longer than 30 ms", shareOf(t, shares, 30), 0)
	near(t, "longer than 20 ms since", shareOf(t, schedulingShares(sample, []uint64{0, 82, 8, 0}), 20), 0.2)
	if shares := schedulingShares(sample, []uint64{0, 90, 8, 2}); shares != nil {
		t.Errorf("expected nothing where no goroutine ran, found %v", shares)
	}
	if shares := schedulingShares(sample, nil); shares != nil {
		t.Errorf("expected nothing without counts before, found %v", shares)
	}
}

func TestARequestWaitsForTheProcessAndAtEachHandover(t *testing.T) {
	near(t, "sum", requestShares(delayShares{0.25}, delayShares{0.125})[0], 0.625)
	near(t, "never more than all", requestShares(delayShares{0.75}, delayShares{0.5})[0], 1)
	if shares := requestShares(nil, delayShares{0.5}); shares != nil {
		t.Errorf("expected nothing without the probe, found %v", shares)
	}
}

func TestTheRunCountsASecondByItsSamples(t *testing.T) {
	var total delayTotal
	if total.report() != nil {
		t.Error("expected an unknown delay before the first second")
	}
	calm, late := make(delayShares, len(heatmapBounds_ms)), make(delayShares, len(heatmapBounds_ms))
	late[0], late[1] = 0.4, 0.2
	total.add(calm, 100)
	total.add(late, 900)
	total.add(late, 0)
	total.add(nil, 500)
	report := total.report()
	near(t, "longer than 1 ms", report["1"], 0.36)
	near(t, "longer than 2 ms", report["2"], 0.18)
	if len(report) != 2 {
		t.Errorf("expected no bound that no event waited for, found %v", report)
	}
}

func TestTheProbeRunsUntilItIsStopped(t *testing.T) {
	p, stopped, ended := newProbe(), make(chan struct{}), make(chan struct{})
	go func() { p.run(stopped); close(ended) }()
	for p.take() == nil {
		time.Sleep(probeInterval)
	}
	close(stopped)
	<-ended
}
