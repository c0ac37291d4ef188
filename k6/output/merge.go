package output

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"go.k6.io/k6/metrics"
)

// windowMemory is how long after its last point a window is kept: what comes later makes another part of it.
const windowMemory = 15 * time.Second

// day is what a shard of InfluxDB covers at least, where data is kept for two days or more. InfluxDB stores a request as
// a whole within a shard, so none holds the sums of two days.
const day = 24 * time.Hour

func dayOf(at int64) int64 { return at / int64(day) }

// sums adds the points of all generators of a run, so that InfluxDB holds those of one. Counts, sums, extremes and
// histograms are added; percentiles are those of the added histograms. A gauge is the state of one generator, and stays
// a series of its own, as does all that generators say of themselves.
//
// Points are written with what has been added so far, again and again: the same point twice is one point. A merger that
// starts afterwards does not know those sums. It writes a part of its own, beside them. So does a generator that writes
// itself: its part is named by its tag instance, and has no other name.
type sums struct {
	// part is "" for those of a generator itself.
	part    string
	sources map[sourceKey]*source
	series  map[string]*mergedSeries
	windows map[int64]*mergedWindow
	days    map[int64]*mergedDay
	// forgotten counts how often a window was forgotten, and forgottenDays a day: each time, what follows is a part of its own.
	forgotten, forgottenDays map[int64]int
	dirty                    []dirtyCell
	reading                  reading
	// passed are lines that nobody adds to.
	passed bytes.Buffer
	// points and merged count lines that came in, and points that went out.
	points, merged int64
}

type pointKind int

const (
	passedOn pointKind = iota
	leftToSums
	ofAggregate
	ofHistogram
	ofHeatmap
)

// mergedSeries is a series of all generators together.
type mergedSeries struct {
	kind   pointKind
	metric *metrics.Metric
	tags   []tag
	// histogram has those of a trend.
	histogram *mergedSeries
	// runMetric and runTags are those of the sums since the run began that its points are also added to; nil: none. run are
	// those of a day.
	runMetric *metrics.Metric
	runTags   []tag
	run       *soFar
	runDay    *mergedDay
}

type mergedCell struct {
	total aggregate
	// percentiles are those of the only generator that has samples; several have theirs from the histogram.
	percentiles []float64
	parts       int
	counts      *histogram
	heat        map[string]int64
	is_dirty    bool
}

type mergedWindow struct {
	at      int64
	part    string
	cells   map[*mergedSeries]*mergedCell
	touched time.Time
}

// mergedDay holds the sums since the run began of the windows of one day, which readers add up.
type mergedDay struct {
	part    string
	runs    *pointWriter
	touched time.Time
}

type dirtyCell struct {
	window *mergedWindow
	series *mergedSeries
	cell   *mergedCell
}

func newSums(part string) *sums {
	return &sums{
		part: part, sources: map[sourceKey]*source{}, series: map[string]*mergedSeries{},
		windows: map[int64]*mergedWindow{}, days: map[int64]*mergedDay{},
		forgotten: map[int64]int{}, forgottenDays: map[int64]int{},
	}
}

// add adds a batch of a source, unless its sums hold it already.
func (s *sums) add(from *source, number int64, lines []byte, now time.Time) error {
	if from.isAdded(number) {
		return nil
	}
	// Either all of a batch counts or nothing: it is read before anything is added.
	points, err := s.read(from, lines)
	if err != nil {
		return err
	}
	if from.first == 0 || number < from.first {
		from.first = number
	}
	from.added = max(from.added, number)
	s.points += int64(len(points))
	var newest int64
	for i := range points {
		from.ended = from.ended || (points[i].series.kind == passedOn && bytes.HasPrefix(points[i].line, []byte(endMeasurement+",")))
		newest = max(newest, points[i].at)
		s.addPoint(&points[i], now)
	}
	if newest == 0 {
		newest = now.UnixNano()
	}
	// The windows of a batch are of one day.
	from.fresh[dayOf(newest)] = mark{from.added, newest}
	return nil
}

// mergedPoint is a point as it was read.
type mergedPoint struct {
	series *mergedSeries
	at     int64
	total  aggregate
	// percentiles, of an aggregate, and counts, of a histogram, lie in memory that the next batch takes over.
	percentiles []float64
	counts      flatHistogram
	heat        map[string]int64
	line        []byte
}

// reading is the memory that points are read into, one batch after the other.
type reading struct {
	points  []mergedPoint
	numbers []float64
	buckets []bucketField
}

func (s *sums) read(from *source, lines []byte) ([]mergedPoint, error) {
	into := &s.reading
	into.points, into.numbers, into.buckets = into.points[:0], into.numbers[:0], into.buckets[:0]
	for len(lines) > 0 {
		var line []byte
		line, lines = cutLine(lines)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		key, fields := cutKey(line)
		series := from.series[textOf(key)]
		if series == nil {
			var err error
			if series, err = s.introduce(line, fields); err != nil {
				return nil, err
			}
			from.series[string(key)] = series
		}
		into.points = append(into.points, mergedPoint{series: series, line: line})
		if err := into.read(&into.points[len(into.points)-1], fields); err != nil {
			return nil, err
		}
	}
	return into.points, nil
}

// introduce finds the merged series of a generator's.
func (s *sums) introduce(line, fields []byte) (*mergedSeries, error) {
	measurement, tags, err := readKey(line)
	if err != nil {
		return nil, err
	}
	has := func(field string) bool {
		return bytes.HasPrefix(fields, []byte(field+"=")) || bytes.Contains(fields, []byte(","+field+"="))
	}
	switch is_gauge := has("value") && has(minField); {
	case is_gauge || strings.HasPrefix(measurement, "loadstar."):
		return &mergedSeries{kind: passedOn}, nil
	case strings.HasSuffix(measurement, runSuffix):
		return &mergedSeries{kind: leftToSums}, nil
	}
	kind := metrics.Counter
	if !has("value") {
		kind = metrics.Trend
	}
	if s.part != "" {
		tags = withoutTag(tags, instanceTag)
	}
	return s.seriesOf(measurement, tags, kind), nil
}

func (s *sums) seriesOf(measurement string, tags []tag, kind metrics.MetricType) *mergedSeries {
	key := seriesText(measurement, tags)
	if known := s.series[key]; known != nil {
		return known
	}
	made := &mergedSeries{metric: &metrics.Metric{Name: measurement, Type: kind}, tags: tags, kind: ofAggregate}
	s.series[key] = made
	base, is_histogram := strings.CutSuffix(measurement, histogramSuffix)
	switch {
	case is_histogram:
		made.kind = ofHistogram
	case strings.HasSuffix(measurement, heatmapSuffix):
		made.kind = ofHeatmap
		return made
	case kind == metrics.Trend:
		made.histogram = s.seriesOf(measurement+histogramSuffix, tags, metrics.Trend)
	}
	metric, of_scenario := strings.CutSuffix(base, scenarioSuffix)
	switch named := valueOf(tags, nameTag) != ""; {
	case of_scenario:
		made.runMetric, made.runTags = &metrics.Metric{Name: metric, Type: kind}, scenarioTags(tags, false)
	case named && has(byRequest, metric):
		made.runMetric, made.runTags = &metrics.Metric{Name: metric, Type: kind}, scenarioTags(tags, true)
	}
	return made
}

func (s *sums) addPoint(point *mergedPoint, now time.Time) {
	series := point.series
	switch series.kind {
	case passedOn:
		s.passed.Write(point.line)
		s.passed.WriteByte('\n')
		return
	case leftToSums:
		return
	case ofAggregate, ofHistogram, ofHeatmap:
	}
	s.cell(series, point.at, now).add(point)
	of := s.day(point.at)
	of.touched = now
	if series.runMetric == nil {
		return
	}
	if series.runDay != of {
		series.run, series.runDay = of.runs.runOf(series.runMetric, series.runTags), of
	}
	series.run.add(&point.total, nil)
	if series.kind == ofHistogram {
		point.counts.addTo(series.run.counts)
	}
}

// day finds the day of a time. Its first time is that of its points, so that they are overwritten.
func (s *sums) day(at int64) *mergedDay {
	number := dayOf(at)
	of := s.days[number]
	if of == nil {
		of = &mergedDay{part: partOf(s.part, s.forgottenDays[number]), runs: newPointWriter(time.Unix(0, at), 0)}
		s.days[number] = of
	}
	return of
}

// partOf names what follows after something was forgotten so many times.
func partOf(part string, times int) string {
	if times == 0 {
		return part
	}
	return part + "." + strconv.Itoa(times)
}

// read takes the fields of a point, as far as somebody adds them.
func (r *reading) read(p *mergedPoint, fields []byte) (err error) {
	switch p.series.kind {
	case passedOn, leftToSums:
	case ofHistogram:
		p.counts = flatHistogram{least: math.Inf(1), most: math.Inf(-1)}
		from := len(r.buckets)
		p.at, err = readNumbers(fields, func(name []byte, value float64, whole int64) error {
			return r.readBucket(&p.counts, name, value, whole)
		})
		p.counts.buckets = r.buckets[from:]
	case ofHeatmap:
		p.heat = map[string]int64{}
		p.at, err = readNumbers(fields, func(name []byte, _ float64, whole int64) error {
			p.heat[string(name)] += whole
			return nil
		})
	case ofAggregate:
		from := len(r.numbers)
		p.at, err = readNumbers(fields, func(name []byte, value float64, whole int64) error {
			switch textOf(name) {
			case "count":
				p.total.count = whole
			case "value", "sum":
				p.total.sum = value
			case minField:
				p.total.min = value
			case maxField:
				p.total.max = value
			default:
				r.numbers = append(r.numbers, value)
			}
			return nil
		})
		p.percentiles = r.numbers[from:]
	}
	return err
}

// add adds what several generators, or several windows, have.
func (c *mergedCell) add(point *mergedPoint) {
	c.parts++
	if c.percentiles = c.percentiles[:0]; c.parts == 1 {
		c.percentiles = append(c.percentiles, point.percentiles...)
	}
	if point.total.count > 0 {
		mergeInto(&c.total, &point.total)
	}
	if point.series.kind == ofHistogram {
		if c.counts == nil {
			c.counts = newHistogram()
		}
		point.counts.addTo(c.counts)
	}
	for bound, count := range point.heat {
		if c.heat == nil {
			c.heat = map[string]int64{}
		}
		c.heat[bound] += count
	}
}

func (s *sums) cell(series *mergedSeries, at int64, now time.Time) *mergedCell {
	window := s.windows[at]
	if window == nil {
		window = &mergedWindow{at: at, part: partOf(s.part, s.forgotten[at]), cells: map[*mergedSeries]*mergedCell{}}
		s.windows[at] = window
	}
	window.touched = now
	cell := window.cells[series]
	if cell == nil {
		cell = &mergedCell{}
		window.cells[series] = cell
	}
	if !cell.is_dirty {
		cell.is_dirty = true
		s.dirty = append(s.dirty, dirtyCell{window, series, cell})
	}
	return cell
}

// dayLines are those of one day, which InfluxDB stores as a whole.
type dayLines struct {
	day   int64
	lines []byte
}

// take encodes what has changed since the last call: for each day in one request, the points and then which batches they hold.
func (s *sums) take(now time.Time) ([]dayLines, error) {
	for _, it := range s.dirty {
		it.cell.is_dirty = false
		e := s.day(it.window.at).runs.encoder
		e.start(it.series.metric.Name, withPart(it.series.tags, it.window.part))
		switch it.series.kind {
		case ofHistogram:
			e.histogramFields(it.cell.counts)
		case ofHeatmap:
			for _, bound := range sortedNames(it.cell.heat) {
				e.integer(bound, it.cell.heat[bound])
			}
		case ofAggregate, passedOn, leftToSums:
			it.cell.write(e, it.series.metric.Type, it.window.cells[it.series.histogram])
		}
		e.end(time.Unix(0, it.window.at))
	}
	s.dirty = s.dirty[:0]
	var failed error
	taken := []dayLines{{lines: bytes.Clone(s.passed.Bytes())}}
	s.passed.Reset()
	for _, number := range s.daysToWrite() {
		of := s.day(number * int64(day))
		of.runs.writeRun(withPart(nil, of.part)...)
		for key, from := range s.sources {
			if it, ok := from.fresh[number]; ok {
				it.write(of.runs.encoder, key, from, s.recordPart(from))
			}
		}
		lines, points, err := of.runs.encoder.take()
		failed = errors.Join(failed, err)
		s.merged += int64(points)
		if taken[0].day == 0 {
			// Lines that nobody adds to may go with those of any day.
			taken[0].day, taken[0].lines = number, append(taken[0].lines, lines...)
		} else {
			taken = append(taken, dayLines{number, lines})
		}
	}
	for _, from := range s.sources {
		clear(from.fresh)
	}
	s.forget(now)
	return taken, failed
}

// daysToWrite are those that have something to write, in their order.
func (s *sums) daysToWrite() []int64 {
	for _, from := range s.sources {
		for _, it := range from.fresh {
			// A batch may hold nothing that is added.
			s.day(it.at)
		}
	}
	return slices.Sorted(maps.Keys(s.days))
}

// recordPart names the part that holds batches of a source: a generator's own is another after each merger.
func (s *sums) recordPart(from *source) string {
	if s.part == "" {
		return fmt.Sprintf("own-%d", from.first)
	}
	return s.part
}

func withPart(tags []tag, part string) []tag {
	if part == "" {
		return tags
	}
	return withTag(tags, tag{partTag, part})
}

// write writes the sums of a metric in a window; histogram is that of a trend.
func (c *mergedCell) write(e *encoder, kind metrics.MetricType, histogram *mergedCell) {
	e.integer("count", c.total.count)
	if kind != metrics.Trend {
		e.float("value", c.total.sum)
		return
	}
	e.float("sum", c.total.sum)
	e.float(minField, c.total.min)
	e.float(maxField, c.total.max)
	percentiles := c.percentiles
	if len(percentiles) != len(percentileFields) && histogram != nil && histogram.counts != nil {
		percentiles = histogram.counts.quantiles(windowPercentiles)
	}
	for i, value := range percentiles {
		e.float(percentileFields[i], value)
	}
}

// forget drops windows that no generator adds to any more.
func (s *sums) forget(now time.Time) {
	for at, window := range s.windows {
		if now.Sub(window.touched) > windowMemory {
			delete(s.windows, at)
			s.forgotten[at]++
		}
	}
	for number, of := range s.days {
		// The newest is not over.
		if now.Sub(of.touched) > windowMemory && s.days[number+1] != nil {
			delete(s.days, number)
			s.forgottenDays[number]++
		}
	}
}

func withoutTag(tags []tag, key string) []tag {
	kept := make([]tag, 0, len(tags))
	for _, t := range tags {
		if t.key != key {
			kept = append(kept, t)
		}
	}
	return kept
}

func sortedNames(counts map[string]int64) []string {
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
