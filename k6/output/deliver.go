package output

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
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
		next, ok, err := d.queue.next()
		if err != nil {
			d.logger.WithError(err).Error("The spool cannot be read")
			return
		}
		if !ok {
			select {
			case <-d.queue.arrived:
			case <-ctx.Done():
			}
			continue
		}
		wait := d.send(ctx, next)
		if wait == 0 {
			backoff = firstBackoff
			continue
		}
		sleep(ctx, max(backoff, wait))
		backoff = min(backoff*2, longBackoff)
	}
}

// send writes one batch. It returns 0 when the queue may go on, else how long the server asked to wait (1 at least).
func (d *deliverer) send(ctx context.Context, b batch) time.Duration {
	began := time.Now()
	err := d.influx.write(ctx, b.body)
	var refused *writeError
	switch {
	case err == nil:
		d.flush.Store(int64(time.Since(began)))
		d.queue.setCareful(false)
		if since := d.failing.Swap(0); since != 0 {
			d.logger.Infof("InfluxDB answers again after %s: what waited is being delivered",
				time.Since(time.Unix(0, since)).Round(time.Second))
		}
	case errors.As(err, &refused) && refused.status == http.StatusRequestEntityTooLarge:
		if d.sendHalves(ctx, b) != nil {
			return 1
		}
	case errors.As(err, &refused) && refused.final():
		d.refused(refused, b)
	default:
		d.queue.setCareful(true)
		if d.failing.CompareAndSwap(0, time.Now().UnixNano()) && ctx.Err() == nil {
			d.logger.WithError(err).Warn("InfluxDB does not take points: they wait, and are sent when it does")
		}
		if refused != nil {
			return max(1, min(refused.retryAfter, longestRetryAfter))
		}
		return 1
	}
	if err := d.queue.done(b); err != nil {
		d.logger.WithError(err).Warn("A delivered file of the spool could not be removed")
	}
	return 0
}

// refused counts what is lost with a batch that InfluxDB will never take, and keeps its words.
func (d *deliverer) refused(refusal *writeError, b batch) {
	points := b.points
	if points == 0 {
		// A batch from the spool.
		points = countLines(b.body)
	}
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
	zip, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return 0
	}
	lines, _ := io.ReadAll(zip)
	count := bytes.Count(lines, []byte{'\n'})
	if bytes.HasPrefix(lines, []byte(identityPrefix)) {
		count--
	}
	return count
}

// sendHalves is for servers that take smaller bodies only. The same points twice are one point, so a half that was
// written before the other failed does no harm.
func (d *deliverer) sendHalves(ctx context.Context, b batch) error {
	zip, err := gzip.NewReader(bytes.NewReader(b.body))
	if err != nil {
		return err
	}
	lines, err := io.ReadAll(zip)
	if err != nil {
		return err
	}
	middle := bytes.IndexByte(lines[len(lines)/2:], '\n')
	if middle < 0 {
		return errors.New("a single line is too large")
	}
	cut := len(lines)/2 + middle + 1
	for _, half := range [][]byte{lines[:cut], lines[cut:]} {
		body, err := compress(half)
		if err != nil {
			return err
		}
		if err := d.influx.write(ctx, body); err != nil {
			var refused *writeError
			switch {
			case !errors.As(err, &refused):
			case refused.status == http.StatusRequestEntityTooLarge && len(half) > 1024:
				err = d.sendHalves(ctx, batch{body: body})
			case refused.final():
				// The other half is sent all the same.
				d.refused(refused, batch{body: body})
				err = nil
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func sleep(ctx context.Context, duration time.Duration) {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
