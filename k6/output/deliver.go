package output

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
)

// deliverer sends the queue's batches one after the other, each until InfluxDB has acknowledged it.
type deliverer struct {
	queue  *queue
	influx *influx
	// merger is the way of a generator that has others beside it; nil: it writes to InfluxDB alone.
	merger *mergerRoute
	logger logrus.FieldLogger

	// rejectedBatches counts batches that InfluxDB does not take as a whole, and lostPoints what is lost with them.
	rejectedBatches, lostPoints atomic.Int64
	// refusal is what InfluxDB said of the first of them; nil without one.
	refusal atomic.Pointer[string]
	// flush is how long the last acknowledged write took.
	flush atomic.Int64
	// failing since when, in Unix nanoseconds; 0 while all is well.
	failing atomic.Int64
}

const (
	firstBackoff = 250 * time.Millisecond
	longBackoff  = 5 * time.Second
	// longestRetryAfter bounds what a server may ask for. InfluxDB Cloud counts in fixed windows of five minutes and
	// refuses until the next: https://docs.influxdata.com/influxdb/cloud/account-management/limits/
	longestRetryAfter = 5 * time.Minute
	// longestRefusal is enough to recognize a point: InfluxDB quotes whole lines.
	longestRefusal = 300
)

// run sends until the context ends. It never gives up on a batch that could still be accepted.
func (d *deliverer) run(ctx context.Context) {
	backoff := firstBackoff
	for ctx.Err() == nil {
		d.probe(ctx)
		next, ok, err := d.queue.next()
		if err != nil {
			d.logger.WithError(err).Error("The spool cannot be read")
			break
		}
		if !ok {
			d.idle(ctx, d.queue.arrived, longBackoff)
			continue
		}
		wait := d.send(ctx, next)
		if wait == 0 {
			backoff = firstBackoff
			continue
		}
		d.idle(ctx, nil, max(backoff, wait))
		backoff = min(backoff*2, longBackoff)
	}
	if d.merger != nil && d.merger.probing {
		d.settle(<-d.merger.probed)
	}
}

// idle waits for a batch, for the time to pass, for what is under way to the merger, or until it is to be sent again.
func (d *deliverer) idle(ctx context.Context, arrived <-chan struct{}, wait time.Duration) {
	var probed <-chan error
	if d.merger != nil {
		probed = d.merger.probed
		if _, ok := d.queue.oldestAside(); ok && !d.merger.probing {
			wait = min(wait, max(0, time.Until(d.merger.next)))
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-arrived:
	case <-timer.C:
	case err := <-probed:
		d.settle(err)
	case <-ctx.Done():
	}
}

// probe sends the batch that was set aside to the merger again, beside all others.
func (d *deliverer) probe(ctx context.Context) {
	if d.merger == nil {
		return
	}
	select {
	case err := <-d.merger.probed:
		d.settle(err)
	default:
	}
	b, ok := d.queue.oldestAside()
	if !ok || !d.merger.isDue(time.Now()) {
		return
	}
	d.merger.probing = true
	go func() { d.merger.probed <- d.merger.write(ctx, b.body) }()
}

// settle takes the outcome of a probe.
func (d *deliverer) settle(err error) {
	d.merger.probing = false
	b, _ := d.queue.oldestAside()
	var refused *writeError
	switch {
	case err == nil:
		d.merger.succeed()
	case errors.As(err, &refused) && refused.final():
		d.refused(refused, b)
		d.merger.succeed()
	default:
		d.merger.fail(err, time.Now())
		return
	}
	d.removed(d.queue.asideDone())
}

func (d *deliverer) removed(err error) {
	if err != nil {
		d.logger.WithError(err).Warn("A delivered file of the spool could not be removed")
	}
}

// send writes one batch. It returns 0 when the queue may go on, else how long the server asked to wait (1 at least).
func (d *deliverer) send(ctx context.Context, b batch) time.Duration {
	if d.merger == nil {
		return d.sendDirectly(ctx, b, b.body)
	}
	if _, has_aside := d.queue.oldestAside(); d.merger.takes(has_aside, time.Now()) {
		if wait, ok := d.sendToMerger(ctx, b); ok {
			return wait
		}
	}
	lines, err := d.merger.compose(b)
	if err == nil {
		var body []byte
		if body, err = compress(lines); err == nil {
			return d.sendDirectly(ctx, b, body)
		}
	}
	d.logger.WithError(err).Error("A batch cannot be read: its samples are lost")
	d.merger.direct = nil
	d.rejectedBatches.Add(1)
	d.lostPoints.Add(int64(b.points))
	d.removed(d.queue.done(b))
	return 0
}

// sendToMerger returns false where the batch has not reached it, and may go to InfluxDB directly.
func (d *deliverer) sendToMerger(ctx context.Context, b batch) (wait time.Duration, ok bool) {
	began := time.Now()
	err := d.merger.write(ctx, b.body)
	var refused *writeError
	var not_sent notSentError
	switch {
	case err == nil:
		d.merger.succeed()
		d.acknowledged(b, began)
		return 0, true
	case errors.As(err, &refused) && refused.final():
		d.merger.succeed()
		d.refused(refused, b)
		d.removed(d.queue.done(b))
		return 0, true
	case ctx.Err() != nil:
		// It may have it: what is left goes to a merger, which knows.
		return 1, true
	}
	d.merger.fail(err, time.Now())
	if errors.As(err, &not_sent) && !d.merger.isTried {
		return 0, false
	}
	d.merger.isTried = true
	if !d.merger.isGivenUp(err, time.Now()) {
		return d.failed(ctx, err), true
	}
	d.merger.isTried = false
	if err := d.queue.setAside(b); err != nil {
		d.logger.WithError(err).Warn("A batch that waits for the merger could not be moved in the spool: it waits in memory")
	}
	return 0, true
}

// sendDirectly writes a batch to InfluxDB; body are its lines as they are written there.
func (d *deliverer) sendDirectly(ctx context.Context, b batch, body []byte) time.Duration {
	began := time.Now()
	err := d.influx.write(ctx, body)
	var refused *writeError
	if errors.As(err, &refused) && refused.status == http.StatusRequestEntityTooLarge {
		refused, err = nil, d.sendHalves(ctx, body)
	}
	switch {
	case err == nil:
		d.acknowledged(b, began)
	case refused != nil && refused.final():
		d.refused(refused, b)
		d.removed(d.queue.done(b))
	default:
		return d.failed(ctx, err)
	}
	if d.merger != nil {
		d.merger.direct = nil
	}
	return 0
}

func (d *deliverer) acknowledged(b batch, began time.Time) {
	d.flush.Store(int64(time.Since(began)))
	d.queue.setCareful(false)
	if since := d.failing.Swap(0); since != 0 {
		d.logger.Infof("InfluxDB answers again after %s: what waited is being delivered",
			time.Since(time.Unix(0, since)).Round(time.Second))
		if d.merger != nil {
			d.merger.retry()
		}
	}
	d.removed(d.queue.done(b))
}

// failed notes that nobody takes points, and returns how long to wait.
func (d *deliverer) failed(ctx context.Context, err error) time.Duration {
	d.queue.setCareful(true)
	if d.failing.CompareAndSwap(0, time.Now().UnixNano()) && ctx.Err() == nil {
		d.logger.WithError(err).Warn("InfluxDB does not take points: they wait, and are sent when it does")
	}
	var refused *writeError
	if errors.As(err, &refused) {
		return max(1, min(refused.retryAfter, longestRetryAfter))
	}
	return 1
}

// refused counts what is lost with a batch that InfluxDB will never take, and keeps its words.
func (d *deliverer) refused(refusal *writeError, b batch) {
	points := b.points
	if points == 0 {
		// A batch from the spool.
		points = countLines(b.body)
	}
	d.refusedPoints(refusal, points)
}

func (d *deliverer) refusedPoints(refusal *writeError, points int) {
	lost := refusal.lost(points)
	d.rejectedBatches.Add(1)
	d.lostPoints.Add(int64(lost))
	words := refusal.message
	if len(words) > longestRefusal {
		words = strings.ToValidUTF8(words[:longestRefusal], "") + "…"
	}
	d.refusal.CompareAndSwap(nil, &words)
	d.logger.WithError(refusal).Errorf("InfluxDB refuses %d of %d points for good: their samples are lost", lost, points)
}

func countLines(body []byte) int {
	lines, err := unzip(bytes.NewReader(body))
	if err != nil {
		return 0
	}
	count := bytes.Count(lines, []byte{'\n'})
	if bytes.HasPrefix(lines, []byte(identityPrefix)) {
		count--
	}
	return count
}

// sendHalves writes what is too large for the server at once.
func (d *deliverer) sendHalves(ctx context.Context, body []byte) error {
	lines, err := unzip(bytes.NewReader(body))
	if err != nil {
		return err
	}
	if _, _, rest, err := cutIdentity(lines); err == nil {
		lines = rest
	}
	return d.influx.writeHalves(ctx, lines, func(refusal *writeError, half []byte) {
		d.refusedPoints(refusal, bytes.Count(half, []byte{'\n'}))
	})
}

func sleep(ctx context.Context, duration time.Duration) {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
