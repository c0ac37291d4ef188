//go:build bench

package output

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.k6.io/k6/metrics"
)

// TestWriteHour writes a long, fast run through the output's own encoder, for `make bench` to query: BENCH_SECONDS at
// BENCH_RATE requests/s in BENCH_SERIES series of 4 scenarios. BENCH_LAYOUT=tag writes a histogram as a point a bucket
// instead of a field a bucket, for comparison. BENCH_METRICS=all writes all that k6 emits of such a run, not the request
// times alone. BENCH_INSTANCES writes it as that many generators would: side by side, each window when all have that before it,
// and how each fares. They wait for InfluxDB, or for the merger at BENCH_URL; BENCH_PACED=true writes in real time.
func TestWriteHour(t *testing.T) {
	number := func(name string, otherwise int) int {
		if value, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return value
		}
		return otherwise
	}
	seconds, rate, count := number("BENCH_SECONDS", 3600), number("BENCH_RATE", 5000), number("BENCH_SERIES", 20)
	instances := number("BENCH_INSTANCES", 1)
	server, err := newInflux(Config{
		Addr: os.Getenv("BENCH_URL"), Token: os.Getenv("BENCH_TOKEN"), Organization: os.Getenv("BENCH_ORG"), Bucket: "k6",
	})
	must(t, err)
	registry := metrics.NewRegistry()
	emitted := []*metrics.Metric{registry.MustNewMetric(metrics.HTTPReqDurationName, metrics.Trend, metrics.Time)}
	if os.Getenv("BENCH_METRICS") == "all" {
		emitted = append(emitted, otherMetrics(registry)...)
	}
	sets := make([]*metrics.TagSet, count)
	for i := range sets {
		sets[i] = registry.RootTagSet().WithTagsFromMap(map[string]string{
			"testid": os.Getenv("BENCH_TESTID"), "instance": "bench", "scenario": fmt.Sprintf("scenario-%d", i%4),
			"name": fmt.Sprintf("GET /api/%d", i), "method": "GET", "status": "200",
			"group": "::journey", "check": "status is 200",
		})
	}
	a := newAggregator(time.Second, newClock(time.Now()), newGuard(10_000, "", nil, newRoutes(""), func(finding) {}), nil)
	start := time.Now().Add(-time.Duration(seconds+5) * time.Second).Truncate(time.Second)
	w := newPointWriter(start, time.Second)
	r := rand.New(rand.NewPCG(1, 2))
	var points, size, sent int
	var waits_ms []float64
	began := time.Now()
	batch := make([]metrics.SampleContainer, 0, rate)
	for second := range seconds {
		at := start.Add(time.Duration(second) * time.Second)
		batch = batch[:0]
		for i := range rate {
			samples := make(metrics.Samples, len(emitted))
			for j, metric := range emitted {
				value := 1.0
				if metric.Type == metrics.Trend && !instant[metric.Name] {
					value = 40 * math.Exp(0.6*r.NormFloat64())
				}
				samples[j] = metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: metric, Tags: sets[i%count]}, Time: at, Value: value}
			}
			batch = append(batch, samples)
		}
		a.add(batch)
		windows := a.take(at.Add(1300*time.Millisecond), false)
		for _, win := range windows {
			w.write(win)
		}
		a.release(windows)
		if second%5 == 4 || second == seconds-1 {
			w.writeRun()
		}
		lines, n, err := w.encoder.take()
		must(t, err)
		if os.Getenv("BENCH_LAYOUT") == "tag" {
			lines, n = bucketsAsTags(lines)
		}
		points += n
		size += len(lines)
		if n == 0 {
			continue
		}
		if os.Getenv("BENCH_PACED") == "true" {
			time.Sleep(time.Until(began.Add(time.Duration(second) * time.Second)))
		}
		bytes_sent, waited := writeAsAll(t, server, instances, began, int64(second+1), func(i int) []byte {
			return append(ofInstance(lines, i), health(i, at, float64(rate))...)
		})
		sent += bytes_sent
		waits_ms = append(waits_ms, waited...)
	}
	slices.Sort(waits_ms)
	quantiles := exactQuantiles(waits_ms, []float64{0.5, 0.95})
	fmt.Printf("BENCH {\"points\":%d,\"bytes\":%d,\"sent_bytes\":%d,\"elapsed_s\":%g,\"wait_p50_ms\":%g,\"wait_p95_ms\":%g}\n",
		points*instances, size*instances, sent, time.Since(began).Seconds(), quantiles[0], quantiles[1])
}

// writeAsAll writes a batch of each generator at once, and returns how many bytes that were and how long each waited.
func writeAsAll(t *testing.T, server *influx, instances int, began time.Time, number int64, of func(i int) []byte) (int, []float64) {
	t.Helper()
	var writing sync.WaitGroup
	var sent atomic.Int64
	waits_ms := make([]float64, instances)
	for i := range instances {
		writing.Go(func() {
			body, err := compress(append(identityLine(began, number), of(i)...))
			must(t, err)
			sent.Add(int64(len(body)))
			since := time.Now()
			// As a generator does: again, until it is acknowledged.
			for err = server.write(context.Background(), body); err != nil && time.Since(since) < time.Minute; {
				err = server.write(context.Background(), body)
			}
			must(t, err)
			waits_ms[i] = float64(time.Since(since)) / float64(time.Millisecond)
		})
	}
	writing.Wait()
	return int(sent.Load()), waits_ms
}

// health is what a generator says of itself every second.
func health(i int, at time.Time, rate float64) []byte {
	e := newEncoder()
	e.start(generatorMeasurement, []tag{{instanceTag, fmt.Sprintf("bench-%d", i)}, {runTag, os.Getenv("BENCH_TESTID")}})
	for _, field := range []string{"process_cpu_cores", "machine_cpu_ratio", "delay_p99_ms", "p95_ms"} {
		e.float(field, 0.5)
	}
	e.float("requests_per_s", rate)
	e.float("window_s", 1)
	e.end(at)
	lines, _, _ := e.take()
	return lines
}

// ofInstance makes the lines those of another generator.
func ofInstance(lines []byte, i int) []byte {
	return bytes.ReplaceAll(lines, []byte("instance=bench"), fmt.Appendf(nil, "instance=bench-%d", i))
}

// instant are the phases that take no time worth a histogram on connections that are kept.
var instant = map[string]bool{
	"http_req_blocked": true, "http_req_connecting": true, "http_req_tls_handshaking": true, "http_req_sending": true,
	"http_req_receiving": true,
}

// otherMetrics are those that the live dashboard asks for besides the request times.
func otherMetrics(registry *metrics.Registry) []*metrics.Metric {
	byType := map[metrics.MetricType][]string{
		metrics.Counter: {"http_reqs", "iterations", "data_sent", "data_received", "dropped_iterations"},
		metrics.Rate:    {"http_req_failed", "checks"},
		metrics.Gauge:   {"vus", "vus_max"},
		metrics.Trend: {
			"http_req_blocked", "http_req_connecting", "http_req_tls_handshaking", "http_req_sending", "http_req_waiting",
			"http_req_receiving", "iteration_duration", "group_duration",
		},
	}
	var all []*metrics.Metric
	for kind, names := range byType {
		for _, name := range names {
			all = append(all, registry.MustNewMetric(name, kind))
		}
	}
	return all
}

// bucketsAsTags rewrites histograms to the other layout that was weighed: the bucket is a tag, its count the value.
func bucketsAsTags(lines []byte) ([]byte, int) {
	var out strings.Builder
	points := 0
	for _, line := range strings.Split(strings.TrimSpace(string(lines)), "\n") {
		key, rest, _ := strings.Cut(line, " ")
		// Spaces in tags are escaped: the first bare one ends the key.
		for strings.HasSuffix(key, `\`) {
			more, after, _ := strings.Cut(rest, " ")
			key, rest = key+" "+more, after
		}
		if !strings.Contains(key, histogramSuffix) {
			out.WriteString(line + "\n")
			points++
			continue
		}
		fields, at, _ := strings.Cut(rest, " ")
		for _, field := range strings.Split(fields, ",") {
			name, value, _ := strings.Cut(field, "=")
			fmt.Fprintf(&out, "%s,bucket=%s n=%s %s\n", key, name, value, at)
			points++
		}
	}
	return []byte(out.String()), points
}
