package output

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"loadstar/k6/output/generators"
)

const (
	// mergeWait is how long a batch waits at most for those of the other generators.
	mergeWait = 250 * time.Millisecond
	// sourceSilence is after which a generator is waited for no more. Each writes every second.
	sourceSilence = 3 * time.Second
)

// merger takes the batches of all generators as InfluxDB does, and writes their sums to InfluxDB. A batch is answered with
// success when InfluxDB has acknowledged the sums that hold it: until then the generator keeps it.
type merger struct {
	influx *influx
	// accepts is the header that generators must send, reads that of who judges the run; "" for nobody.
	accepts, reads string
	meetings       *generators.Server
	logger         logrus.FieldLogger

	mu   sync.Mutex
	sums *sums
	// next is the write that holds what has been added since the last one.
	next *mergedWrite
	// work says that something waits, and all that nobody else is to come.
	work, all chan struct{}
	// unsent is what InfluxDB has not acknowledged, in its order.
	unsent []dayLines
}

// mergedWrite is a write that handlers wait for.
type mergedWrite struct {
	done    chan struct{}
	err     error
	sources map[*source]struct{}
}

func newMerger(config Config, readToken string, logger logrus.FieldLogger, now time.Time) (*merger, error) {
	server, err := newInflux(config)
	if err != nil {
		return nil, err
	}
	server.readToken = readToken
	reads := ""
	if readToken != "" {
		reads = authorization(readToken)
	}
	return &merger{
		influx: server, accepts: authorization(config.Token), reads: reads, logger: logger,
		meetings: generators.NewServer(now),
		sums:     newSums(strconv.FormatInt(now.UnixMilli(), 36)), next: newMergedWrite(),
		work: make(chan struct{}, 1), all: make(chan struct{}, 1),
	}, nil
}

func newMergedWrite() *mergedWrite {
	return &mergedWrite{done: make(chan struct{}), sources: map[*source]struct{}{}}
}

// ServeHTTP is InfluxDB's /api/v2/write, of batches of Loadstar's output alone, and where generators meet.
func (m *merger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/health":
		w.WriteHeader(http.StatusOK)
	case !m.isAllowed(r):
		reply(w, http.StatusUnauthorized, "expected the token that this merger was started with")
	case r.URL.Path == "/api/v2/write" && r.Method == http.MethodPost:
		m.take(w, r)
	case m.meetings.Serve(w, r):
	default:
		reply(w, http.StatusNotFound, "expected POST /api/v2/write, or GET "+generators.ListPath)
	}
}

// isAllowed: generators may do all, and who reads InfluxDB may see generators and end them.
func (m *merger) isAllowed(r *http.Request) bool {
	given := []byte(r.Header.Get("Authorization"))
	if subtle.ConstantTimeCompare(given, []byte(m.accepts)) == 1 {
		return true
	}
	return m.reads != "" && generators.ForJudges(r.URL.Path) && subtle.ConstantTimeCompare(given, []byte(m.reads)) == 1
}

func (m *merger) take(w http.ResponseWriter, r *http.Request) {
	lines, err := unzip(r.Body)
	if err != nil {
		reply(w, http.StatusBadRequest, err.Error())
		return
	}
	started, number, lines, err := cutIdentity(lines)
	if err != nil {
		reply(w, http.StatusBadRequest, err.Error())
		return
	}
	from, err := m.sourceOf(r.Context(), started, lines)
	if err != nil {
		refuse(w, err)
		return
	}
	write, err := m.add(from, number, lines)
	if err != nil {
		reply(w, http.StatusBadRequest, err.Error())
		return
	}
	if write == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	select {
	case <-write.done:
	case <-r.Context().Done():
		return
	}
	if write.err != nil {
		refuse(w, write.err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// add returns the write to wait for; nil where InfluxDB has the batch already.
func (m *merger) add(from *source, number int64, lines []byte) (*mergedWrite, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	from.seen = now
	if from.isStored(number) {
		return nil, nil //nolint:nilnil // there is nothing to wait for
	}
	if err := m.sums.add(from, number, lines, now); err != nil {
		return nil, err
	}
	m.next.sources[from] = struct{}{}
	wake(m.work)
	if len(m.next.sources) >= m.expected(now) {
		wake(m.all)
	}
	return m.next, nil
}

// linger waits until all generators have ended or fallen silent: after a signal that all of them got, their last batches come.
func (m *merger) linger() {
	for {
		m.mu.Lock()
		expected := m.expected(time.Now())
		m.mu.Unlock()
		if expected == 0 {
			return
		}
		time.Sleep(tick)
	}
}

// expected is how many generators are to be waited for.
func (m *merger) expected(now time.Time) int {
	count := 0
	for _, it := range m.sums.sources {
		if !it.ended && now.Sub(it.seen) < sourceSilence {
			count++
		}
	}
	return count
}

func wake(signal chan struct{}) {
	select {
	case signal <- struct{}{}:
	default:
	}
}

// sourceOf finds the process that a batch comes from. What another merger has stored of it, InfluxDB knows.
func (m *merger) sourceOf(ctx context.Context, started int64, lines []byte) (*source, error) {
	first, _ := cutLine(lines)
	_, tags, err := readKey(first)
	if err != nil {
		return nil, &writeError{status: http.StatusBadRequest, message: err.Error()}
	}
	key := sourceKey{valueOf(tags, runTag), valueOf(tags, instanceTag), started}
	m.mu.Lock()
	known := m.sums.sources[key]
	m.mu.Unlock()
	if known != nil {
		return known, nil
	}
	stored, err := m.influx.readStored(ctx, key)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.sums.sources[key]; known != nil {
		return known, nil
	}
	made := newSource(tags)
	made.before = stored
	m.sums.sources[key] = made
	return made, nil
}

// run writes until the context ends, and then what is left.
func (m *merger) run(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-m.work:
		case <-ctx.Done():
		}
		timer := time.NewTimer(mergeWait)
		select {
		case <-m.all:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if !m.write() {
			// The generators are told, and ask again; what they ask for is written without them too.
			sleep(ctx, firstBackoff)
			wake(m.work)
		}
	}
	m.write()
}

// write sends what InfluxDB has not acknowledged, with what is new. It returns false where that has to be tried again.
func (m *merger) write() bool {
	m.mu.Lock()
	current := m.next
	m.next = newMergedWrite()
	taken, err := m.sums.take(time.Now())
	added := make(map[*source]int64, len(m.sums.sources))
	for _, it := range m.sums.sources {
		added[it] = it.added
	}
	m.mu.Unlock()
	if err != nil {
		m.logger.WithError(err).Error("Merged points could not be encoded: their samples are lost")
	}
	for _, it := range taken {
		m.keep(it)
	}
	err = m.sendAll()
	var refused *writeError
	final := errors.As(err, &refused) && refused.final()
	if err == nil || final {
		m.mu.Lock()
		for it, number := range added {
			it.stored = number
		}
		m.mu.Unlock()
	}
	if err != nil {
		m.logger.WithError(err).Warn("InfluxDB does not take merged points")
	}
	current.err = err
	close(current.done)
	return err == nil || final
}

// keep puts lines behind those that wait: of one day in one request.
func (m *merger) keep(it dayLines) {
	last := len(m.unsent) - 1
	switch {
	case len(it.lines) == 0:
	case last >= 0 && m.unsent[last].day == it.day:
		m.unsent[last].lines = append(m.unsent[last].lines, it.lines...)
	default:
		m.unsent = append(m.unsent, it)
	}
}

// sendAll sends what waits. A refusal for good is returned when the rest has been sent.
func (m *merger) sendAll() error {
	var refusal error
	for len(m.unsent) > 0 {
		err := m.send(m.unsent[0].lines)
		var refused *writeError
		if err != nil && !(errors.As(err, &refused) && refused.final()) {
			return err
		}
		refusal = errors.Join(refusal, err)
		m.unsent = m.unsent[1:]
	}
	return refusal
}

func (m *merger) send(lines []byte) error {
	body, err := compress(lines)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	err = m.influx.write(ctx, body)
	var answer *writeError
	if !errors.As(err, &answer) || answer.status != http.StatusRequestEntityTooLarge {
		return err
	}
	// Which batches they hold is in the last lines: a merger that is killed before them has another one add them again.
	var refusal error
	err = m.influx.writeHalves(ctx, lines, func(refused *writeError, _ []byte) { refusal = refused })
	return errors.Join(err, refusal)
}

// refuse passes on what InfluxDB says. Where it says nothing, the generator is to send again.
func refuse(w http.ResponseWriter, err error) {
	var refused *writeError
	if !errors.As(err, &refused) {
		reply(w, http.StatusBadGateway, err.Error())
		return
	}
	if refused.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(refused.retryAfter.Seconds())))
	}
	reply(w, refused.status, refused.message)
}

func reply(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
}
