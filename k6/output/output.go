// Package output is Loadstar's k6 output: it aggregates samples in the generator, one point a series and second with
// exact window percentiles and a mergeable histogram, and loses none on the way to InfluxDB.
package output

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/errext"
	"go.k6.io/k6/metrics"
	k6output "go.k6.io/k6/output"

	"loadstar/k6/output/generators"
	"loadstar/k6/output/hostguard"
	"loadstar/k6/output/kept"
)

func init() {
	k6output.RegisterExtension(Name, New)
}

const (
	// tick is how often windows are looked for: together with grace and the write it bounds the time to be queryable.
	tick = 100 * time.Millisecond
	// startTimeout is for the one write at the start that proves address, token and bucket.
	startTimeout = 5 * time.Second
	// startPatience is for a server that cannot be reached yet: the network policies of a new pod take seconds to hold.
	startPatience = 15 * time.Second
	// progressInterval is how often the end of a run says that it still waits.
	progressInterval = 5 * time.Second
)

// Output implements k6's output.Output.
type Output struct {
	config Config
	clock  clock
	logger logrus.FieldLogger
	tags   []tag

	aggregator *aggregator
	guard      *guard
	writer     *pointWriter
	queue      *queue
	deliverer  *deliverer
	generator  *generator
	breaches   *breaches
	silence    *silence
	atFault    *finding
	// stop ends the load. member is this generator among those of its run; nil where it has no others.
	stop   func(error)
	member *generators.Member

	// sent are the totals of the run by metric, as far as they went into windows.
	sent map[string]*total
	// seen is what this generator alone has seen of requests so far.
	seen progress

	dropped_iterations atomic.Int64
	// stopped says what ended the load before its plan: a signal, or a call of k6's API; "" nothing.
	stopped          string
	lostPoints       int64
	points           int64
	batches          int64
	bytes, sentBytes int64
	lastRun          time.Time
	lastDay          int64
	lastHealth       time.Time
	stopFlushing     chan struct{}
	flushing         sync.WaitGroup
	stopDelivering   context.CancelFunc
	delivering       sync.WaitGroup
}

var (
	_ k6output.WithThresholds  = (*Output)(nil)
	_ k6output.WithTestRunStop = (*Output)(nil)
)

// New reads the configuration. It refuses what is unknown or contradicts itself.
func New(params k6output.Params) (k6output.Output, error) {
	config, err := NewConfig(params)
	if err != nil {
		return nil, fmt.Errorf("output %s: %w", Name, err)
	}
	began := newClock(time.Now())
	o := &Output{
		config:       config,
		clock:        began,
		logger:       params.Logger.WithField("output", Name),
		tags:         withDefault(withDefault(storedTags(params.ScriptOptions.RunTags), instanceTag, config.Instance), runTag, config.Run),
		sent:         map[string]*total{},
		seen:         progress{latencies: newHistogram()},
		generator:    newGenerator(),
		breaches:     newBreaches(nil),
		silence:      &silence{limit: config.DeadTarget, window: config.Window},
		writer:       newPointWriter(began.origin, config.Window),
		stopFlushing: make(chan struct{}),
	}
	testID, dir := valueOf(o.tags, runTag), ""
	if config.SpoolDir != "" {
		dir = filepath.Join(config.SpoolDir, fmt.Sprintf("%s-%d-%d", fileName(testID), os.Getpid(), time.Now().UnixNano()))
	}
	server, err := newInflux(config)
	if err != nil {
		return nil, fmt.Errorf("output %s: %w", Name, err)
	}
	is_merged := config.Merger != ""
	meta := spoolMeta{Bucket: config.Bucket, TestID: testID, Merged: is_merged}
	o.queue = newQueue(config.MemoryLimit, config.SpoolLimit, dir, meta)
	o.deliverer = &deliverer{queue: o.queue, influx: server, logger: o.logger}
	if is_merged {
		if o.deliverer.merger, err = newMergerRoute(config, o.logger); err != nil {
			return nil, fmt.Errorf("output %s: %w", Name, err)
		}
	}
	o.guard = newGuard(config.SeriesLimit, config.Instance, runTags(o.tags), newRoutes(params.Environment["BASE_URL"]), o.overLimit)
	o.aggregator = newAggregator(config.Window, began, o.guard, planLoads(params.ScriptOptions))
	return o, nil
}

// Description is what k6 shows.
func (o *Output) Description() string {
	return fmt.Sprintf("%s (%s, bucket %s)", Name, o.config.Addr, o.config.Bucket)
}

// Start proves that InfluxDB takes our points, then begins to flush. A refused token, a missing bucket or a server that
// is not there stops the run here, and not after it.
func (o *Output) Start() error {
	o.writeHealth(time.Now())
	body, points, err := o.encoded()
	if err != nil {
		return err
	}
	err = o.firstWrite(body)
	var refused *writeError
	if errors.As(err, &refused) && refused.passing() {
		o.logger.WithError(err).Warn("InfluxDB limits its rate: points wait until it takes them")
		err = o.queue.push(batch{body, points})
	}
	if err != nil {
		return fmt.Errorf("output %s: InfluxDB at %s does not take points for bucket %s: %w",
			Name, o.config.Addr, o.config.Bucket, err)
	}
	if err := o.join(); err != nil {
		return fmt.Errorf("output %s: %w", Name, err)
	}
	delivering, stop := context.WithCancel(context.Background())
	o.stopDelivering = stop
	o.delivering.Go(func() { o.deliverer.run(delivering) })
	o.flushing.Go(o.flushPeriodically)
	o.flushing.Go(func() { o.generator.probe.run(o.stopFlushing) })
	return nil
}

// firstWrite tries again while nothing answers. What InfluxDB answers is final here: a refusal says what is wrong.
func (o *Output) firstWrite(body []byte) error {
	deadline := time.Now().Add(startPatience)
	for waits := false; ; waits = true {
		ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
		err := o.deliverer.influx.write(ctx, body)
		cancel()
		var answer *writeError
		if err == nil || errors.As(err, &answer) || time.Now().After(deadline) {
			return err
		}
		if !waits {
			o.logger.WithError(err).Warnf("InfluxDB or the merger cannot be reached yet: trying for %s", startPatience)
		}
		time.Sleep(firstBackoff)
	}
}

// SetThresholds is called by k6 before Start.
func (o *Output) SetThresholds(thresholds map[string]metrics.Thresholds) {
	o.breaches = newBreaches(thresholds)
	o.aggregator.watchlist = newWatchlist(thresholds)
}

// SetTestRunStopCallback is called by k6 before Start.
func (o *Output) SetTestRunStopCallback(stop func(error)) {
	o.stop, o.silence.stop = stop, stop
}

// AddMetricSamples counts; it never waits for InfluxDB or the disk.
func (o *Output) AddMetricSamples(containers []metrics.SampleContainer) {
	o.aggregator.add(containers)
}

// StopWithTestError is what k6 calls in the place of Stop. Data of a stopped generator are complete, and its load is not.
func (o *Output) StopWithTestError(testError error) error {
	var abort errext.HasAbortReason
	if errors.As(testError, &abort) && abort.AbortReason() == errext.AbortedByUser {
		o.stopped = testError.Error()
	}
	return o.Stop()
}

// Stop writes what is left and waits for InfluxDB, up to the limit; the rest goes into the spool. The end is written
// last of all: where InfluxDB has it, everything before it has been delivered, or is counted in it as lost.
func (o *Output) Stop() error {
	if o.member != nil {
		o.member.EndLoad()
		defer o.member.Leave()
	}
	close(o.stopFlushing)
	o.flushing.Wait()
	o.writeHealth(time.Now())
	o.flush(time.Now(), true)
	deadline := time.Now().Add(o.config.DrainTimeout)
	if !o.drain(deadline) {
		// The end does not overtake what waits.
		o.stopDelivering()
		o.delivering.Wait()
	}
	o.writeEnd(time.Now())
	o.push()
	o.drain(deadline)
	o.stopDelivering()
	o.delivering.Wait()

	spooled, lost, err := o.queue.leave()
	if o.lostPoints += lost; lost > 0 {
		o.logger.WithError(err).Errorf("%d points that InfluxDB has not taken are lost: there is no room to keep them", lost)
	}
	if spooled > 0 {
		o.logger.Warnf("InfluxDB has not taken %d batches: they wait in %s for the next delivery", spooled, o.queue.dir)
	}
	if written := kept.Write(o.aggregator.guard.routes.nameOf); written != nil {
		o.logger.WithError(written).Warn("the examples of failed and of slow requests are lost")
	}
	if o.config.ReportFile == "" {
		return err
	}
	return errors.Join(err, o.report(spooled).write(o.config.ReportFile))
}

func (o *Output) flushPeriodically() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			if now.Sub(o.lastHealth) >= time.Second {
				o.writeHealth(now)
			}
			o.flush(now, false)
		case <-o.stopFlushing:
			return
		}
	}
}

// flush encodes the windows that are complete and hands them to the deliverer.
func (o *Output) flush(now time.Time, last bool) {
	windows := o.aggregator.take(now, last)
	for _, w := range windows {
		if day := dayOf(w.start.UnixNano()); day != o.lastDay {
			// No batch has windows of two days: InfluxDB would not store it as a whole.
			o.push()
			o.lastDay = day
		}
		o.count(w)
		o.silence.see(w)
		seen := progressOf(o.writer.write(w), w.start, o.config.Window)
		o.seen.add(seen)
		seen.write(o.writer.encoder, o.tags, w.start, o.seen)
		if o.config.Progress {
			seen.log(o.logger)
		}
	}
	o.aggregator.release(windows)
	if len(windows) > 0 {
		o.aggregator.countThresholds(o.writer)
	}
	began := o.aggregator.loadSpan().first
	if last || (began != 0 && now.Sub(o.lastRun) >= o.config.RunInterval) {
		if o.lastRun.IsZero() && began != 0 {
			// The points of the run so far lie at the start of the load, as the record does where generators wait for each other.
			o.writer.started = time.Unix(0, began)
		}
		o.writer.writeRun()
		o.aggregator.writeThresholds(o.writer, o.tags, now)
		o.lastRun = now
	}
	o.push()
}

// push hands what was encoded to the deliverer.
func (o *Output) push() {
	body, points, err := o.encoded()
	if err != nil {
		o.logger.WithError(err).Error("Some points could not be encoded: their samples are lost")
	}
	if points == 0 {
		return
	}
	if err := o.queue.push(batch{body, points}); err != nil {
		if o.lostPoints == 0 {
			o.logger.WithError(err).Error("Points are lost: InfluxDB does not take them, and there is no room to keep them")
		}
		o.lostPoints += int64(points)
	}
}

func (o *Output) encoded() ([]byte, int, error) {
	lines, points, err := o.writer.encoder.take()
	if points == 0 {
		return nil, 0, err
	}
	o.batches++
	body, zipErr := compress(append(identityLine(o.clock.origin, o.batches), lines...))
	o.points += int64(points)
	o.bytes += int64(len(lines))
	o.sentBytes += int64(len(body))
	return body, points, errors.Join(err, zipErr)
}

// count adds a window to the totals of the run.
func (o *Output) count(w window) {
	for _, s := range w.data {
		metric := s.series.metric
		if metric.Name == metrics.DroppedIterationsName {
			o.dropped_iterations.Add(int64(s.aggregate.sum))
		}
		sum := o.sent[metric.Name]
		if sum == nil {
			sum = &total{kind: metric.Type}
			o.sent[metric.Name] = sum
		}
		mergeInto(&sum.aggregate, s.aggregate)
	}
}

// writeHealth writes how the generator and this output fare.
func (o *Output) writeHealth(now time.Time) {
	o.lastHealth = now
	health := o.generator.read(now, o.aggregator.total())
	batches, memory, spool := o.queue.size()
	e := o.writer.encoder
	e.start(generatorMeasurement, o.tags)
	e.float("process_cpu_cores", health.ProcessCPU)
	e.float("machine_cpu_ratio", health.MachineCPU)
	e.integer("resident_bytes", health.ResidentBytes)
	e.integer("goroutines", health.Goroutines)
	e.float("scheduling_p99_ms", health.SchedulingP99_ms)
	if health.Delay != nil {
		e.float("delay_p95_ms", health.Delay.atMost_ms(0.05))
		e.float("delay_p99_ms", health.Delay.atMost_ms(0.01))
	}
	e.float("flush_ms", float64(o.deliverer.flush.Load())/float64(time.Millisecond))
	e.integer("queued_batches", int64(batches))
	e.integer("queued_bytes", memory)
	e.integer("spooled_bytes", spool)
	e.integer("dropped_iterations", o.dropped_iterations.Load())
	e.integer("lost_points", o.lostPoints+o.deliverer.lostPoints.Load())
	e.float("window_s", o.config.Window.Seconds())
	if began := o.aggregator.loadSpan().first; began != 0 {
		e.integer("load_began_ms", time.Unix(0, began).UnixMilli())
	}
	at := o.clock.steady(now)
	e.end(at)
	o.breaches.write(e, o.tags, at)
}

// drain waits until the queue is empty or the limit is reached, and says so. It returns whether the queue is empty.
func (o *Output) drain(deadline time.Time) bool {
	nextWord := time.Now().Add(progressInterval)
	for {
		batches, _, _ := o.queue.size()
		if batches == 0 || time.Now().After(deadline) {
			return batches == 0
		}
		if time.Now().After(nextWord) {
			o.logger.Infof("Waiting for InfluxDB to take %d batches, %s at most",
				batches, time.Until(deadline).Round(time.Second))
			nextWord = time.Now().Add(progressInterval)
		}
		time.Sleep(tick / 5)
	}
}

func (o *Output) report(spooled int) *report {
	received, dropped := o.aggregator.counts()
	r := &report{
		Samples: received, Dropped: dropped,
		Points: o.points, Bytes: o.bytes, SentBytes: o.sentBytes, Series: len(o.guard.byText),
		SpooledBatches: spooled, RejectedBatches: o.deliverer.rejectedBatches.Load(),
		LostPoints:      o.lostPoints + o.deliverer.lostPoints.Load(),
		Load:            o.aggregator.loadSpan().report(),
		NoAnswerSeconds: int64(o.silence.lasted / time.Second),
		RefusedHosts:    hostguard.List(),
		Failures:        o.aggregator.failures(),
		Generator:       o.generator.report(),
		Machine:         readMachine(),
	}
	if refusal := o.deliverer.refusal.Load(); refusal != nil {
		r.Refusal = *refusal
	}
	r.Grouped = o.guard.routes.grouped()
	r.Unmatched = o.aggregator.unmatched()
	if o.atFault != nil {
		r.Overflow = &overflow{Limit: o.config.SeriesLimit, Refused: o.guard.over, AtFault: *o.atFault, NamedFor: overflowName}
	}
	return r
}

// overLimit is called once, with the aggregator's lock held.
func (o *Output) overLimit(worst finding) {
	o.atFault = &worst
	o.logger.Warnf("More than %d series: the rest is counted as name=%s. The tag %q has %d values, as %s: give requests a name",
		o.config.SeriesLimit, overflowName, worst.Tag, worst.Values, strings.Join(worst.Examples, ", "))
}

// runTags are those tags of the whole run by which its points are found.
func runTags(tags []tag) map[string]string {
	found := map[string]string{}
	for _, t := range tags {
		if t.key == runTag || t.key == projectTag {
			found[t.key] = t.value
		}
	}
	return found
}

func valueOf(tags []tag, key string) string {
	for _, t := range tags {
		if t.key == key {
			return t.value
		}
	}
	return ""
}

// fileName keeps what is safe in a file's name.
func fileName(text string) string {
	return strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') || r == '-' {
			return r
		}
		return '_'
	}, text)
}
