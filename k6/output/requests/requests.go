// Package requests gives gRPC, WebSockets and browsers the metrics that k6 gives HTTP: the number of requests, how long each
// took and whether it failed. The k6 that cmd/patch writes adds them to the samples of a run before any output, threshold or
// summary sees them.
package requests

import (
	"go.k6.io/k6/lib/netext/httpext"
	"go.k6.io/k6/metrics"
)

const (
	statusTag = "status"
	nameTag   = "name"
	urlTag    = "url"
)

// Protocol is a way to make requests. Its metrics are named after Prefix: `grpc_reqs`, `grpc_req_duration`, `grpc_req_failed`.
type Protocol struct {
	Prefix string
	// source is k6's own trend with a sample for each request; "" if k6 itself has all three metrics.
	source string
	// passed is the status of a request that did not fail; "" if k6 itself says which failed.
	passed string
	// unanswered is the status of a request that nobody answered: a WebSocket then has none.
	unanswered string
}

// Requests counts them.
func (p Protocol) Requests() string { return p.Prefix + "s" }

// Duration is the trend of their latency.
func (p Protocol) Duration() string { return p.Prefix + "_duration" }

// Failed is the rate of those that failed.
func (p Protocol) Failed() string { return p.Prefix + "_failed" }

// IsAnswered returns whether a request with this status got an answer.
func (p Protocol) IsAnswered(status string) bool { return status != p.unanswered }

// added are the metrics that a source lacks; nil where k6 or the script has one of that name already.
type added struct {
	protocol                   Protocol
	requests, duration, failed *metrics.Metric
}

// sources is set before the load begins, and only read from then on. It is so short that looking through it costs less than
// a hash of each sample's name.
var sources []added

// Register makes the metrics, so that thresholds find them. A metric of a script with the same name stays the script's own.
func Register(registry *metrics.Registry) {
	sources = nil
	for _, p := range Protocols {
		if p.source == "" {
			continue
		}
		one := added{
			protocol: p,
			requests: registered(registry, p.Requests(), metrics.Counter, metrics.Default),
		}
		if p.source != p.Duration() {
			one.duration = registered(registry, p.Duration(), metrics.Trend, metrics.Time)
		}
		if p.passed != "" {
			one.failed = registered(registry, p.Failed(), metrics.Rate, metrics.Default)
		}
		sources = append(sources, one)
	}
}

func registered(registry *metrics.Registry, name string, kind metrics.MetricType, of metrics.ValueType) *metrics.Metric {
	if registry.Get(name) != nil {
		return nil
	}
	return registry.MustNewMetric(name, kind, of)
}

// Complete returns the samples with those that k6 lacks.
func Complete(containers []metrics.SampleContainer) []metrics.SampleContainer {
	var more metrics.Samples
	for _, container := range containers {
		switch c := container.(type) {
		case *httpext.Trail:
		case metrics.Sample:
			more = complete(more, &c)
		default:
			samples := container.GetSamples()
			for i := range samples {
				more = complete(more, &samples[i])
			}
		}
	}
	if len(more) == 0 {
		return containers
	}
	return append(containers, more)
}

func complete(more metrics.Samples, sample *metrics.Sample) metrics.Samples {
	one := addedTo(sample.Metric.Name)
	if one == nil {
		return more
	}
	tags := named(sample.Tags)
	add := func(metric *metrics.Metric, value float64) {
		if metric != nil {
			more = append(more, metrics.Sample{
				TimeSeries: metrics.TimeSeries{Metric: metric, Tags: tags},
				Time:       sample.Time, Value: value, Metadata: sample.Metadata,
			})
		}
	}
	add(one.requests, 1)
	add(one.duration, sample.Value)
	status, _ := sample.Tags.Get(statusTag)
	add(one.failed, metrics.B(status != one.protocol.passed))
	return more
}

// addedTo is nil where nothing is.
func addedTo(source string) *added {
	for i := range sources {
		if sources[i].protocol.source == source {
			return &sources[i]
		}
	}
	return nil
}

// named gives a request the name that k6 gives HTTP requests without one: k6/ws has the URL alone.
func named(tags *metrics.TagSet) *metrics.TagSet {
	if _, ok := tags.Get(nameTag); ok {
		return tags
	}
	if url, ok := tags.Get(urlTag); ok {
		return tags.With(nameTag, url)
	}
	return tags
}
