package output

import (
	"fmt"
	"sort"
	"strconv"
	"time"

	"github.com/influxdata/line-protocol/v2/lineprotocol"
	"go.k6.io/k6/metrics"
)

// encoder writes line protocol. Names and tags go through the reference encoder, which knows what must be escaped.
type encoder struct {
	line   lineprotocol.Encoder
	points int
	err    error
}

func newEncoder() *encoder {
	e := &encoder{}
	e.line.SetPrecision(lineprotocol.Nanosecond)
	return e
}

// take returns what was written since the last call, and how many points that is.
func (e *encoder) take() (lines []byte, points int, err error) {
	lines = append([]byte(nil), e.line.Bytes()...)
	points, err = e.points, e.err
	e.line.Reset()
	e.line.ClearErr()
	e.points, e.err = 0, nil
	return lines, points, err
}

func (e *encoder) start(measurement string, tags []tag) {
	e.line.StartLine(measurement)
	for _, t := range tags {
		e.line.AddTag(t.key, t.value)
	}
}

func (e *encoder) end(at time.Time) {
	e.line.EndLine(at)
	if err := e.line.Err(); err != nil && e.err == nil {
		e.err = fmt.Errorf("a point could not be encoded: %w", err)
		e.line.ClearErr()
	}
	e.points++
}

func (e *encoder) float(field string, value float64) {
	v, ok := lineprotocol.FloatValue(value)
	if !ok {
		return // no number: the aggregator has counted and left those out
	}
	e.line.AddField(field, v)
}

func (e *encoder) integer(field string, value int64) {
	e.line.AddField(field, lineprotocol.IntValue(value))
}

// text leaves out what is no UTF-8: InfluxDB would refuse the point.
func (e *encoder) text(field, value string) {
	if v, ok := lineprotocol.StringValue(value); ok {
		e.line.AddField(field, v)
	}
}

func (e *encoder) boolean(field string, value bool) {
	e.line.AddField(field, lineprotocol.BoolValue(value))
}

// aggregateFields writes the fields that a metric of this type has in every window.
func (e *encoder) aggregateFields(kind metrics.MetricType, a *aggregate) {
	e.integer("count", a.count)
	switch kind {
	case metrics.Counter, metrics.Rate:
		e.float("value", a.sum)
	case metrics.Gauge:
		e.float("value", a.last)
		e.float("min", a.min)
		e.float("max", a.max)
	case metrics.Trend:
		e.float("sum", a.sum)
		e.float("min", a.min)
		e.float("max", a.max)
		for i, value := range exactQuantiles(a.values, windowPercentiles) {
			e.float(percentileFields[i], value)
		}
	}
}

func (e *encoder) histogramFields(h *histogram) {
	e.float(minField, h.least)
	e.float(maxField, h.most)
	if h.zero > 0 {
		e.integer(zeroField, h.zero)
	}
	h.negative.each(func(index int, count int64) { e.integer(negativePrefix+strconv.Itoa(index), count) })
	h.positive.each(func(index int, count int64) { e.integer(positivePrefix+strconv.Itoa(index), count) })
}

// heatmapFields counts values (ascending) between the coarse bounds; each field is named by its upper bound.
func (e *encoder) heatmapFields(sorted []float64) {
	from := 0
	for _, bound := range heatmapBounds_ms {
		to := from + sort.Search(len(sorted)-from, func(i int) bool { return sorted[from+i] > bound })
		if to > from {
			e.integer(strconv.FormatFloat(bound, 'f', -1, 64), int64(to-from))
		}
		from = to
	}
	if from < len(sorted) {
		e.integer("+Inf", int64(len(sorted)-from))
	}
}
