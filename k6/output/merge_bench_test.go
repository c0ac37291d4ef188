package output

import (
	"fmt"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"go.k6.io/k6/metrics"
)

// windowLines are those of one generator's window, with so many request names: all that k6 measures of a request.
func windowLines(b *testing.B, names, requests int, at time.Time) []byte {
	b.Helper()
	registry := metrics.NewRegistry()
	kinds := []*metrics.Metric{
		registry.MustNewMetric("http_reqs", metrics.Counter), registry.MustNewMetric("http_req_failed", metrics.Rate),
	}
	for _, name := range []string{"duration", "blocked", "connecting", "tls_handshaking", "sending", "waiting", "receiving"} {
		kinds = append(kinds, registry.MustNewMetric("http_req_"+name, metrics.Trend, metrics.Time))
	}
	a := newAggregator(time.Second, newClock(at), newGuard(10_000, "pod", nil, newRoutes(""), func(finding) {}), nil)
	w := newPointWriter(at, time.Second)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range requests {
		set := registry.RootTagSet().WithTagsFromMap(map[string]string{
			"testid": "run", "instance": "pod", "scenario": fmt.Sprintf("scenario-%d", i%4),
			"name": fmt.Sprintf("GET /api/%d", i%names), "method": "GET", "status": "200",
		})
		samples := make(metrics.Samples, len(kinds))
		for j, metric := range kinds {
			value := 1.0
			if metric.Type == metrics.Trend {
				value = 40 * math.Exp(0.6*r.NormFloat64())
			}
			samples[j] = metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: metric, Tags: set}, Time: at, Value: value}
		}
		a.add([]metrics.SampleContainer{samples})
	}
	for _, win := range a.take(at.Add(2*time.Second), true) {
		w.write(win)
	}
	lines, _, err := w.encoder.take()
	if err != nil {
		b.Fatal(err)
	}
	return lines
}

// BenchmarkMerge adds the windows of 100 generators with 140 request names and encodes their sums. A point is a line of a
// generator: 100 of them write a hundred times as many a second as one window has.
func BenchmarkMerge(b *testing.B) {
	at := time.Now().Truncate(time.Second)
	lines := windowLines(b, 140, 1400, at)
	const generators = 100
	s := newSums("part")
	var sources []*source
	for i := range generators {
		from := newSource(nil)
		s.sources[sourceKey{"run", fmt.Sprint(i), 1}] = from
		sources = append(sources, from)
	}
	window := func(number int64) {
		for _, from := range sources {
			if err := s.add(from, number, lines, at); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := s.take(at); err != nil {
			b.Fatal(err)
		}
	}
	// The first one introduces the series.
	window(1)
	s.points = 0
	b.ReportAllocs()
	b.ResetTimer()
	began := cpuTime(b)
	for n := range b.N {
		window(int64(n + 2))
	}
	// Of all threads, those of the garbage collector included; others may use the machine.
	b.ReportMetric(float64(cpuTime(b)-began)/float64(s.points), "cpu-ns/point")
	b.ReportMetric(float64(s.points)/float64(b.N), "points/op")
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
