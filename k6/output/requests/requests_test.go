package requests

import (
	"testing"
	"time"

	"go.k6.io/k6/metrics"
)

// seen returns the values of metrics that Complete adds to one sample, by name.
func seen(t *testing.T, registry *metrics.Registry, source string, tags map[string]string) map[string]float64 {
	t.Helper()
	set := registry.RootTagSet()
	for key, value := range tags {
		set = set.With(key, value)
	}
	metric := registry.MustNewMetric(source, metrics.Trend, metrics.Time)
	sample := metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: metric, Tags: set}, Time: time.Now(), Value: 7}
	values := map[string]float64{}
	for _, container := range Complete([]metrics.SampleContainer{sample})[1:] {
		for _, more := range container.GetSamples() {
			values[more.Metric.Name] = more.Value
			if name, _ := more.Tags.Get("name"); name != "the one" {
				t.Errorf("%s has the name %q", more.Metric.Name, name)
			}
		}
	}
	return values
}

func newRegistry(t *testing.T) *metrics.Registry {
	t.Helper()
	registry := metrics.NewRegistry()
	metrics.RegisterBuiltinMetrics(registry)
	Register(registry)
	t.Cleanup(func() { sources = nil })
	return registry
}

func TestEachProtocolHasItsRequests(t *testing.T) {
	registry := newRegistry(t)
	for _, c := range []struct {
		source, status string
		want           map[string]float64
	}{
		{"grpc_req_duration", "0", map[string]float64{"grpc_reqs": 1, "grpc_req_failed": 0}},
		{"grpc_req_duration", "14", map[string]float64{"grpc_reqs": 1, "grpc_req_failed": 1}},
		{"ws_connecting", "101", map[string]float64{"ws_reqs": 1, "ws_req_duration": 7, "ws_req_failed": 0}},
		{"ws_connecting", "403", map[string]float64{"ws_reqs": 1, "ws_req_duration": 7, "ws_req_failed": 1}},
		{"browser_http_req_duration", "200", map[string]float64{"browser_http_reqs": 1}},
		{"iteration_duration", "", map[string]float64{}},
	} {
		if c.source == "iteration_duration" {
			sample := metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: registry.Get(c.source), Tags: registry.RootTagSet()}}
			if got := Complete([]metrics.SampleContainer{sample}); len(got) != 1 {
				t.Errorf("an iteration is no request: %v", got)
			}
			continue
		}
		got := seen(t, registry, c.source, map[string]string{"status": c.status, "name": "the one"})
		if len(got) != len(c.want) {
			t.Errorf("%s with status %s: %v", c.source, c.status, got)
		}
		for name, value := range c.want {
			if got[name] != value {
				t.Errorf("%s with status %s: %s is %v", c.source, c.status, name, got[name])
			}
		}
	}
}

func TestAWebSocketThatWasNeverAnsweredHasFailed(t *testing.T) {
	registry := newRegistry(t)
	if got := seen(t, registry, "ws_connecting", map[string]string{"url": "the one"}); got["ws_req_failed"] != 1 {
		t.Errorf("no status: %v", got)
	}
	for _, p := range Protocols {
		if p.Prefix == "ws_req" && (p.IsAnswered("") || !p.IsAnswered("403")) {
			t.Error("403 is an answer, and no status is none")
		}
	}
}

func TestAMetricOfTheScriptStaysItsOwn(t *testing.T) {
	registry := metrics.NewRegistry()
	metrics.RegisterBuiltinMetrics(registry)
	registry.MustNewMetric("grpc_req_failed", metrics.Counter)
	Register(registry)
	t.Cleanup(func() { sources = nil })
	got := seen(t, registry, "grpc_req_duration", map[string]string{"status": "14", "name": "the one"})
	if _, ok := got["grpc_req_failed"]; ok || got["grpc_reqs"] != 1 {
		t.Errorf("the script has made grpc_req_failed: %v", got)
	}
}
