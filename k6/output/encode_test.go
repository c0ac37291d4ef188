package output

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/influxdata/line-protocol/v2/lineprotocol"
	"go.k6.io/k6/metrics"
)

// point is a line as InfluxDB's own decoder reads it.
type point struct {
	measurement string
	tags        map[string]string
	fields      map[string]any
	at          time.Time
}

func decode(t testing.TB, lines []byte) []point {
	t.Helper()
	var points []point
	decoder := lineprotocol.NewDecoderWithBytes(lines)
	for decoder.Next() {
		p := point{tags: map[string]string{}, fields: map[string]any{}}
		measurement, err := decoder.Measurement()
		must(t, err)
		p.measurement = string(measurement)
		for {
			key, value, err := decoder.NextTag()
			must(t, err)
			if key == nil {
				break
			}
			p.tags[string(key)] = string(value)
		}
		for {
			key, value, err := decoder.NextField()
			must(t, err)
			if key == nil {
				break
			}
			p.fields[string(key)] = value.Interface()
		}
		p.at, err = decoder.Time(lineprotocol.Nanosecond, time.Time{})
		must(t, err)
		points = append(points, p)
	}
	return points
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func written(t testing.TB, b *bench) []point {
	t.Helper()
	w := newPointWriter(epoch, time.Second)
	for _, win := range b.aggregator.take(epoch, true) {
		w.write(win)
	}
	w.writeRun()
	lines, count, err := w.encoder.take()
	must(t, err)
	points := decode(t, lines)
	if len(points) != count {
		t.Fatalf("expected %d points, found %d", count, len(points))
	}
	return points
}

func find(t testing.TB, points []point, measurement, name string) point {
	t.Helper()
	for _, p := range points {
		if p.measurement == measurement && p.tags["name"] == name {
			return p
		}
	}
	t.Fatalf("expected a point of %s name=%q in %+v", measurement, name, points)
	return point{}
}

func TestATrendCarriesWhatTheSchemaSays(t *testing.T) {
	b := newBench(t, 100)
	trend := b.metric(metrics.HTTPReqDurationName, metrics.Trend)
	for _, value := range []float64{10, 20, 30, 40} {
		b.add(trend, epoch, value, map[string]string{"name": "GET /", "scenario": "s", "testid": "t"})
	}
	b.add(trend, epoch, 0, map[string]string{"name": "POST /", "scenario": "s", "testid": "t"})
	points := written(t, b)

	p := find(t, points, metrics.HTTPReqDurationName, "GET /")
	for field, want := range map[string]any{
		"count": int64(4), "sum": 100.0, "min": 10.0, "max": 40.0, "p50": 25.0, "p95": 38.5,
	} {
		if got, ok := p.fields[field]; !ok || !sameNumber(got, want) {
			t.Errorf("%s: expected %v, found %v", field, want, got)
		}
	}
	if !p.at.Equal(epoch) {
		t.Errorf("expected the window's start, found %s", p.at)
	}
	if got := sumOf(find(t, points, metrics.HTTPReqDurationName+histogramSuffix, "GET /")); got != 4 {
		t.Errorf("expected a histogram of 4, found %d", got)
	}
	if got := find(t, points, metrics.HTTPReqDurationName+histogramSuffix, "POST /").fields[zeroField]; got != int64(1) {
		t.Errorf("expected a zero in its own bucket, found %v", got)
	}
	scenario := find(t, points, metrics.HTTPReqDurationName+scenarioSuffix, "")
	if scenario.fields["count"] != int64(5) || scenario.fields["p50"] != 20.0 {
		t.Errorf("expected the scenario over all its requests, found %+v", scenario)
	}
	if got := sumOf(find(t, points, metrics.HTTPReqDurationName+scenarioHistogramSuffix, "")); got != 5 {
		t.Errorf("expected the scenario's histogram of 5, found %d", got)
	}
	if got := sumOf(find(t, points, metrics.HTTPReqDurationName+heatmapSuffix, "")); got != 5 {
		t.Errorf("expected a heatmap of 5, found %d", got)
	}
	run := find(t, points, metrics.HTTPReqDurationName+runSuffix, "GET /")
	if run.fields["count"] != int64(4) || !sameNumber(run.fields["max"], 40.0) {
		t.Errorf("expected the run so far by request, found %+v", run)
	}
}

func sameNumber(got, want any) bool {
	g, ok := got.(float64)
	if !ok {
		return got == want
	}
	return math.Abs(g-want.(float64)) < 1e-9
}

func sumOf(p point) (sum int64) {
	for _, count := range p.fields {
		if n, ok := count.(int64); ok {
			sum += n
		}
	}
	return sum
}

func TestTheRunSoFarGrowsAtOnePoint(t *testing.T) {
	b := newBench(t, 100)
	counter := b.metric("http_reqs", metrics.Counter)
	w := newPointWriter(epoch, time.Second)
	for second := range 3 {
		b.add(counter, epoch.Add(time.Duration(second)*time.Second), 1, map[string]string{"scenario": "s"})
		for _, win := range b.aggregator.take(epoch.Add(time.Duration(second)*time.Second+2*time.Second), false) {
			w.write(win)
		}
		w.writeRun()
	}
	lines, _, err := w.encoder.take()
	must(t, err)
	var values []any
	for _, p := range decode(t, lines) {
		if p.measurement == "http_reqs"+runSuffix && len(p.tags) == 1 {
			values = append(values, p.fields["value"])
			if !p.at.Equal(epoch) {
				t.Errorf("expected the run's start, found %s", p.at)
			}
		}
	}
	if len(values) == 0 || values[len(values)-1] != 3.0 {
		t.Errorf("expected to end at 3, found %v", values)
	}
}

// FuzzTags: whatever a script puts into tags, every point arrives, whole, with its sample.
func FuzzTags(f *testing.F) {
	for _, text := range []string{"a b", `a,b=c "d"`, "ü€😀", `end\`, "line\nbreak", "tab\t", "\xff\xfe", strings.Repeat("x", 70_000), "=", ",", `\ `, "#a"} {
		f.Add(text, "GET /")
		f.Add("name", text)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		if key == "" {
			t.Skip("k6's own tag sets cannot hold an empty name")
		}
		b := newBench(t, 100)
		counter := b.metric("number", metrics.Counter)
		b.add(counter, epoch, 2, map[string]string{key: value, "scenario": "s"})
		p := find(t, written(t, b), "number", storableName(key, value))
		if p.fields["value"] != 2.0 || p.fields["count"] != int64(1) {
			t.Fatalf("expected value 2, found %+v", p)
		}
		for k, v := range p.tags {
			if !utf8.ValidString(k) || !utf8.ValidString(v) || len(v) > longestTag+len("…") {
				t.Fatalf("expected storable tags, found %q=%q", k, v)
			}
		}
	})
}

// storableName is the request name that a tag key=value leads to.
func storableName(key, value string) string {
	if storable(key) == "name" {
		return storable(value)
	}
	return ""
}
