package output

import (
	"time"

	"go.k6.io/k6/metrics"
)

// scenarioTag is k6's tag of everything that an iteration measures; what setup() and teardown() measure has none.
const scenarioTag = "scenario"

// loadSpan is when this generator made load, in Unix nanoseconds: from the start of its first iteration to the end of its
// last one. Before it k6 may wait for other generators, and run setup(); neither is load. The zero value is no load.
type loadSpan struct {
	first, last int64
}

// isOfIteration says whether a series is of what iterations measure. A script may leave the tag out (`systemTags`), but not
// the metrics of iterations.
func isOfIteration(series metrics.TimeSeries) bool {
	_, ok := series.Tags.Get(scenarioTag)
	return ok || series.Metric.Name == metrics.IterationsName || series.Metric.Name == metrics.IterationDurationName
}

// shows takes a sample of an iteration at a time in Unix nanoseconds.
func (l *loadSpan) shows(metric *metrics.Metric, at int64, value float64) {
	l.last = max(l.last, at)
	at = begunAt(metric, at, value)
	if l.first == 0 || at < l.first {
		l.first = at
	}
}

// begunAt is the latest time at which the iteration of a sample had begun: before it by the duration that the sample tells,
// if it tells one.
func begunAt(metric *metrics.Metric, at int64, value float64) int64 {
	switch metric.Name {
	case metrics.IterationDurationName, metrics.HTTPReqDurationName:
		return at - int64(value*float64(time.Millisecond))
	}
	return at
}

// elapsed is how long the load has lasted; 0 before it.
func (l loadSpan) elapsed(now time.Time) time.Duration {
	if l.first == 0 {
		return 0
	}
	return now.Sub(time.Unix(0, l.first))
}

// loadReport is a span as a report says it.
type loadReport struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// report is nil without load.
func (l loadSpan) report() *loadReport {
	if l.first == 0 {
		return nil
	}
	text := func(at int64) string { return time.Unix(0, at).UTC().Format(time.RFC3339Nano) }
	return &loadReport{From: text(l.first), To: text(l.last)}
}
