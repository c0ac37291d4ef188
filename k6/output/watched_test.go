package output

import (
	"math"
	"testing"
	"time"

	"go.k6.io/k6/metrics"
)

// newWatchedBench states thresholds as k6 does before a run: of metrics and of submetrics.
func newWatchedBench(t *testing.T, b *bench, stated map[*metrics.Metric]map[string][]string) {
	t.Helper()
	all := map[string]metrics.Thresholds{}
	for metric, by_selector := range stated {
		for selector, sources := range by_selector {
			thresholds := metrics.NewThresholds(sources)
			if selector == "" {
				metric.Thresholds = thresholds
				all[metric.Name] = thresholds
				continue
			}
			sub, err := metric.AddSubmetric(selector)
			must(t, err)
			sub.Metric.Thresholds = thresholds
			all[metric.Name+"{"+selector+"}"] = thresholds
		}
	}
	b.aggregator.watchlist = newWatchlist(all)
}

func (b *bench) thresholds(t *testing.T, now time.Time) map[string]map[string]any {
	t.Helper()
	w := newPointWriter(epoch, time.Second)
	b.aggregator.writeThresholds(w, []tag{{"testid", "run"}}, now)
	lines, _, err := w.encoder.take()
	must(t, err)
	found := map[string]map[string]any{}
	for _, point := range decode(t, lines) {
		found[point.tags["threshold"]] = point.fields
	}
	return found
}

func TestThresholdsHaveTheValuesOfK6(t *testing.T) {
	b := newBench(t, 100)
	latency := b.metric("latency", metrics.Trend)
	orders := b.metric("orders", metrics.Counter)
	queue := b.metric("queue", metrics.Gauge)
	bought := b.metric("bought", metrics.Rate)
	newWatchedBench(t, b, map[*metrics.Metric]map[string][]string{
		latency: {
			"":          {"avg<1", "min<1", "max<1", "med<1", "p(90)<1", "p(99.9)<=1"},
			"kind:read": {"max<1"},
			// The output stores no URLs, and k6 selects by them all the same.
			"url:http://app/1": {"max<1"},
			"kind:nobody":      {"max<1"},
		},
		orders: {"": {"count<1", "rate<1"}},
		queue:  {"": {"value<1"}},
		bought: {"": {"rate>0.9"}},
	})
	sink := metrics.NewSink(metrics.Trend).(*metrics.TrendSink) //nolint:forcetypeassert // it is one
	for i := range 1000 {
		at, value := epoch.Add(time.Duration(i)*10*time.Millisecond), float64((i*37)%1000+1)
		tags := map[string]string{"kind": "write", "url": "http://app/2"}
		if value <= 500 {
			tags = map[string]string{"kind": "read", "url": "http://app/2"}
		}
		if value == 700 {
			tags["url"] = "http://app/1"
		}
		b.add(latency, at, value, tags)
		sink.Add(metrics.Sample{Value: value})
		b.add(orders, at, 2, map[string]string{"scenario": "s"})
		b.add(queue, at, float64(i), nil)
		b.add(bought, at, float64(i%4), nil)
	}
	found := b.thresholds(t, epoch.Add(10*time.Second))
	for text, expected := range map[string]float64{
		"latency: avg<1":                   sink.Avg(),
		"latency: min<1":                   1,
		"latency: max<1":                   1000,
		"latency: med<1":                   sink.P(0.5),
		"latency: p(90)<1":                 sink.P(0.9),
		"latency: p(99.9)<=1":              sink.P(0.999),
		"latency{kind:read}: max<1":        500,
		"latency{url:http://app/1}: max<1": 700,
		"orders: count<1":                  2000,
		"orders: rate<1":                   200,
		"queue: value<1":                   999,
		"bought: rate>0.9":                 0.75,
	} {
		value, ok := found[text]["value"].(float64)
		if !ok || math.Abs(value-expected) > relativeAccuracy*expected {
			t.Errorf("%s: expected %v, found %v", text, expected, found[text])
		}
		if found[text]["ok"] != true {
			t.Errorf("%s: k6 has not said that it fails, found %v", text, found[text])
		}
	}
	if again := b.thresholds(t, epoch.Add(11*time.Second)); len(again) != 0 {
		t.Errorf("expected no point where nothing has changed, found %v", again)
	}
	b.add(queue, epoch, 5, nil)
	queue.Thresholds.Thresholds[0].LastFailed = true
	if again := b.thresholds(t, epoch.Add(12*time.Second)); len(again) != 1 || again["queue: value<1"]["ok"] != false {
		t.Errorf("expected the failed threshold of queue alone, found %v", again)
	}
	unmatched := b.aggregator.unmatched()
	if len(unmatched) != 1 || unmatched[0].Metric != "latency{kind:nobody}" || unmatched[0].Tag != "kind" || unmatched[0].Value != "nobody" {
		t.Fatalf("expected the selector that nothing matches, found %+v", unmatched)
	}
	if values := unmatched[0].Values; len(values) != 2 || values[0] != "read" || values[1] != "write" {
		t.Errorf("expected the values that the tag has, found %v", values)
	}
}
