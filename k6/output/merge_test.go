package output

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.k6.io/k6/metrics"
)

// stored is what a database holds: a number by series, time and field, the last one that was written.
type stored struct {
	mu     sync.Mutex
	points map[string]map[string]float64
	faults *rand.Rand
	// isDown: it answers nobody.
	isDown atomic.Bool
}

// front is one merger's way to the database; killed, it leads nowhere.
func (s *stored) front(t *testing.T, killed *atomic.Bool) *httptest.Server {
	t.Helper()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case killed.Load() || s.isDown.Load():
			w.WriteHeader(http.StatusInternalServerError)
		case strings.HasPrefix(r.URL.Path, "/api/v2/query"):
			s.answer(w, r)
		default:
			// Killed before or after it stored: whoever asked cannot know.
			fault := s.faults.IntN(6)
			if fault == 0 {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			s.store(t, r)
			if fault == 1 {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(front.Close)
	return front
}

func (s *stored) store(t *testing.T, r *http.Request) {
	zip, err := gzip.NewReader(r.Body)
	must(t, err)
	lines, err := io.ReadAll(zip)
	must(t, err)
	s.storeLines(t, lines)
}

func (s *stored) storeLines(t *testing.T, lines []byte) {
	for len(lines) > 0 {
		var line []byte
		line, lines = cutLine(lines)
		if bytes.HasPrefix(line, []byte{'#'}) || len(line) == 0 {
			continue
		}
		key, fields := cutKey(line)
		if strings.Contains(string(fields), `"`) {
			continue
		}
		values := map[string]float64{}
		at, err := readNumbers(fields, func(name []byte, value float64, _ int64) error {
			values[string(name)] = value
			return nil
		})
		must(t, err)
		at_key := fmt.Sprintf("%s %d", key, at)
		if s.points[at_key] == nil {
			s.points[at_key] = map[string]float64{}
		}
		for name, value := range values {
			s.points[at_key][name] = value
		}
	}
}

var asked = regexp.MustCompile(`(?s)instance == "([^"]*)" and r.process == "(\d+)"`)

// answer is that to readStored.
func (s *stored) answer(w http.ResponseWriter, r *http.Request) {
	flux, _ := io.ReadAll(r.Body)
	found := asked.FindStringSubmatch(string(flux))
	_, _ = fmt.Fprint(w, ",result,table,_field,_value,part\r\n")
	newest := map[string]int64{}
	for key, point := range s.points {
		tags := strings.Split(strings.Split(key, " ")[0], ",")
		if tags[0] != mergedMeasurement || tags[1] != "instance="+found[1] || tags[3] != "process="+found[2] {
			continue
		}
		part := strings.TrimPrefix(tags[2], "part=")
		newest[part] = max(newest[part], int64(point["batch"]))
		_, _ = fmt.Fprintf(w, ",_result,0,first,%d,%s\r\n", int64(point["first"]), part)
	}
	for part, batch := range newest {
		_, _ = fmt.Fprintf(w, ",_result,0,batch,%d,%s\r\n", batch, part)
	}
}

// sum adds a field over all points of a measurement.
func (s *stored) sum(measurement, field string) (sum float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, fields := range s.points {
		if strings.HasPrefix(key, measurement+",") {
			sum += fields[field]
		}
	}
	return sum
}

// histogram adds those of a measurement; those by name hold the same samples again.
func (s *stored) histogram(measurement string, with_name bool) *histogram {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := newHistogram()
	for key, fields := range s.points {
		if !strings.HasPrefix(key, measurement+",") || (!with_name && strings.Contains(key, ",name=")) {
			continue
		}
		for name, value := range fields {
			if name == minField || name == maxField || name == zeroField || isBucket.MatchString(name) {
				addField(all, name, value)
			}
		}
	}
	return all
}

func addField(to *histogram, name string, value float64) {
	var r reading
	of := flatHistogram{least: math.Inf(1), most: math.Inf(-1)}
	_ = r.readBucket(&of, []byte(name), value, int64(value))
	of.buckets = r.buckets
	of.addTo(to)
}

var isBucket = regexp.MustCompile(`^[bn]-?\d+$`)

// simulated is a generator: what it measured, and the batches that say so.
type simulated struct {
	instance string
	started  time.Time
	batches  [][]byte
}

// simulate makes a generator's batches of some seconds from a moment on, and adds its values to the truth.
func simulate(t *testing.T, index int, from time.Time, seconds int, truth *histogram) simulated {
	t.Helper()
	registry := metrics.NewRegistry()
	duration := registry.MustNewMetric(metrics.HTTPReqDurationName, metrics.Trend, metrics.Time)
	requests := registry.MustNewMetric(metrics.HTTPReqsName, metrics.Counter)
	users := registry.MustNewMetric("vus", metrics.Gauge)
	instance := fmt.Sprintf("pod-%d", index)
	made := simulated{instance: instance, started: from.Add(time.Duration(index) * time.Millisecond)}
	a := newAggregator(time.Second, newClock(from), newGuard(1_000, instance, nil, newRoutes(""), func(finding) {}), nil)
	w := newPointWriter(from, time.Second)
	r := rand.New(rand.NewPCG(uint64(index), 7))
	all := registry.RootTagSet().WithTagsFromMap(map[string]string{"testid": "run", "instance": instance})
	for second := range seconds {
		at := from.Add(time.Duration(second) * time.Second)
		samples := metrics.Samples{{TimeSeries: metrics.TimeSeries{Metric: users, Tags: all}, Time: at, Value: 3}}
		for range 1 + r.IntN(30) {
			value := 40 * math.Exp(0.6*r.NormFloat64())
			truth.addSorted([]float64{value})
			set := all.With("scenario", "search").With("name", fmt.Sprintf("GET /a b,=%d", r.IntN(2)))
			samples = append(samples,
				metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: duration, Tags: set}, Time: at, Value: value},
				metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: requests, Tags: set}, Time: at, Value: 1})
		}
		a.add([]metrics.SampleContainer{samples})
		for _, win := range a.take(at.Add(1500*time.Millisecond), second == seconds-1) {
			w.write(win)
		}
		if second%3 == 2 || second == seconds-1 {
			w.writeRun()
		}
		lines, _, err := w.encoder.take()
		must(t, err)
		body, err := compress(append(identityLine(made.started, int64(second+1)), lines...))
		must(t, err)
		made.batches = append(made.batches, body)
	}
	return made
}

// deliver sends the batches as a generator does: one after the other, each until it is acknowledged, and some twice.
func (g simulated) deliver(t *testing.T, url func() string, r *rand.Rand) {
	client := &http.Client{Timeout: time.Second}
	for _, body := range g.batches {
		for again := r.IntN(5) == 0; ; again = false {
			request, err := http.NewRequest(http.MethodPost, url()+"/api/v2/write", strings.NewReader(string(body)))
			must(t, err)
			request.Header.Set("Authorization", "Token t")
			response, err := client.Do(request)
			if err == nil {
				_ = response.Body.Close()
			}
			if err == nil && response.StatusCode == http.StatusNoContent && !again {
				break
			}
			time.Sleep(time.Duration(r.IntN(10)) * time.Millisecond)
		}
	}
}

// TestMergedFiguresAreThoseOfAllSamples: also where InfluxDB fails before and after it has stored, the merger is killed
// again and again, a generator comes late with all of its windows, one joins, one ends early, and batches come twice.
func TestMergedFiguresAreThoseOfAllSamples(t *testing.T) {
	database := &stored{points: map[string]map[string]float64{}, faults: rand.New(rand.NewPCG(3, 4))}
	var address atomic.Pointer[string]
	start := func() (kill func()) {
		var killed atomic.Bool
		front := database.front(t, &killed)
		merging, err := newMerger(Config{Addr: front.URL, Token: "t", Bucket: "k6"}, "r", quiet(), time.Now())
		must(t, err)
		server := httptest.NewServer(merging)
		ctx, stop := context.WithCancel(context.Background())
		go merging.run(ctx)
		address.Store(&server.URL)
		return func() { killed.Store(true); stop(); server.CloseClientConnections(); server.Close() }
	}
	truth := newHistogram()
	from := time.Now().Add(-time.Hour).Truncate(time.Second)
	const seconds = 12
	var generators []simulated
	for i := range 6 {
		// The fifth ends early, and the last joins in the middle.
		began, lasts := from, seconds
		if i == 4 {
			lasts = 3
		}
		if i == 5 {
			began, lasts = from.Add(5*time.Second), seconds-5
		}
		generators = append(generators, simulate(t, i, began, lasts, truth))
	}
	kill := start()
	var sending sync.WaitGroup
	for i, g := range generators {
		sending.Go(func() {
			if i == 3 {
				time.Sleep(600 * time.Millisecond)
			}
			g.deliver(t, func() string { return *address.Load() }, rand.New(rand.NewPCG(uint64(i), 1)))
		})
	}
	ended := make(chan struct{})
	go func() { sending.Wait(); close(ended) }()
	kills := 0
	for running := true; running; {
		select {
		case <-ended:
			running = false
		case <-time.After(300 * time.Millisecond):
			kill()
			time.Sleep(2 * time.Millisecond)
			kill = start()
			kills++
		}
	}
	kill()
	if kills < 2 {
		t.Errorf("expected the merger to be killed while it worked, killed it %d times", kills)
	}
	database.checkTotals(t, truth)
	// Of each generator and window, three users.
	if found, expected := database.sum("vus", "value"), 3.0*(4*seconds+3+seconds-5); found != expected {
		t.Errorf("vus: expected %g, found %g", expected, found)
	}
	database.checkPercentiles(t)
}

// checkTotals compares all that is stored with all samples.
func (s *stored) checkTotals(t *testing.T, truth *histogram) {
	t.Helper()
	var total int64
	for _, bucket := range truth.ascending() {
		total += bucket.count
	}
	for measurement, expected := range map[string]float64{
		"http_reqs": float64(total), "http_reqs.scenario": float64(total),
		// By scenario, and by name.
		"http_reqs.run": 2 * float64(total),
	} {
		if found := s.sum(measurement, "value"); found != expected {
			t.Errorf("%s: expected %g, found %g", measurement, expected, found)
		}
		trend := strings.Replace(measurement, "http_reqs", "http_req_duration", 1)
		if found := s.sum(trend, "count"); found != expected {
			t.Errorf("%s: expected %g, found %g", trend, expected, found)
		}
	}
	for _, measurement := range []string{".hist", ".scenario.hist", ".run"} {
		found := s.histogram("http_req_duration"+measurement, measurement != ".run")
		same(t, "http_req_duration"+measurement, truth, found)
	}
}

// checkPercentiles compares each with the histogram beside it: those of a single generator are exact, and so beside it.
func (s *stored) checkPercentiles(t *testing.T) {
	t.Helper()
	checked := 0
	for key, fields := range s.points {
		if !strings.HasPrefix(key, "http_req_duration.scenario,") {
			continue
		}
		of := newHistogram()
		for name, value := range s.points[strings.Replace(key, ".scenario,", ".scenario.hist,", 1)] {
			addField(of, name, value)
		}
		for i, expected := range of.quantiles(windowPercentiles) {
			if found := fields[percentileFields[i]]; math.Abs(found-expected) > 1.01*relativeAccuracy*expected {
				t.Errorf("%s of %s: expected %g, found %g", percentileFields[i], key, expected, found)
			}
			checked++
		}
	}
	if checked == 0 {
		t.Error("expected percentiles of windows, found none")
	}
}

func same(t *testing.T, name string, expected, found *histogram) {
	t.Helper()
	if fmt.Sprint(expected.ascending()) != fmt.Sprint(found.ascending()) || expected.least != found.least || expected.most != found.most {
		t.Errorf("%s: expected %v (%g to %g), found %v (%g to %g)", name,
			expected.ascending(), expected.least, expected.most, found.ascending(), found.least, found.most)
	}
}
