package output

import (
	"testing"
	"time"

	"go.k6.io/k6/metrics"
)

// second is a window of one second with so many requests by status.
func second(at int, requests map[string]float64) window {
	w := window{start: time.Unix(int64(at), 0)}
	metric := &metrics.Metric{Name: metrics.HTTPReqsName, Type: metrics.Counter}
	for status, count := range requests {
		one := &series{metric: metric, tags: []tag{{statusTag, status}}}
		w.data = append(w.data, sealed{one, &aggregate{sum: count}})
	}
	return w
}

func TestARunEndsWhenItsTargetIsGone(t *testing.T) {
	gone := map[string]float64{"0": 10}
	for name, c := range map[string]struct {
		limit   time.Duration
		windows []map[string]float64
		ends    time.Duration
	}{
		"no answer for the limit":          {3 * time.Second, []map[string]float64{{"200": 9, "0": 1}, gone, gone, gone, gone}, 3 * time.Second},
		"an answer in between":             {3 * time.Second, []map[string]float64{gone, gone, {"0": 9, "503": 1}, gone, gone}, 0},
		"windows without a request":        {3 * time.Second, []map[string]float64{gone, {}, {}, gone}, 4 * time.Second},
		"too few requests to say":          {3 * time.Second, []map[string]float64{{"0": 1}, {}, {}, {"0": 1}}, 0},
		"a limit of 0 allows any time":     {0, []map[string]float64{gone, gone, gone, gone, gone}, 0},
		"errors of the target are answers": {3 * time.Second, []map[string]float64{{"500": 9}, {"500": 9}, {"500": 9}, {"500": 9}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			stops := 0
			s := &silence{limit: c.limit, window: time.Second, stop: func(error) { stops++ }}
			for at, requests := range c.windows {
				s.see(second(100+at, requests))
			}
			if s.lasted != c.ends || (stops == 1) != (c.ends > 0) {
				t.Errorf("expected an end after %s, found %s and %d stops", c.ends, s.lasted, stops)
			}
		})
	}
}
