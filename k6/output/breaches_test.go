package output

import (
	"testing"
	"time"

	"go.k6.io/k6/metrics"
)

func TestBreachesAreWrittenWhenTheyBeginAndEnd(t *testing.T) {
	latency := &metrics.Threshold{Source: "p(95)<500"}
	failures := &metrics.Threshold{Source: "rate<0.01"}
	b := newBreaches(map[string]metrics.Thresholds{
		"http_req_duration": {Thresholds: []*metrics.Threshold{latency}},
		"http_req_failed":   {Thresholds: []*metrics.Threshold{failures}},
	})
	tags := []tag{{"instance", "one"}, {"testid", "run"}, {"zone", "eu"}}
	written := func(second int64) []point {
		e := newEncoder()
		b.write(e, tags, time.Unix(second, 0))
		lines, _, err := e.take()
		must(t, err)
		return decode(t, lines)
	}

	if points := written(1); len(points) != 0 {
		t.Fatalf("nothing is broken: expected no point, found %v", points)
	}
	latency.LastFailed = true
	points := written(2)
	if len(points) != 1 || points[0].tags["threshold"] != "http_req_duration: p(95)<500" || points[0].fields["broken"] != true {
		t.Fatalf("expected one breach of p95, found %v", points)
	}
	if points[0].tags["testid"] != "run" || points[0].tags["zone"] != "eu" {
		t.Fatalf("expected the run's tags, found %v", points[0].tags)
	}
	if points := written(3); len(points) != 0 {
		t.Fatalf("a breach that goes on is no new one, found %v", points)
	}
	latency.LastFailed, failures.LastFailed = false, true
	points = written(4)
	if len(points) != 2 || points[0].fields["broken"] != false || points[1].fields["broken"] != true {
		t.Fatalf("expected the end of one breach and the begin of another, found %v", points)
	}
}
