package output

import (
	"sort"
	"time"

	"go.k6.io/k6/metrics"
)

// breaches turns the thresholds that k6 evaluates into events: k6 itself emits none, and dashboards mark them.
type breaches struct {
	// metrics in a fixed order, so that breaches of one look are written in it.
	metrics    []string
	thresholds map[string]metrics.Thresholds
	broken     map[*metrics.Threshold]bool
}

func newBreaches(thresholds map[string]metrics.Thresholds) *breaches {
	b := &breaches{thresholds: thresholds, broken: make(map[*metrics.Threshold]bool)}
	for name := range thresholds {
		b.metrics = append(b.metrics, name)
	}
	sort.Strings(b.metrics)
	return b
}

// write adds a point for each threshold that has begun or ceased to fail since the last look. k6 evaluates every two
// seconds and publishes each result as one boolean, which this reads as k6's own outputs do.
func (b *breaches) write(e *encoder, tags []tag, now time.Time) {
	for _, metric := range b.metrics {
		for _, threshold := range b.thresholds[metric].Thresholds {
			if threshold.LastFailed == b.broken[threshold] {
				continue
			}
			b.broken[threshold] = threshold.LastFailed
			e.start(breachMeasurement, withTag(tags, tag{"threshold", thresholdText(metric, threshold)}))
			e.boolean("broken", threshold.LastFailed)
			e.end(now)
		}
	}
}

// withTag keeps tags in the order of their keys, as the encoder wants them.
func withTag(tags []tag, added tag) []tag {
	at := sort.Search(len(tags), func(i int) bool { return tags[i].key > added.key })
	all := make([]tag, 0, len(tags)+1)
	all = append(all, tags[:at]...)
	all = append(all, added)
	return append(all, tags[at:]...)
}
