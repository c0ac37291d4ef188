package output

import (
	"regexp"
	"slices"
	"sort"
	"strconv"
	"time"

	"go.k6.io/k6/metrics"
)

// watched is what a metric that has thresholds has seen since the run began, in its selector: k6 keeps its own sums to
// itself. Sums and extremes are exact, percentiles are known to relativeAccuracy.
type watched struct {
	// name as the script states it: `http_req_duration{kind:list}`.
	name       string
	thresholds []*metrics.Threshold
	kind       metrics.MetricType
	// selector is nil without one, or before the first sample of the metric.
	selector *metrics.TagSet

	total   aggregate
	pending []float64
	fresh   bool
	// counts and taken are those of flushes alone, which need no lock for them.
	counts *histogram
	taken  []float64
}

// change is what a watched metric has become since the last write.
type change struct {
	*watched
	total aggregate
}

// watchlist finds the thresholds that a sample counts for. k6 shares its thresholds with outputs by their addresses.
type watchlist struct {
	all         []*watched
	byThreshold map[*metrics.Threshold]*watched
}

func newWatchlist(thresholds map[string]metrics.Thresholds) *watchlist {
	l := &watchlist{byThreshold: map[*metrics.Threshold]*watched{}}
	for name, of := range thresholds {
		if len(of.Thresholds) == 0 {
			continue
		}
		w := &watched{name: name, thresholds: of.Thresholds, counts: newHistogram()}
		l.all = append(l.all, w)
		for _, threshold := range of.Thresholds {
			l.byThreshold[threshold] = w
		}
	}
	sort.Slice(l.all, func(i, j int) bool { return l.all[i].name < l.all[j].name })
	return l
}

// of lists what samples of a metric with these tags count for.
func (l *watchlist) of(series metrics.TimeSeries) []*watched {
	if l == nil {
		return nil
	}
	var found []*watched
	if w := l.find(series.Metric); w != nil {
		found = append(found, w)
	}
	for _, sub := range series.Metric.Submetrics {
		w := l.find(sub.Metric)
		if w == nil {
			continue
		}
		w.selector = sub.Tags
		if series.Tags.Contains(sub.Tags) {
			found = append(found, w)
		}
	}
	return found
}

func (l *watchlist) find(metric *metrics.Metric) *watched {
	if metric == nil || len(metric.Thresholds.Thresholds) == 0 {
		return nil
	}
	w := l.byThreshold[metric.Thresholds.Thresholds[0]]
	if w != nil {
		w.kind = metric.Type
	}
	return w
}

func (w *watched) add(value float64) {
	// The values of a trend go into the histogram later, sorted: see countWatched.
	one := aggregate{count: 1, sum: value, min: value, max: value, last: value}
	if w.kind == metrics.Rate && value != 0 {
		one.sum = 1
	}
	mergeInto(&w.total, &one)
	if w.kind == metrics.Trend {
		w.pending = append(w.pending, value)
	}
	w.fresh = true
}

// takeValues sets aside the values that have come. It costs no more than the number of thresholds: samples wait meanwhile.
func (l *watchlist) takeValues() []*watched {
	if l == nil {
		return nil
	}
	for _, w := range l.all {
		w.pending, w.taken = w.taken[:0], w.pending
	}
	return l.all
}

// take returns what has changed. It costs no more than takeValues.
func (l *watchlist) take() []change {
	if l == nil {
		return nil
	}
	var changes []change
	for _, w := range l.all {
		if w.fresh {
			changes = append(changes, change{watched: w, total: w.total})
			w.fresh = false
		}
	}
	return changes
}

// statistic is the first part of a threshold, as k6's grammar has it (metrics/thresholds_parser.go).
var statistic = regexp.MustCompile(`^\s*([a-z]+)(?:\(\s*([0-9.]+)\s*\))?`)

// value is what a threshold compares with its limit, as k6 works it out (metrics/thresholds.go: Run); false without a sample.
func (c change) value(source string, elapsed time.Duration) (float64, bool) {
	parts := statistic.FindStringSubmatch(source)
	if parts == nil || c.total.count == 0 {
		return 0, false
	}
	switch parts[1] {
	case "count":
		return c.total.sum, true
	case "rate":
		if c.kind == metrics.Rate {
			return c.total.sum / float64(c.total.count), true
		}
		return c.total.sum / elapsed.Seconds(), elapsed > 0
	case "value":
		return c.total.last, true
	case "avg":
		return c.total.sum / float64(c.total.count), true
	case "min":
		return c.total.min, true
	case "max":
		return c.total.max, true
	case "med":
		return c.counts.quantiles([]float64{0.5})[0], true
	case "p":
		percentile, err := strconv.ParseFloat(parts[2], 64)
		return c.counts.quantiles([]float64{percentile / 100})[0], err == nil
	}
	return 0, false
}

// countWatched counts the values of thresholds, with each window: they take memory until then.
func (w *pointWriter) countWatched(all []*watched) {
	for _, of := range all {
		w.sorter.sort(of.taken)
		of.counts.addSorted(of.taken)
	}
}

// writeChanges encodes the thresholds whose metrics have changed since the last time, each as one point that is overwritten.
func (w *pointWriter) writeChanges(changes []change, tags []tag, elapsed time.Duration) {
	e := w.encoder
	for _, c := range changes {
		for _, threshold := range c.thresholds {
			e.start(thresholdMeasurement, withTag(tags, tag{"threshold", thresholdText(c.name, threshold)}))
			e.integer("count", c.total.count)
			if value, ok := c.value(threshold.Source, elapsed); ok {
				e.float("value", value)
			}
			e.boolean("ok", !threshold.LastFailed)
			e.end(w.started)
		}
	}
}

// thresholdText is what the record calls a threshold (contract/slo.ts).
func thresholdText(metric string, threshold *metrics.Threshold) string {
	return storable(metric + ": " + threshold.Source)
}

// unmatched is a metric of thresholds that no sample counted for.
type unmatched struct {
	Metric string `json:"metric"`
	// Tag and Value of its selector that no sample has, with some of the values that samples have; left out without any.
	Tag    string   `json:"tag,omitempty"`
	Value  string   `json:"value,omitempty"`
	Values []string `json:"values,omitempty"`
}

// unmatched lists what saw no sample. @param valuesOf gives the values that a tag was seen with
func (l *watchlist) unmatched(valuesOf func(tag string) []string) []unmatched {
	if l == nil {
		return nil
	}
	var found []unmatched
	for _, w := range l.all {
		if w.total.count > 0 {
			continue
		}
		of := unmatched{Metric: w.name}
		if w.selector != nil {
			of.Tag, of.Value, of.Values = w.missing(valuesOf)
		}
		found = append(found, of)
	}
	return found
}

// missing names the first tag of the selector whose value was never seen.
func (w *watched) missing(valuesOf func(tag string) []string) (tag, value string, instead []string) {
	selected := w.selector.Map()
	keys := make([]string, 0, len(selected))
	for key := range selected {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		values := valuesOf(key)
		if leftOut[key] || slices.Contains(values, storable(selected[key])) {
			continue
		}
		return key, selected[key], values[:min(len(values), mostExamples)]
	}
	return "", "", nil
}
