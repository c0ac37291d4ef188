package output

import (
	"fmt"
	"io"
	runtimemetrics "runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/lib/netext/httpext"
	"go.k6.io/k6/metrics"
	k6output "go.k6.io/k6/output"

	"loadstar/k6/output/requests"
)

// idle takes samples and does nothing: what the path through k6 costs alone.
type idle struct{}

func (idle) Description() string                        { return "" }
func (idle) Start() error                               { return nil }
func (idle) AddMetricSamples([]metrics.SampleContainer) {}
func (idle) Stop() error                                { return nil }

// aggregating is the part of Output that samples go through, with its flushes but without InfluxDB.
type aggregating struct {
	*aggregator
	writer  *pointWriter
	stop    chan struct{}
	flushes sync.WaitGroup
}

func newAggregating() *aggregating {
	began := newClock(time.Now())
	guard := newGuard(1_000, "", nil, newRoutes(""), func(finding) {})
	return &aggregating{
		aggregator: newAggregator(time.Second, began, guard, nil),
		writer:     newPointWriter(began.origin, time.Second),
		stop:       make(chan struct{}),
	}
}

func (a *aggregating) Description() string { return "" }

func (a *aggregating) AddMetricSamples(containers []metrics.SampleContainer) { a.add(containers) }

func (a *aggregating) Start() error {
	a.flushes.Go(func() {
		for {
			select {
			case <-a.stop:
				return
			case now := <-time.After(tick):
				windows := a.take(now, false)
				for _, w := range windows {
					a.writer.write(w)
				}
				a.release(windows)
				_, _, _ = a.writer.encoder.take()
			}
		}
	})
	return nil
}

func (a *aggregating) Stop() error {
	close(a.stop)
	a.flushes.Wait()
	return nil
}

// BenchmarkSamplePath measures a request with its iteration, from a virtual user through k6's own channel and manager into
// the aggregator: 13 samples. k6 hands samples over in one goroutine, so that virtual users wait where it is too slow.
// `make bench BENCH=sample-path` runs it in the patched k6, whose manager completes the samples of other protocols.
func BenchmarkSamplePath(b *testing.B) {
	for _, users := range []int{1, 8, 16} {
		for _, output := range []string{"none", "loadstar"} {
			b.Run(fmt.Sprintf("users=%d/output=%s", users, output), func(b *testing.B) {
				benchmarkSamplePath(b, users, output)
			})
		}
	}
}

func benchmarkSamplePath(b *testing.B, users int, output string) {
	const names = 20
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	var out k6output.Output = idle{}
	if output != "none" {
		out = newAggregating()
	}
	registry := metrics.NewRegistry()
	builtin := metrics.RegisterBuiltinMetrics(registry)
	requests.Register(registry)
	sets := make([]*metrics.TagSet, names)
	for i := range sets {
		sets[i] = registry.RootTagSet().WithTagsFromMap(map[string]string{
			"scenario": "bench", "method": "GET", "status": "200", "group": "", "name": fmt.Sprintf("GET /api/%d", i),
		})
	}
	iteration := registry.RootTagSet().WithTagsFromMap(map[string]string{"scenario": "bench", "group": ""})
	// As large as in k6: https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/
	samples := make(chan metrics.SampleContainer, 1_000)
	wait, finish, err := k6output.NewManager([]k6output.Output{out}, logger, func(error) {}).Start(samples)
	must(b, err)
	var left atomic.Int64
	left.Store(int64(b.N))
	waits := make([]time.Duration, users)
	b.ReportAllocs()
	b.ResetTimer()
	before, waited_s := processorTime(b), lockWaits_s()
	var running sync.WaitGroup
	for user := range users {
		running.Go(func() {
			var longest time.Duration
			for n := user; left.Add(-1) >= 0; n++ {
				now := time.Now()
				trail := &httpext.Trail{EndTime: now, Duration: time.Duration(5+n%40) * time.Millisecond}
				trail.Failed.Valid = true
				trail.SaveSamples(builtin, &metrics.TagsAndMeta{Tags: sets[n%names]})
				samples <- trail
				samples <- metrics.Samples{
					{TimeSeries: metrics.TimeSeries{Metric: builtin.DataSent, Tags: iteration}, Time: now, Value: 100},
					{TimeSeries: metrics.TimeSeries{Metric: builtin.DataReceived, Tags: iteration}, Time: now, Value: 1000},
					{TimeSeries: metrics.TimeSeries{Metric: builtin.IterationDuration, Tags: iteration}, Time: now, Value: 6},
					{TimeSeries: metrics.TimeSeries{Metric: builtin.Iterations, Tags: iteration}, Time: now, Value: 1},
				}
				longest = max(longest, time.Since(now))
			}
			waits[user] = longest
		})
	}
	running.Wait()
	close(samples)
	wait()
	b.StopTimer()
	// Steadier than the time where other programs use the machine.
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
	b.ReportMetric((lockWaits_s()-waited_s)*1e9/float64(b.N), "lock-wait-ns/op")
	b.ReportMetric(milliseconds(slices.Max(waits)), "longest-wait-ms")
	finish(nil)
}

// lockWaits_s is how long all goroutines have waited for locks so far.
func lockWaits_s() float64 {
	sample := []runtimemetrics.Sample{{Name: "/sync/mutex/wait/total:seconds"}}
	runtimemetrics.Read(sample)
	return sample[0].Value.Float64()
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkLockOfThresholds measures how long samples wait at most while the values of thresholds are worked out: those of
// five seconds at 20,000 requests/s, with two thresholds.
func BenchmarkLockOfThresholds(b *testing.B) {
	bench := newBench(b, 100)
	trend := bench.metric("latency", metrics.Trend)
	trend.Thresholds = metrics.NewThresholds([]string{"p(95)<1"})
	slow, err := trend.AddSubmetric("name:GET /")
	must(b, err)
	slow.Metric.Thresholds = metrics.NewThresholds([]string{"p(99)<1"})
	bench.aggregator.watchlist = newWatchlist(map[string]metrics.Thresholds{
		"latency": trend.Thresholds, "latency{name:GET /}": slow.Metric.Thresholds,
	})
	set := bench.registry.RootTagSet().With("name", "GET /")
	batch := make(metrics.Samples, 1_000)
	waits := make([]time.Duration, b.N)
	for round := range b.N {
		for n := range 100 {
			for i := range batch {
				value := float64((n*7_919+i*104_729)%100_003) / 10
				batch[i] = metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: trend, Tags: set}, Time: time.Now(), Value: value}
			}
			bench.aggregator.add([]metrics.SampleContainer{batch})
		}
		bench.aggregator.release(bench.aggregator.take(time.Now(), true))
		written := make(chan struct{})
		go func() {
			bench.aggregator.writeThresholds(newPointWriter(epoch, time.Second), nil, time.Now())
			close(written)
		}()
		for waiting := true; waiting; {
			began := time.Now()
			bench.aggregator.add([]metrics.SampleContainer{batch[:1]})
			waits[round] = max(waits[round], time.Since(began))
			select {
			case <-written:
				waiting = false
			default:
			}
		}
	}
	// The median of the longest: single ones are those of a busy machine.
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds())/1000, "longest-wait-ms")
}
