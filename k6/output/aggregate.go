package output

import (
	"math"
	"sync"
	"time"

	"go.k6.io/k6/metrics"
)

// aggregate is what one series saw in one window.
type aggregate struct {
	count int64
	// sum of the values; of a rate, how many were non-zero.
	sum, min, max, last float64
	// values of a trend: its percentiles are exact for the window.
	values []float64
}

func (a *aggregate) add(kind metrics.MetricType, value float64) {
	// Plain comparisons: math.Min and math.Max mind NaN, which never comes here.
	if a.count == 0 || value < a.min {
		a.min = value
	}
	if a.count == 0 || value > a.max {
		a.max = value
	}
	a.count++
	a.last = value
	switch kind {
	case metrics.Rate:
		// k6 takes any non-zero for a pass.
		if value != 0 {
			a.sum++
		}
	case metrics.Trend:
		a.sum += value
		a.values = append(a.values, value)
	case metrics.Counter, metrics.Gauge:
		a.sum += value
	}
}

// series is one line of points: a metric with its tags, as they are stored.
type series struct {
	metric *metrics.Metric
	tags   []tag
	// slots hold the aggregates of the two windows that can be open at once, by the window's parity.
	slots [2]*aggregate
	// spare are aggregates of written windows, for the next ones: their memory has the size that this series needs.
	spare []*aggregate
	// received counts samples since the run began; dropped those that are no numbers.
	received, dropped int64
	// failing says which values are failures; failed counts them, and firstFailed is when the first was, in Unix nanoseconds.
	failing             failing
	failed, firstFailed int64
	// load is that of the scenario whose samples these are; nil if its stages are not known.
	load *load
	// ofIteration: the samples come from iterations.
	ofIteration bool
}

func (s *series) fail(at int64) {
	if s.failed == 0 || at < s.firstFailed {
		s.firstFailed = at
	}
	s.failed++
}

// sealed is a series' aggregate of a window that no sample can reach any more.
type sealed struct {
	series    *series
	aggregate *aggregate
}

// window is a span of time and what was seen in it.
type window struct {
	start time.Time
	data  []sealed
}

// grace is how long a window stays open after its end: k6 hands samples over every 50 ms.
const grace = 200 * time.Millisecond

// aggregator turns samples into windows. Adding costs a look-up and some sums, under a lock that nobody holds long, so
// it neither blocks k6 nor needs a buffer of samples that could grow.
type aggregator struct {
	window time.Duration
	clock  clock
	guard  *guard
	// loads are the planned loads by scenario.
	loads map[string]*load

	mu sync.Mutex
	// known leads from k6's tag sets to our series: the samples of a request share one set, so one look-up serves all.
	known map[*metrics.TagSet][]member
	// watchlist has the thresholds that samples count for; nil without any.
	watchlist *watchlist

	oldest int64
	active [2][]*series
	ready  []window
	// span is that of the load so far.
	span loadSpan
	// received counts all samples.
	received int64
}

func newAggregator(size time.Duration, clock clock, limits *guard, loads map[string]*load) *aggregator {
	return &aggregator{
		window: size,
		clock:  clock,
		guard:  limits,
		loads:  loads,
		known:  map[*metrics.TagSet][]member{},
	}
}

// mostKnown bounds the shortcut from k6's series to ours; emptying it costs time, not truth.
const mostKnown = 100_000

// add counts samples. It never waits for anything but the lock.
func (a *aggregator) add(containers []metrics.SampleContainer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var set *metrics.TagSet
	var family []member
	var next int
	// The samples of a request have one time, and so one window.
	var last time.Time
	var at, number int64
	for _, container := range containers {
		samples := container.GetSamples()
		a.received += int64(len(samples))
		for i := range samples {
			sample := &samples[i]
			if sample.Tags != set {
				set, next = sample.Tags, 0
				family = a.known[set]
			}
			place := placeOf(family, sample.Metric, next)
			if place < 0 {
				a.introduce(sample.TimeSeries)
				family = a.known[set]
				place = len(family) - 1
			}
			next = place + 1
			m := &family[place]
			if m.isBrowserSent {
				countBrowserRequest(sample.Tags)
			}
			if sample.Time != last || number == 0 {
				last, at = sample.Time, a.clock.steady(sample.Time).UnixNano()
				number = a.slotFor(at / int64(a.window))
			}
			a.addSample(m, sample, at, number&1)
		}
	}
}

// member is a metric with a tag set of k6: its series, which other tag sets may share, and the thresholds it counts for.
type member struct {
	metric        *metrics.Metric
	series        *series
	watched       []*watched
	isBrowserSent bool
}

// placeOf finds a metric among the few that share a tag set; -1 if it is not there. Samples come in the same order again and
// again, so it is mostly the next one.
func placeOf(family []member, metric *metrics.Metric, next int) int {
	if next < len(family) && family[next].metric == metric {
		return next
	}
	for i := range family {
		if family[i].metric == metric {
			return i
		}
	}
	return -1
}

// introduce asks the guard for a series that was not seen before.
func (a *aggregator) introduce(time metrics.TimeSeries) {
	if len(a.known) >= mostKnown {
		clear(a.known)
	}
	s := a.guard.series(time.Metric, time.Tags)
	s.load = a.loads[valueOf(s.tags, scenarioTag)]
	s.ofIteration = isOfIteration(time)
	a.known[time.Tags] = append(a.known[time.Tags], member{
		metric: time.Metric, series: s, watched: a.watchlist.of(time), isBrowserSent: time.Metric.Name == browserSent,
	})
}

func (a *aggregator) addSample(m *member, sample *metrics.Sample, at, slot int64) {
	s := m.series
	s.received++
	if math.IsNaN(sample.Value) || math.IsInf(sample.Value, 0) {
		s.dropped++
		return
	}
	if s.ofIteration {
		a.span.shows(sample.Metric, at, sample.Value)
	}
	if s.failing != never && (sample.Value != 0) == (s.failing == nonZero) {
		s.fail(at)
	}
	if s.load != nil {
		s.load.shows(sample.Metric, at, sample.Value)
	}
	for _, w := range m.watched {
		w.add(sample.Value)
	}
	if s.slots[slot] == nil {
		s.slots[slot] = s.fresh()
		a.active[slot] = append(a.active[slot], s)
	}
	s.slots[slot].add(sample.Metric.Type, sample.Value)
}

// fresh is an empty aggregate.
func (s *series) fresh() *aggregate {
	last := len(s.spare) - 1
	if last < 0 {
		return new(aggregate)
	}
	made := s.spare[last]
	s.spare = s.spare[:last]
	return made
}

// number says which window a time lies in.
func (a *aggregator) number(at time.Time) int64 {
	return a.clock.steady(at).UnixNano() / int64(a.window)
}

// slotFor says which open window takes a sample of window n. Late samples count in the oldest one that is still open: a
// point that was written must not be written again with other content.
func (a *aggregator) slotFor(n int64) int64 {
	// A time ahead of ours comes from a clock that is not, such as a browser's: its window would not close for as long.
	if n > a.oldest+1 {
		n = min(n, a.number(time.Now()))
	}
	if a.oldest == 0 {
		a.oldest = n
	}
	// A gap, as when the machine slept: there is no need to walk through it.
	if n > a.oldest+2 {
		a.seal()
		a.seal()
		a.oldest = n
	}
	for n > a.oldest+1 {
		a.seal()
	}
	return max(n, a.oldest)
}

// seal closes the oldest window.
func (a *aggregator) seal() {
	slot := a.oldest & 1
	if len(a.active[slot]) > 0 {
		data := make([]sealed, 0, len(a.active[slot]))
		for _, s := range a.active[slot] {
			data = append(data, sealed{s, s.slots[slot]})
			s.slots[slot] = nil
		}
		a.active[slot] = a.active[slot][:0]
		a.ready = append(a.ready, window{time.Unix(0, a.oldest*int64(a.window)), data})
	}
	a.oldest++
}

// take returns the windows that are complete at a time; all of them, also the open ones, when last.
func (a *aggregator) take(now time.Time, last bool) []window {
	a.mu.Lock()
	defer a.mu.Unlock()
	if last {
		a.seal()
		a.seal()
	} else if a.oldest != 0 {
		for current := a.number(now.Add(-grace)); a.oldest+1 <= current; {
			if len(a.active[0])+len(a.active[1]) == 0 {
				a.oldest = current
				break
			}
			a.seal()
		}
	}
	ready := a.ready
	a.ready = nil
	return ready
}

// mostSpare aggregates of a series are in use at once: two windows are open while one is written.
const mostSpare = 3

// release gives the memory of written windows back for the next ones, unless they need much less.
func (a *aggregator) release(windows []window) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range windows {
		for _, d := range w.data {
			values := d.aggregate.values
			if cap(values) > 4*len(values) {
				values = nil
			}
			*d.aggregate = aggregate{values: values[:0]}
			if len(d.series.spare) < mostSpare {
				d.series.spare = append(d.series.spare, d.aggregate)
			}
		}
	}
}

// loadSpan returns when the load began and ended so far, in Unix nanoseconds; 0 before there is one.
func (a *aggregator) loadSpan() loadSpan {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.span
}

// countThresholds counts the values that thresholds look at.
func (a *aggregator) countThresholds(w *pointWriter) {
	a.mu.Lock()
	watched := a.watchlist.takeValues()
	a.mu.Unlock()
	w.countWatched(watched)
}

// writeThresholds encodes what thresholds compare with their limits, as far as it has changed.
func (a *aggregator) writeThresholds(w *pointWriter, tags []tag, now time.Time) {
	a.mu.Lock()
	watched, changes, elapsed := a.watchlist.takeValues(), a.watchlist.take(), a.span.elapsed(now)
	a.mu.Unlock()
	w.countWatched(watched)
	w.writeChanges(changes, tags, elapsed)
}

// unmatched lists the metrics of thresholds that no sample counted for.
func (a *aggregator) unmatched() []unmatched {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.watchlist.unmatched(a.guard.seen)
}

// total returns how many samples came in, of all metrics.
func (a *aggregator) total() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.received
}

// counts returns how many samples came in by metric, and how many of them were no numbers.
func (a *aggregator) counts() (received, dropped map[string]int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	received, dropped = map[string]int64{}, map[string]int64{}
	for _, s := range a.guard.byText {
		received[s.metric.Name] += s.received
		if s.dropped > 0 {
			dropped[s.metric.Name] += s.dropped
		}
	}
	return received, dropped
}
