package output

import (
	"bytes"
	"sort"
	"strconv"
	"strings"
	"time"

	"go.k6.io/k6/metrics"
)

// windowMemory is how long after its last point a window is kept: what comes later makes another part of it.
const windowMemory = 15 * time.Second

// sums adds the points of all generators of a run, so that InfluxDB holds those of one. Counts, sums, extremes and
// histograms are added; percentiles are those of the added histograms. A gauge is the state of one generator, and stays
// a series of its own, as does all that generators say of themselves.
//
// Points are written with what has been added so far, again and again: the same point twice is one point. A merger that
// starts afterwards does not know those sums. It writes a part of its own, beside them.
type sums struct {
	part    string
	sources map[sourceKey]*source
	series  map[string]*mergedSeries
	windows map[int64]*mergedWindow
	// forgotten counts how often a window was forgotten: each time, what follows is a part of its own.
	forgotten map[int64]int
	dirty     []dirtyCell
	runs      *pointWriter
	// passed are lines that nobody adds to.
	passed bytes.Buffer
	// points and merged count lines that came in, and points that went out.
	points, merged int64
}

// sourceKey is a process of a generator.
type sourceKey struct {
	testid, instance string
	started          int64
}

// source is what is known of a generator's process.
type source struct {
	tags []tag
	// added is the last batch in these sums; stored the last one that InfluxDB has acknowledged with them.
	added, stored int64
	seen          time.Time
	// ended: the generator has written its end, after which nothing comes.
	ended  bool
	series map[string]*mergedSeries
	fresh  bool
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
	// run are the sums since the run began that its points are also added to; nil: none.
	run *soFar
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

type dirtyCell struct {
	window *mergedWindow
	series *mergedSeries
	cell   *mergedCell
}

func newSums(part string) *sums {
	return &sums{
		part: part, sources: map[sourceKey]*source{}, series: map[string]*mergedSeries{}, windows: map[int64]*mergedWindow{},
		forgotten: map[int64]int{}, runs: newPointWriter(time.Time{}, 0),
	}
}

// add adds a batch of a source, unless its sums hold it already.
func (s *sums) add(from *source, number int64, lines []byte, now time.Time) error {
	if number <= from.added {
		return nil
	}
	// Either all of a batch counts or nothing: it is read before anything is added.
	points, err := s.read(from, lines)
	if err != nil {
		return err
	}
	from.added, from.fresh = number, true
	s.points += int64(len(points))
	for i := range points {
		from.ended = from.ended || bytes.HasPrefix(points[i].line, []byte(endMeasurement+","))
		s.addPoint(&points[i], now)
	}
	return nil
}

// mergedPoint is a point as it was read.
type mergedPoint struct {
	series *mergedSeries
	at     int64
	cell   mergedCell
	line   []byte
}

func (s *sums) read(from *source, lines []byte) ([]mergedPoint, error) {
	points := make([]mergedPoint, 0, bytes.Count(lines, []byte{'\n'}))
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
		points = append(points, mergedPoint{series: series, line: line})
		if err := points[len(points)-1].read(fields); err != nil {
			return nil, err
		}
	}
	return points, nil
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
	return s.seriesOf(measurement, withoutTag(tags, instanceTag), kind), nil
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
		made.run = s.runs.runOf(&metrics.Metric{Name: metric, Type: kind}, scenarioTags(tags, false))
	case named && has(byRequest, metric):
		made.run = s.runs.runOf(&metrics.Metric{Name: metric, Type: kind}, scenarioTags(tags, true))
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
	if s.runs.started.IsZero() {
		// One moment, so that the points of the run so far are overwritten.
		s.runs.started = time.Unix(0, point.at)
	}
	s.cell(series, point.at, now).add(&point.cell)
	if series.run != nil {
		series.run.add(&point.cell.total, point.cell.counts)
	}
}

// read takes the fields of a point, as far as somebody adds them.
func (p *mergedPoint) read(fields []byte) (err error) {
	cell := &p.cell
	switch p.series.kind {
	case passedOn, leftToSums:
	case ofHistogram:
		cell.counts = newHistogram()
		p.at, err = readNumbers(fields, cell.counts.addBucket)
	case ofHeatmap:
		cell.heat = map[string]int64{}
		p.at, err = readNumbers(fields, func(name []byte, _ float64, whole int64) error {
			cell.heat[string(name)] += whole
			return nil
		})
	case ofAggregate:
		p.at, err = readNumbers(fields, cell.readField)
	}
	return err
}

func (c *mergedCell) readField(name []byte, value float64, whole int64) error {
	switch textOf(name) {
	case "count":
		c.total.count = whole
	case "value", "sum":
		c.total.sum = value
	case minField:
		c.total.min = value
	case maxField:
		c.total.max = value
	default:
		c.percentiles = append(c.percentiles, value)
	}
	return nil
}

func (c *mergedCell) add(point *mergedCell) {
	c.parts++
	if c.percentiles = nil; c.parts == 1 {
		c.percentiles = point.percentiles
	}
	if point.total.count > 0 {
		mergeInto(&c.total, &point.total)
	}
	if point.counts != nil {
		if c.counts == nil {
			c.counts = newHistogram()
		}
		c.counts.merge(point.counts)
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
		window = &mergedWindow{at: at, part: s.part, cells: map[*mergedSeries]*mergedCell{}}
		if times := s.forgotten[at]; times > 0 {
			window.part += "." + strconv.Itoa(times)
		}
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

// take encodes what has changed since the last call: in one request, the points and up to which batches they go.
func (s *sums) take(now time.Time) ([]byte, error) {
	e := s.runs.encoder
	for _, it := range s.dirty {
		it.cell.is_dirty = false
		e.start(it.series.metric.Name, withTag(it.series.tags, tag{partTag, it.window.part}))
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
	s.runs.writeRun(tag{partTag, s.part})
	for key, from := range s.sources {
		if !from.fresh {
			continue
		}
		from.fresh = false
		e.start(mergedMeasurement, from.tags)
		e.integer("batch", from.added)
		e.end(time.Unix(0, key.started))
	}
	lines, points, err := e.take()
	s.merged += int64(points)
	lines = append(lines, s.passed.Bytes()...)
	s.passed.Reset()
	s.forget(now)
	return lines, err
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
