//go:build bench

package output

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.k6.io/k6/metrics"
)

const (
	// mostVariants is how many of the generators measure something of their own; the others repeat what one of these did.
	mostVariants = 8
	// flushSpread is within which generators with equal clocks write a window: each looks every tick.
	flushSpread = tick
)

// generatorsInput is what `make bench` asks for, in BENCH_* variables.
type generatorsInput struct {
	instances, names, seconds, rate int
	testid                          string
	// onlyDuration leaves out all metrics but the time of requests.
	onlyDuration bool
}

// TestWriteGenerators writes in real time as BENCH_INSTANCES generators do that each make BENCH_RATE requests/s with
// BENCH_SERIES request names in four scenarios, for BENCH_SECONDS, to InfluxDB or to the merger at BENCH_URL. All batches
// are encoded before the first one is sent: then the cores belong to whoever takes them.
func TestWriteGenerators(t *testing.T) {
	in := generatorsInput{
		instances: benchNumber("BENCH_INSTANCES", 1), names: benchNumber("BENCH_SERIES", 20),
		seconds: benchNumber("BENCH_SECONDS", 15), rate: benchNumber("BENCH_RATE", 2000), testid: os.Getenv("BENCH_TESTID"),
	}
	server, err := newInflux(Config{
		Addr: os.Getenv("BENCH_URL"), Token: os.Getenv("BENCH_TOKEN"), Organization: os.Getenv("BENCH_ORG"), Bucket: "k6",
	})
	must(t, err)
	began := time.Now()
	first := in
	first.seconds = 1
	encodeGenerators(t, first, began)
	// The windows lie where they are sent, so encoding must have ended by then.
	lead := time.Duration(float64(time.Since(began))*float64(in.seconds)*1.5) + 2*time.Second
	start := time.Now().Add(lead).Truncate(time.Second)
	all := encodeGenerators(t, in, start)
	if time.Now().After(start) {
		t.Fatalf("expected %d s to be enough to encode all batches; it took %s more: close other programs", lead/time.Second, time.Since(start))
	}
	readable_ms := all.send(t, server, start)
	slices.Sort(readable_ms)
	quantiles := exactQuantiles(readable_ms, []float64{0.5, 0.95})
	result, err := json.Marshal(map[string]any{
		"points": all.points, "bytes": all.size, "sent_bytes": all.sent, "elapsed_s": time.Since(start).Seconds(),
		"readable_p50_ms": quantiles[0], "readable_p95_ms": quantiles[1], "readable_max_ms": readable_ms[len(readable_ms)-1],
	})
	must(t, err)
	fmt.Printf("BENCH %s\n", result)
}

// generatorBatches are the gzipped batches of all generators by second.
type generatorBatches struct {
	bySecond           [][][]byte
	points, size, sent int
}

func encodeGenerators(t *testing.T, in generatorsInput, start time.Time) generatorBatches {
	t.Helper()
	all := generatorBatches{bySecond: make([][][]byte, in.seconds)}
	variants := make([]*simulatedGenerator, min(in.instances, mostVariants))
	for i := range variants {
		variants[i] = newSimulatedGenerator(in, i, start)
	}
	for second := range in.seconds {
		at := start.Add(time.Duration(second) * time.Second)
		is_last := second == in.seconds-1
		lines := make([][]byte, len(variants))
		points := make([]int, len(variants))
		for i, variant := range variants {
			lines[i], points[i] = variant.window(t, at, second%5 == 4 || is_last)
		}
		bodies := make([][]byte, in.instances)
		sizes := make([]int, in.instances)
		var encoding sync.WaitGroup
		for i := range in.instances {
			encoding.Go(func() {
				of := append(identityLine(start.Add(time.Duration(i)), int64(second+1)), ofInstance(lines[i%len(lines)], i)...)
				of = append(of, health(in, i, at, start, is_last)...)
				var err error
				bodies[i], err = compress(of)
				must(t, err)
				sizes[i] = len(of)
			})
			all.points += points[i%len(points)] + 1
		}
		encoding.Wait()
		all.bySecond[second] = bodies
		for i, body := range bodies {
			all.size += sizes[i]
			all.sent += len(body)
		}
	}
	return all
}

// send sends each batch when a generator would, and again until it is acknowledged: then InfluxDB has it. It returns how
// long after the end of its window that was.
func (all generatorBatches) send(t *testing.T, server *influx, start time.Time) []float64 {
	t.Helper()
	var sending sync.WaitGroup
	var mu sync.Mutex
	var readable_ms []float64
	for i := range all.bySecond[0] {
		sending.Go(func() {
			own := flushSpread * time.Duration(i) / time.Duration(len(all.bySecond[0]))
			for second, bodies := range all.bySecond {
				end := start.Add(time.Duration(second+1) * time.Second)
				time.Sleep(time.Until(end.Add(grace + own)))
				for err := server.write(context.Background(), bodies[i]); err != nil; err = server.write(context.Background(), bodies[i]) {
					if time.Since(end) > time.Minute {
						must(t, err)
					}
					time.Sleep(firstBackoff)
				}
				mu.Lock()
				readable_ms = append(readable_ms, float64(time.Since(end))/float64(time.Millisecond))
				mu.Unlock()
			}
		})
	}
	sending.Wait()
	return readable_ms
}

// simulatedGenerator measures what a generator does.
type simulatedGenerator struct {
	in         generatorsInput
	aggregator *aggregator
	writer     *pointWriter
	random     *rand.Rand
	requests   []metrics.Samples
	users      metrics.Samples
}

func newSimulatedGenerator(in generatorsInput, variant int, start time.Time) *simulatedGenerator {
	registry := metrics.NewRegistry()
	root := registry.RootTagSet().WithTagsFromMap(map[string]string{
		runTag: in.testid, projectTag: in.testid, instanceTag: "bench",
	})
	of := registry.MustNewMetric(metrics.HTTPReqDurationName, metrics.Trend, metrics.Time)
	emitted := []*metrics.Metric{of}
	if !in.onlyDuration {
		emitted = append(emitted, otherMetrics(registry)...)
	}
	g := &simulatedGenerator{
		in: in, random: rand.New(rand.NewPCG(uint64(variant), 2)), //nolint:gosec // a small number
		aggregator: newAggregator(time.Second, newClock(start), newGuard(10_000, "", nil, newRoutes(""), func(finding) {}), nil),
		writer:     newPointWriter(start, time.Second),
	}
	for i := range in.names {
		var samples metrics.Samples
		for _, metric := range emitted {
			tags := simulatedTags(root, metric, i)
			if metric.Type != metrics.Gauge {
				samples = append(samples, metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: metric, Tags: tags}})
			} else if i == 0 {
				g.users = append(g.users, metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: metric, Tags: tags}, Value: 100})
			}
		}
		g.requests = append(g.requests, samples)
	}
	return g
}

// simulatedTags are those that k6 gives a metric: only samples of a request have its name, and users have no scenario.
func simulatedTags(root *metrics.TagSet, metric *metrics.Metric, i int) *metrics.TagSet {
	if metric.Type == metrics.Gauge {
		return root
	}
	tags := map[string]string{"scenario": fmt.Sprintf("scenario-%d", i%4), "group": "::journey"}
	switch {
	case metric.Name == "checks":
		tags["check"] = fmt.Sprintf("status of %d is 200", i)
	case bytes.HasPrefix([]byte(metric.Name), []byte("http_")):
		tags["name"], tags["method"], tags["status"] = fmt.Sprintf("GET /api/%d", i), "GET", "200"
	}
	return root.WithTagsFromMap(tags)
}

// window returns the lines of a second and how many points they are.
func (g *simulatedGenerator) window(t *testing.T, at time.Time, with_run bool) ([]byte, int) {
	t.Helper()
	batch := make([]metrics.SampleContainer, 0, g.in.rate+1)
	for i := range g.in.rate {
		samples := slices.Clone(g.requests[i%len(g.requests)])
		for j := range samples {
			samples[j].Time, samples[j].Value = at, 1
			if metric := samples[j].Metric; metric.Type == metrics.Trend && !instant[metric.Name] {
				samples[j].Value = 40 * math.Exp(0.6*g.random.NormFloat64())
			}
		}
		batch = append(batch, samples)
	}
	users := slices.Clone(g.users)
	for i := range users {
		users[i].Time = at
	}
	g.aggregator.add(append(batch, users))
	windows := g.aggregator.take(at.Add(time.Second+grace), false)
	for _, win := range windows {
		g.writer.write(win)
	}
	g.aggregator.release(windows)
	if with_run {
		g.writer.writeRun()
	}
	lines, points, err := g.writer.encoder.take()
	must(t, err)
	return lines, points
}

// health is what a generator says of itself every second, and at its end.
func health(in generatorsInput, i int, at, start time.Time, is_last bool) []byte {
	e := newEncoder()
	tags := []tag{{instanceTag, fmt.Sprintf("bench-%d", i)}, {projectTag, in.testid}, {runTag, in.testid}}
	e.start(generatorMeasurement, tags)
	for _, field := range []string{
		"process_cpu_cores", "machine_cpu_ratio", "scheduling_p99_ms", "delay_p95_ms", "delay_p99_ms", "flush_ms", "p95_ms",
	} {
		e.float(field, 0.5)
	}
	for _, field := range []string{
		"resident_bytes", "goroutines", "queued_batches", "queued_bytes", "spooled_bytes", "dropped_iterations", "lost_points",
	} {
		e.integer(field, 0)
	}
	e.float("requests_per_s", float64(in.rate))
	e.float("window_s", 1)
	e.integer("load_began_ms", start.UnixMilli())
	e.end(at)
	if is_last {
		e.start(endMeasurement, tags)
		e.integer("seconds", int64(in.seconds))
		e.end(at)
	}
	lines, _, _ := e.take()
	return lines
}

// ofInstance makes the lines those of another generator.
func ofInstance(lines []byte, i int) []byte {
	return bytes.ReplaceAll(lines, []byte("instance=bench"), fmt.Appendf(nil, "instance=bench-%d", i))
}

func benchNumber(name string, otherwise int) int {
	if value, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return value
	}
	return otherwise
}
