package output

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"go.k6.io/k6/metrics"
)

type bench struct {
	registry   *metrics.Registry
	aggregator *aggregator
	findings   []finding
}

func newBench(t testing.TB, limit int) *bench {
	t.Helper()
	return newBenchOf(t, limit, nil)
}

func newBenchOf(t testing.TB, limit int, loads map[string]*load) *bench {
	t.Helper()
	b := &bench{registry: metrics.NewRegistry()}
	b.aggregator = newAggregator(time.Second, newClock(time.Now()), newGuard(limit, "", nil, newRoutes(""), func(f finding) { b.findings = append(b.findings, f) }), loads)
	return b
}

func (b *bench) metric(name string, kind metrics.MetricType) *metrics.Metric {
	return b.registry.MustNewMetric(name, kind)
}

func (b *bench) add(metric *metrics.Metric, at time.Time, value float64, tags map[string]string) {
	set := b.registry.RootTagSet().WithTagsFromMap(tags)
	b.aggregator.add([]metrics.SampleContainer{metrics.Samples{{
		TimeSeries: metrics.TimeSeries{Metric: metric, Tags: set}, Time: at, Value: value,
	}}})
}

var epoch = time.Unix(1_700_000_000, 0)

func TestTagsOfAScriptDoNotMoveSamplesToAnotherRun(t *testing.T) {
	b := newBench(t, 100)
	b.aggregator.guard.run = runTags([]tag{{"instance", "a"}, {projectTag, "shop"}, {runTag, "run-1"}})
	b.add(b.metric("orders", metrics.Counter), epoch, 1, map[string]string{projectTag: "other", runTag: "x", "instance": "b"})
	got := b.aggregator.take(epoch.Add(time.Minute), true)
	want := []tag{{"instance", "b"}, {projectTag, "shop"}, {runTag, "run-1"}}
	if tags := got[0].data[0].series.tags; !slices.Equal(tags, want) {
		t.Fatalf("expected the run's own tags, found %v", tags)
	}
}

func TestWindowsHoldWhatBelongsToThem(t *testing.T) {
	b := newBench(t, 100)
	trend := b.metric("latency", metrics.Trend)
	b.add(trend, epoch.Add(100*time.Millisecond), 1, nil)
	b.add(trend, epoch.Add(1100*time.Millisecond), 2, nil)
	// Late for its window, which is still open: it goes where it belongs.
	b.add(trend, epoch.Add(999*time.Millisecond), 3, nil)

	if got := b.aggregator.take(epoch.Add(1100*time.Millisecond), false); len(got) != 0 {
		t.Fatalf("expected the window to be open during its grace, found %v", got)
	}
	got := b.aggregator.take(epoch.Add(1200*time.Millisecond), false)
	if len(got) != 1 || !got[0].start.Equal(epoch) || len(got[0].data[0].aggregate.values) != 2 {
		t.Fatalf("expected one window with two values, found %+v", got)
	}
	// Too late: it counts in the next window, since the point of its own is written.
	b.add(trend, epoch.Add(500*time.Millisecond), 4, nil)
	rest := b.aggregator.take(epoch.Add(1300*time.Millisecond), true)
	if len(rest) != 1 || rest[0].data[0].aggregate.count != 2 {
		t.Fatalf("expected the late sample in the next window, found %+v", rest)
	}
}

func TestAggregatesByType(t *testing.T) {
	b := newBench(t, 100)
	for kind, want := range map[metrics.MetricType]aggregate{
		metrics.Counter: {count: 4, sum: 6.5, min: 0, max: 4},
		metrics.Gauge:   {count: 4, sum: 6.5, min: 0, max: 4, last: 2},
		// Any non-zero is a pass.
		metrics.Rate:  {count: 4, sum: 3, min: 0, max: 4},
		metrics.Trend: {count: 4, sum: 6.5, min: 0, max: 4},
	} {
		metric := b.metric("m_"+kind.String(), kind)
		for _, value := range []float64{0.5, 4, 0, 2} {
			b.add(metric, epoch, value, nil)
		}
		found := false
		for _, w := range b.aggregator.take(epoch, true) {
			got := *w.data[0].aggregate
			if got.count != want.count || got.sum != want.sum || got.min != want.min || got.max != want.max {
				t.Errorf("%s: expected %+v, found %+v", kind, want, got)
			}
			if kind == metrics.Gauge && got.last != want.last {
				t.Errorf("gauge: expected the last value %g, found %g", want.last, got.last)
			}
			found = true
		}
		if !found {
			t.Errorf("%s: expected a window", kind)
		}
	}
}

func TestNumbersThatAreNoneAreDroppedWithACount(t *testing.T) {
	b := newBench(t, 100)
	trend := b.metric("some", metrics.Trend)
	for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1} {
		b.add(trend, epoch, value, nil)
	}
	received, dropped := b.aggregator.counts()
	if received["some"] != 4 || dropped["some"] != 3 {
		t.Errorf("expected 4 received and 3 dropped, found %v and %v", received, dropped)
	}
}

func TestNoSampleIsLostUnderConcurrency(t *testing.T) {
	b := newBench(t, 100)
	counter := b.metric("number", metrics.Counter)
	const writers, each = 4, 20_000
	// From its own goroutine windows are taken while others add, as in a run.
	var total float64
	count := func(windows []window) {
		for _, w := range windows {
			for _, s := range w.data {
				total += s.aggregate.sum
			}
		}
		b.aggregator.release(windows)
	}
	var adding sync.WaitGroup
	for range writers {
		adding.Go(func() {
			for range each {
				b.add(counter, time.Now(), 1, map[string]string{"scenario": "s"})
			}
		})
	}
	done := make(chan struct{})
	go func() { adding.Wait(); close(done) }()
	for open := true; open; {
		select {
		case <-done:
			open = false
		default:
			count(b.aggregator.take(time.Now().Add(2*time.Second), false))
		}
	}
	count(b.aggregator.take(time.Now(), true))
	if total != writers*each {
		t.Errorf("expected %d, found %g", writers*each, total)
	}
}

func TestAClockThatJumpsLosesNothing(t *testing.T) {
	b := newBench(t, 100)
	counter := b.metric("number", metrics.Counter)
	for _, at := range []time.Duration{0, time.Hour, 2 * time.Second, -time.Hour, time.Hour + time.Second} {
		b.add(counter, epoch.Add(at), 1, nil)
	}
	var total int64
	for _, w := range b.aggregator.take(epoch, true) {
		total += w.data[0].aggregate.count
	}
	if total != 5 {
		t.Errorf("expected 5 samples, found %d", total)
	}
}

func TestUnboundedTagsAreNeverStored(t *testing.T) {
	b := newBench(t, 100)
	counter := b.metric("number", metrics.Counter)
	for range 3 {
		b.add(counter, epoch, 1, map[string]string{"url": time.Now().String(), "vu": "7", "iter": "1", "name": "GET /"})
	}
	w := b.aggregator.take(epoch, true)
	if len(w[0].data) != 1 || seriesText("", w[0].data[0].series.tags) != "\x00name\x01GET /" {
		t.Errorf("expected one series with a name, found %+v", w[0].data)
	}
}

func TestSeriesBeyondTheLimitAreCountedUnderOneName(t *testing.T) {
	b := newBench(t, 10)
	counter := b.metric("number", metrics.Counter)
	for i := range 1_000 {
		b.add(counter, epoch, 1, map[string]string{"name": "GET /" + string(rune('a'+i%26)) + time.Duration(i).String(), "scenario": "s"})
	}
	var total int64
	others := 0
	w := b.aggregator.take(epoch, true)
	for _, s := range w[0].data {
		total += s.aggregate.count
		if valueOf(s.series.tags, "name") == overflowName {
			others++
			if valueOf(s.series.tags, "scenario") != "s" {
				t.Error("expected the overflow to keep its scenario")
			}
		}
	}
	if total != 1_000 || others != 1 || len(w[0].data) != 11 {
		t.Errorf("expected 1000 samples in 10 series and one more, found %d in %d", total, len(w[0].data))
	}
	if len(b.findings) != 1 || b.findings[0].Tag != "name" || len(b.findings[0].Examples) != mostExamples {
		t.Errorf("expected one finding that names the tag, found %+v", b.findings)
	}
}

func BenchmarkAddSample(b *testing.B) {
	bench := newBench(b, 100)
	trend := bench.metric("some", metrics.Trend)
	set := bench.registry.RootTagSet().With("name", "GET /")
	batch := []metrics.SampleContainer{metrics.Samples{{TimeSeries: metrics.TimeSeries{Metric: trend, Tags: set}, Time: time.Now(), Value: 1}}}
	b.ReportAllocs()
	for range b.N {
		bench.aggregator.add(batch)
		if b.N%100_000 == 0 {
			bench.aggregator.release(bench.aggregator.take(time.Now(), true))
		}
	}
}
