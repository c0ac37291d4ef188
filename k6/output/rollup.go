package output

import (
	"math"
	"slices"
	"time"

	"go.k6.io/k6/metrics"

	"loadstar/k6/output/requests"
)

// byRequest are the metrics whose run so far is also kept by request name: the table of requests reads them.
var byRequest = ofProtocols(requests.Protocol.Requests, requests.Protocol.Duration, requests.Protocol.Failed)

// latencies have a heatmap: it is what people look at.
var latencies = ofProtocols(requests.Protocol.Duration)

// ofProtocols leads from metrics of all protocols to their protocol.
func ofProtocols(names ...func(requests.Protocol) string) map[string]requests.Protocol {
	of := map[string]requests.Protocol{}
	for _, protocol := range requests.Protocols {
		for _, name := range names {
			of[name(protocol)] = protocol
		}
	}
	return of
}

func has(of map[string]requests.Protocol, metric string) bool {
	_, ok := of[metric]
	return ok
}

// writer turns windows into points: each series, each scenario over all its requests, and the run so far.
type pointWriter struct {
	encoder *encoder
	// started is the one timestamp of the run so far: its points are overwritten as the run goes on.
	started time.Time
	window  time.Duration
	runs    map[string]*soFar
	sorter  sorter
}

// soFar is what a scenario (or one request of it) has seen of a metric since the run began.
type soFar struct {
	metric *metrics.Metric
	tags   []tag
	total  aggregate
	counts *histogram
	fresh  bool
}

func newPointWriter(started time.Time, window time.Duration) *pointWriter {
	return &pointWriter{encoder: newEncoder(), started: started, window: window, runs: map[string]*soFar{}}
}

// scenarioGroup gathers the series of one scenario and metric in a window.
type scenarioGroup struct {
	metric *metrics.Metric
	tags   []tag
	total  aggregate
	counts *histogram
	load   *load
	parts  int
}

// write encodes a window, and returns its sums by scenario and metric.
func (w *pointWriter) write(win window) map[string]*scenarioGroup {
	groups := map[string]*scenarioGroup{}
	var order []string
	for _, s := range win.data {
		metric := s.series.metric
		counts := w.writeSeries(s, win.start)
		tags := scenarioTags(s.series.tags, false)
		key := seriesText(metric.Name, tags)
		group := groups[key]
		if group == nil {
			group = &scenarioGroup{metric: metric, tags: tags, counts: newHistogram(), load: s.series.load}
			groups[key] = group
			order = append(order, key)
		}
		group.parts++
		mergeInto(&group.total, s.aggregate)
		if group.parts == 1 {
			// Without a copy: most metrics have one series. What is appended to it goes elsewhere.
			group.total.values = slices.Clip(s.aggregate.values)
		} else {
			group.total.values = append(group.total.values, s.aggregate.values...)
		}
		if counts != nil {
			group.counts.merge(counts)
		}
		if has(byRequest, metric.Name) && valueOf(s.series.tags, "name") != "" {
			w.runOf(metric, scenarioTags(s.series.tags, true)).add(s.aggregate, counts)
		}
	}
	for _, key := range order {
		w.writeGroup(groups[key], win.start)
	}
	return groups
}

// writeSeries writes one series' points; a trend's histogram is returned for those who merge it.
func (w *pointWriter) writeSeries(s sealed, at time.Time) *histogram {
	metric, e := s.series.metric, w.encoder
	if metric.Type == metrics.Trend {
		w.sorter.sort(s.aggregate.values)
	}
	e.start(metric.Name, s.series.tags)
	e.aggregateFields(metric.Type, s.aggregate)
	e.end(at)
	if metric.Type != metrics.Trend {
		return nil
	}
	counts := newHistogram()
	counts.addSorted(s.aggregate.values)
	e.start(metric.Name+histogramSuffix, s.series.tags)
	e.histogramFields(counts)
	e.end(at)
	return counts
}

func (w *pointWriter) writeGroup(group *scenarioGroup, at time.Time) {
	e, metric := w.encoder, group.metric
	if group.parts > 1 {
		w.sorter.sort(group.total.values)
	}
	staged := group.tags
	if name := group.load.stageOf(at, w.window); name != "" {
		staged = withTag(staged, tag{stageTag, name})
	}
	e.start(metric.Name+scenarioSuffix, staged)
	e.aggregateFields(metric.Type, &group.total)
	e.end(at)
	if metric.Type == metrics.Trend {
		e.start(metric.Name+scenarioHistogramSuffix, staged)
		e.histogramFields(group.counts)
		e.end(at)
	}
	if has(latencies, metric.Name) {
		e.start(metric.Name+heatmapSuffix, group.tags)
		e.heatmapFields(group.total.values)
		e.end(at)
	}
	w.runOf(metric, group.tags).add(&group.total, group.counts)
}

// runOf finds what a scenario (or one request of it) has seen of a metric so far.
func (w *pointWriter) runOf(metric *metrics.Metric, tags []tag) *soFar {
	key := seriesText(metric.Name, tags)
	run := w.runs[key]
	if run == nil {
		run = &soFar{metric: metric, tags: tags, counts: newHistogram()}
		w.runs[key] = run
	}
	return run
}

// add adds a window, or what is known of it: its sums or its histogram.
func (run *soFar) add(a *aggregate, counts *histogram) {
	if a.count > 0 {
		mergeInto(&run.total, a)
	}
	if counts != nil {
		run.counts.merge(counts)
	}
	run.fresh = true
}

// writeRun encodes the run so far, where it has changed since the last time; tags are those of all its points.
func (w *pointWriter) writeRun(tags ...tag) {
	e := w.encoder
	for _, run := range w.runs {
		if !run.fresh {
			continue
		}
		run.fresh = false
		of := run.tags
		for _, t := range tags {
			of = withTag(of, t)
		}
		e.start(run.metric.Name+runSuffix, of)
		e.integer("count", run.total.count)
		switch run.metric.Type {
		case metrics.Trend:
			e.float("sum", run.total.sum)
			for i, value := range run.counts.quantiles(windowPercentiles) {
				e.float(percentileFields[i], value)
			}
			e.histogramFields(run.counts)
		case metrics.Gauge:
			e.float("value", run.total.last)
			e.float("min", run.total.min)
			e.float("max", run.total.max)
		case metrics.Counter, metrics.Rate:
			e.float("value", run.total.sum)
		}
		e.end(w.started)
	}
}

// mergeInto adds one aggregate to another, all but the values.
func mergeInto(total, a *aggregate) {
	if total.count == 0 {
		total.min, total.max = a.min, a.max
	}
	total.count += a.count
	total.sum += a.sum
	total.min = math.Min(total.min, a.min)
	total.max = math.Max(total.max, a.max)
	total.last = a.last
}

// scenarioTags keeps what tells runs, generators and scenarios apart, and the request's name where it is asked for.
func scenarioTags(tags []tag, with_name bool) []tag {
	kept := make([]tag, 0, 5)
	for _, t := range tags {
		switch t.key {
		case runTag, projectTag, instanceTag, "scenario":
			kept = append(kept, t)
		case "name":
			if with_name {
				kept = append(kept, t)
			}
		}
	}
	return kept
}
