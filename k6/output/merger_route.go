package output

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/sirupsen/logrus"
)

const (
	// mergerDial is how long a connection to the merger may take: it is near.
	mergerDial = time.Second
	// A merger that lives may wait for InfluxDB.
	mergerSilence, mergerHealth = 3 * time.Second, 2 * time.Second
	mergerPatience              = 5 * time.Second
)

// mergerRoute is how batches reach the merger, and InfluxDB while no merger takes them. Each is counted exactly once:
//   - A batch that never reached a merger goes to InfluxDB directly, and from its first attempt on it stays on that way.
//   - Of a batch that was sent and not acknowledged, nobody knows whether the merger writes it. It waits for a merger, which
//     asks InfluxDB which batches it has; all behind it go on.
//
// What is written directly are sums too, of this generator alone, with the batches that they hold beside them.
type mergerRoute struct {
	influx *influx
	// silence and health are after which a merger that does not answer is asked whether it lives, and how long that may take;
	// patience is how long it may answer that it cannot write. unsure is how long a write may still be under way of one that
	// did not answer: no other is asked before.
	silence, health, patience, unsure time.Duration
	logger                            logrus.FieldLogger

	own    *sums
	source *source
	// direct are the lines of the batch that is on its way to InfluxDB; nil without one.
	direct []byte
	// isTried: the merger may have the oldest batch.
	isTried bool
	// failing is since when the merger does not take batches; zero while it does. It is tried again at next.
	failing, next time.Time
	pause         time.Duration
	// probing: the batch that was set aside is under way to the merger, and its outcome comes through probed.
	probing bool
	probed  chan error
}

func newMergerRoute(config Config, logger logrus.FieldLogger) (*mergerRoute, error) {
	config.Addr = config.Merger
	server, err := newInflux(config)
	if err != nil {
		return nil, err
	}
	transport := server.client.Transport.(*http.Transport) //nolint:forcetypeassert // newInflux makes it
	transport.DialContext = (&net.Dialer{Timeout: mergerDial}).DialContext
	return &mergerRoute{
		influx: server, silence: mergerSilence, health: mergerHealth, patience: mergerPatience, unsure: writeTimeout,
		logger: logger.WithField("merger", config.Merger),
		own:    newSums(""), probed: make(chan error, 1),
	}, nil
}

// notSentError says that nothing has reached the merger.
type notSentError struct{ error }

func (e notSentError) Unwrap() error { return e.error }

// write sends a batch to the merger. It breaks off if the merger does not live.
func (m *mergerRoute) write(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	is_sent := false
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { is_sent = true }})
	watch := time.AfterFunc(m.silence, func() {
		if !m.isAlive(ctx) {
			cancel()
		}
	})
	defer watch.Stop()
	err := m.influx.write(traced, body)
	if err != nil && !is_sent {
		return notSentError{err}
	}
	return err
}

func (m *mergerRoute) isAlive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, m.health)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.influx.address+"/health", nil)
	if err != nil {
		return false
	}
	answer, err := m.influx.client.Do(request)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// takes says whether the oldest batch is to be sent to the merger.
func (m *mergerRoute) takes(has_aside bool, now time.Time) bool {
	return m.isTried || (m.direct == nil && !has_aside && !now.Before(m.next))
}

// isDue says whether a batch that was set aside is to be sent again.
func (m *mergerRoute) isDue(now time.Time) bool {
	return !m.probing && !now.Before(m.next)
}

// succeed notes that the merger has taken a batch.
func (m *mergerRoute) succeed() {
	if !m.failing.IsZero() {
		m.logger.Infof("The merger answers again after %s", time.Since(m.failing).Round(time.Second))
	}
	m.failing, m.next, m.pause, m.isTried = time.Time{}, time.Time{}, 0, false
}

// fail notes that the merger has not taken a batch, and when it is tried again.
func (m *mergerRoute) fail(err error, now time.Time) {
	if m.failing.IsZero() {
		m.failing = now
		m.logger.WithError(err).Warn("The merger does not take points: while it does not, this generator writes to InfluxDB itself")
	}
	var answer *writeError
	var not_sent notSentError
	if errors.As(err, &answer) || errors.As(err, &not_sent) {
		m.pause = min(max(2*m.pause, firstBackoff), longBackoff)
		m.next = now.Add(m.pause)
	} else {
		m.pause = 0
		m.next = now.Add(m.unsure)
	}
}

// retry has the merger tried at once, where it answered before.
func (m *mergerRoute) retry() {
	if m.pause > 0 {
		m.next = time.Now()
	}
}

// isGivenUp says whether a batch that the merger may have waits for it no longer.
func (m *mergerRoute) isGivenUp(err error, now time.Time) bool {
	var answer *writeError
	return !errors.As(err, &answer) || now.Sub(m.failing) >= m.patience
}

// compose returns the lines that InfluxDB gets of a batch: the windows, their sums so far, and which batches these are.
func (m *mergerRoute) compose(b batch) ([]byte, error) {
	if m.direct != nil {
		return m.direct, nil
	}
	lines, err := unzip(bytes.NewReader(b.body))
	if err != nil {
		return nil, err
	}
	started, number, lines, err := cutIdentity(lines)
	if err != nil {
		return nil, err
	}
	if m.source == nil {
		first, _ := cutLine(lines)
		_, tags, err := readKey(first)
		if err != nil {
			return nil, err
		}
		m.source = newSource(tags)
		m.own.sources[sourceKey{valueOf(tags, runTag), valueOf(tags, instanceTag), started}] = m.source
	}
	if number != m.source.added+1 {
		m.source.first = number
	}
	now := time.Now()
	if err := m.own.add(m.source, number, lines, now); err != nil {
		return nil, err
	}
	days, err := m.own.take(now)
	for _, it := range days {
		m.direct = append(m.direct, it.lines...)
	}
	return m.direct, err
}
