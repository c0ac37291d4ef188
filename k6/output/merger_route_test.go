package output

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// mergerProcess is a merger at an address that all of them have after one another.
type mergerProcess struct {
	server *httptest.Server
	// isCut: InfluxDB does not answer it. A killed one writes nothing.
	isCut, killed atomic.Bool
	// hangs is locked while it answers nobody.
	hangs sync.RWMutex
	stop  context.CancelFunc
}

func (s *stored) startMergerAt(t *testing.T, address string) *mergerProcess {
	t.Helper()
	p := &mergerProcess{}
	front := s.front(t, &p.isCut)
	merging, err := newMerger(Config{Addr: front.URL, Token: "t", Bucket: "k6"}, "r", quiet(), time.Now())
	must(t, err)
	listener, err := net.Listen("tcp", address)
	must(t, err)
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.wait()
		// It may hang between what it does and its answer.
		answer := httptest.NewRecorder()
		merging.ServeHTTP(answer, r)
		p.wait()
		if p.killed.Load() {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	_ = p.server.Listener.Close()
	p.server.Listener = listener
	p.server.Start()
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	go merging.run(ctx)
	return p
}

func (p *mergerProcess) wait() {
	p.hangs.RLock()
	defer p.hangs.RUnlock()
}

func (p *mergerProcess) kill() {
	p.killed.Store(true)
	p.isCut.Store(true)
	p.stop()
	p.server.CloseClientConnections()
	p.server.Close()
}

// freeAddress is one that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// routed is a deliverer that knows a merger and InfluxDB, and is impatient.
func routed(t *testing.T, influx_url, merger string, q *queue) *deliverer {
	t.Helper()
	config := Config{Addr: influx_url, Merger: "http://" + merger, Token: "t", Bucket: "k6"}
	server, err := newInflux(config)
	must(t, err)
	route, err := newMergerRoute(config, quiet())
	must(t, err)
	route.silence, route.health, route.patience, route.unsure = 150*time.Millisecond, 50*time.Millisecond, 300*time.Millisecond, 100*time.Millisecond
	return &deliverer{queue: q, influx: server, merger: route, logger: quiet()}
}

// TestFiguresAreThoseOfAllSamplesWithAndWithoutAMerger: while it is killed, hangs, is cut off from InfluxDB, or InfluxDB is
// away itself, also both at once.
func TestFiguresAreThoseOfAllSamplesWithAndWithoutAMerger(t *testing.T) {
	database := &stored{points: map[string]map[string]float64{}, faults: rand.New(rand.NewPCG(5, 6))}
	var never atomic.Bool
	direct := database.front(t, &never)
	address := freeAddress(t)
	merger := database.startMergerAt(t, address)
	truth := newHistogram()
	from := time.Now().Add(-time.Hour).Truncate(time.Second)
	const seconds, count = 60, 4
	ctx, stop := context.WithCancel(context.Background())
	var queues []*queue
	var working, pushing sync.WaitGroup
	for i := range count {
		g := simulate(t, i, from, seconds, truth)
		memory := int64(1 << 20)
		if i == 0 {
			// All of this one goes over its disk.
			memory = 0
		}
		q := newQueue(memory, 1<<20, filepath.Join(t.TempDir(), "spool"), spoolMeta{Merged: true})
		queues = append(queues, q)
		d := routed(t, direct.URL, address, q)
		working.Go(func() { d.run(ctx) })
		pushing.Go(func() {
			for _, body := range g.batches {
				must(t, q.push(batch{body: body}))
				time.Sleep(100 * time.Millisecond)
			}
		})
	}
	r := rand.New(rand.NewPCG(7, 8))
	for step := range 10 {
		time.Sleep(200 * time.Millisecond)
		long := time.Duration(200+r.IntN(400)) * time.Millisecond
		is_away := step%3 == 2
		database.isDown.Store(is_away)
		switch step % 4 {
		case 0, 2:
			merger.kill()
			time.Sleep(long)
			merger = database.startMergerAt(t, address)
		case 1:
			merger.hangs.Lock()
			time.Sleep(long)
			merger.hangs.Unlock()
		case 3:
			merger.isCut.Store(true)
			time.Sleep(2 * long)
			merger.isCut.Store(false)
		}
		database.isDown.Store(false)
	}
	pushing.Wait()
	untilEmpty(t, queues)
	stop()
	working.Wait()
	merger.kill()
	for _, q := range queues {
		if spooled, lost, err := q.leave(); spooled != 0 || lost != 0 || err != nil {
			t.Errorf("expected nothing to be left, found %d, %d, %v", spooled, lost, err)
		}
	}
	database.checkTotals(t, truth)
	if found, expected := database.sum("vus", "value"), 3.0*seconds*count; found != expected {
		t.Errorf("vus: expected %g, found %g", expected, found)
	}
	database.checkPercentiles(t)
	if merged, own := database.parts(true), database.parts(false); merged == 0 || own == 0 {
		t.Errorf("expected windows of mergers and of generators, found %d and %d", merged, own)
	}
}

func untilEmpty(t *testing.T, queues []*queue) {
	t.Helper()
	is_waiting := func(q *queue) bool { batches, _, _ := q.size(); return batches > 0 }
	for deadline := time.Now().Add(30 * time.Second); slices.ContainsFunc(queues, is_waiting); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("expected the queues to become empty")
		}
	}
}

// parts counts windows of mergers, or of generators.
func (s *stored) parts(of_mergers bool) (count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.points {
		if strings.HasPrefix(key, "http_reqs.scenario,") && strings.Contains(key, ",part=") == of_mergers {
			count++
		}
	}
	return count
}

// TestWhatNobodyKnowsOfWaitsForAMergerAlsoAfterTheEnd: the merger hangs with a batch that it has written, or has not, and
// never comes back. All others go to InfluxDB; the one waits on disk, for a merger that a later delivery starts.
func TestWhatNobodyKnowsOfWaitsForAMergerAlsoAfterTheEnd(t *testing.T) {
	for _, is_written := range []bool{true, false} {
		database := &stored{points: map[string]map[string]float64{}, faults: rand.New(rand.NewPCG(1, 2))}
		var never atomic.Bool
		direct := database.front(t, &never)
		address := freeAddress(t)
		merger := database.startMergerAt(t, address)
		truth := newHistogram()
		g := simulate(t, 0, time.Now().Add(-time.Minute).Truncate(time.Second), 6, truth)
		dir := filepath.Join(t.TempDir(), "spool")
		q := newQueue(1<<20, 1<<20, dir, spoolMeta{Merged: true})
		d := routed(t, direct.URL, address, q)
		ctx, stop := context.WithCancel(context.Background())
		var working sync.WaitGroup
		working.Go(func() { d.run(ctx) })
		for _, body := range g.batches[:2] {
			must(t, q.push(batch{body: body}))
		}
		untilEmpty(t, []*queue{q})
		if is_written {
			// Its answers are held back, and what it does is not.
			merger.server.Config.Handler = holding(merger.server.Config.Handler)
		} else {
			merger.hangs.Lock()
		}
		for _, body := range g.batches[2:] {
			must(t, q.push(batch{body: body}))
		}
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if batches, _, _ := q.size(); batches == 1 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("expected all batches but one to be in InfluxDB")
			}
		}
		stop()
		working.Wait()
		if !is_written {
			merger.killed.Store(true)
			merger.isCut.Store(true)
			merger.hangs.Unlock()
		}
		merger.kill()
		if spooled, lost, err := q.leave(); spooled != 1 || lost != 0 || err != nil {
			t.Errorf("expected one batch in the spool, found %d, %d lost, %v", spooled, lost, err)
		}
		left, err := os.ReadFile(filepath.Join(dir, "00000000.lp.gz"))
		must(t, err)
		if !bytes.Equal(left, g.batches[2]) {
			t.Error("expected the batch that nobody knows of in the spool")
		}
		next := database.startMergerAt(t, address)
		simulated{batches: [][]byte{left}}.deliver(t, func() string { return "http://" + address }, rand.New(rand.NewPCG(1, 1)))
		next.kill()
		database.checkTotals(t, truth)
	}
}

// TestWhatAGeneratorHasWrittenItselfCountsOnce: InfluxDB has stored a batch that no merger took, and its answer is lost. The
// generator ends, and a later delivery goes through a merger.
func TestWhatAGeneratorHasWrittenItselfCountsOnce(t *testing.T) {
	database := &stored{points: map[string]map[string]float64{}, faults: rand.New(rand.NewPCG(1, 2))}
	var isLost, never atomic.Bool
	front := database.front(t, &never)
	direct := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isLost.Load() {
			database.mu.Lock()
			defer database.mu.Unlock()
			database.store(t, r)
			panic(http.ErrAbortHandler)
		}
		front.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(direct.Close)
	address := freeAddress(t)
	truth := newHistogram()
	g := simulate(t, 0, time.Now().Add(-time.Minute).Truncate(time.Second), 4, truth)
	dir := filepath.Join(t.TempDir(), "spool")
	q := newQueue(1<<20, 1<<20, dir, spoolMeta{Merged: true})
	d := routed(t, direct.URL, address, q)
	ctx, stop := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() { d.run(ctx) })
	must(t, q.push(batch{body: g.batches[0]}))
	untilEmpty(t, []*queue{q})
	isLost.Store(true)
	for _, body := range g.batches[1:] {
		must(t, q.push(batch{body: body}))
	}
	time.Sleep(500 * time.Millisecond)
	stop()
	working.Wait()
	if spooled, _, err := q.leave(); spooled != 3 || err != nil {
		t.Errorf("expected three batches in the spool, found %d, %v", spooled, err)
	}
	merger := database.startMergerAt(t, address)
	g.deliver(t, func() string { return "http://" + address }, rand.New(rand.NewPCG(1, 1)))
	merger.kill()
	database.checkTotals(t, truth)
}

// holding does what is asked, and never says so.
func holding(next http.Handler) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	})
}

// TestNoRequestHoldsSumsOfTwoDays: InfluxDB stores a request as a whole within a shard, which is a day. Whatever of them it
// has when a merger is killed, the next one completes.
func TestNoRequestHoldsSumsOfTwoDays(t *testing.T) {
	midnight := time.Now().Truncate(day)
	for stored_requests := range 3 {
		truth := newHistogram()
		// The first has both sides of midnight, and the second has the day before alone, later.
		generators := []simulated{
			simulate(t, 0, midnight.Add(-2*time.Second), 4, truth), simulate(t, 1, midnight.Add(-2*time.Second), 2, truth),
		}
		database := &stored{points: map[string]map[string]float64{}, faults: rand.New(rand.NewPCG(1, 2))}
		first, second := newSums("a"), newSums("b")
		database.addTo(t, first, generators[0], generators[0].batches, time.Now())
		database.addTo(t, first, generators[1], generators[1].batches, time.Now())
		requests, err := first.take(time.Now())
		must(t, err)
		if len(requests) != 2 {
			t.Fatalf("expected a request for each day, found %d", len(requests))
		}
		for _, it := range requests[:stored_requests] {
			database.storeLines(t, it.lines)
		}
		// The first merger is killed, and its generators send all again.
		database.addTo(t, second, generators[0], generators[0].batches, time.Now())
		database.addTo(t, second, generators[1], generators[1].batches, time.Now())
		requests, err = second.take(time.Now())
		must(t, err)
		for _, it := range requests {
			database.storeLines(t, it.lines)
		}
		database.checkTotals(t, truth)
	}
}

// addTo adds batches of a generator to sums, which know what the database has of it.
func (s *stored) addTo(t *testing.T, to *sums, g simulated, batches [][]byte, now time.Time) {
	t.Helper()
	key := sourceKey{"run", g.instance, g.started.UnixNano()}
	for _, body := range batches {
		lines, err := unzip(bytes.NewReader(body))
		must(t, err)
		_, number, lines, err := cutIdentity(lines)
		must(t, err)
		from := to.sources[key]
		if from == nil {
			first, _ := cutLine(lines)
			_, tags, err := readKey(first)
			must(t, err)
			from = newSource(tags)
			from.before = s.spansOf(g)
			to.sources[key] = from
		}
		must(t, to.add(from, number, lines, now))
	}
}

// TestClocksThatDifferChangeNoCount: windows lie where the clock of their generator says. Those of a clock that is 20 s late
// come when the merger has forgotten the windows of the others.
func TestClocksThatDifferChangeNoCount(t *testing.T) {
	for _, late := range []time.Duration{2 * time.Second, 20 * time.Second} {
		truth := newHistogram()
		from := time.Now().Truncate(day).Add(time.Hour)
		generators := []simulated{
			simulate(t, 0, from, 40, truth), simulate(t, 1, from.Add(-late), 40, truth), simulate(t, 2, from.Add(-late), 40, truth),
		}
		database := &stored{points: map[string]map[string]float64{}}
		merged := newSums("a")
		for second := range 40 {
			now := from.Add(time.Duration(second) * time.Second)
			for _, g := range generators {
				database.addTo(t, merged, g, g.batches[second:second+1], now)
			}
			requests, err := merged.take(now)
			must(t, err)
			for _, it := range requests {
				database.storeLines(t, it.lines)
			}
		}
		database.checkTotals(t, truth)
		database.checkPercentiles(t)
		if has_parts := strings.Contains(fmt.Sprint(database.points), "part=a.1"); has_parts != (late > windowMemory) {
			t.Errorf("%s: expected another part beyond %s alone, found %t", late, windowMemory, has_parts)
		}
	}
}

// spansOf are the batches that a database has of a generator.
func (s *stored) spansOf(g simulated) (spans []batchSpan) {
	for key, point := range s.points {
		if strings.HasPrefix(key, mergedMeasurement+",instance="+g.instance+",") {
			spans = append(spans, batchSpan{int64(point["first"]), int64(point["batch"])})
		}
	}
	return spans
}

// TestAMergedWriteThatIsTooLargeIsHalved: as where a proxy takes smaller bodies only.
func TestAMergedWriteThatIsTooLargeIsHalved(t *testing.T) {
	database := &stored{points: map[string]map[string]float64{}, faults: rand.New(rand.NewPCG(1, 2))}
	var never atomic.Bool
	front := database.front(t, &never)
	var refused atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/v2/write") && r.ContentLength > 1_000 {
			refused.Add(1)
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		front.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	merging, err := newMerger(Config{Addr: proxy.URL, Token: "t", Bucket: "k6"}, "r", quiet(), time.Now())
	must(t, err)
	server := httptest.NewServer(merging)
	t.Cleanup(server.Close)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go merging.run(ctx)
	truth := newHistogram()
	var sending sync.WaitGroup
	for i := range 3 {
		g := simulate(t, i, time.Now().Add(-time.Minute).Truncate(time.Second), 4, truth)
		sending.Go(func() {
			g.deliver(t, func() string { return server.URL }, rand.New(rand.NewPCG(uint64(i), 1)))
		})
	}
	sending.Wait()
	if refused.Load() == 0 {
		t.Error("expected writes that are too large, found none")
	}
	database.checkTotals(t, truth)
}

// TestAMergedLineThatIsTooLargeIsNotTriedForEver: its generator hears that it is refused for good, and the others go on.
func TestAMergedLineThatIsTooLargeIsNotTriedForEver(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}))
	t.Cleanup(proxy.Close)
	merging, err := newMerger(Config{Addr: proxy.URL, Token: "t", Bucket: "k6"}, "r", quiet(), time.Now())
	must(t, err)
	merging.keep(dayLines{1, []byte("a b=1\nc d=2\n")})
	var refused *writeError
	if err := merging.sendAll(); !errors.As(err, &refused) || !refused.final() || len(merging.unsent) != 0 {
		t.Errorf("expected a refusal for good, found %v with %d requests to come", err, len(merging.unsent))
	}
}

func TestHalvesEndWithALine(t *testing.T) {
	for _, lines := range []string{"a\n", "a\nb\n", "aaaaaaaaaaaaaaaa\nb\n", "a\nbbbbbbbbbbbbbbbbbbbbb\n", "a"} {
		first, second := halve([]byte(lines))
		if string(first)+string(second) != lines || (strings.Count(lines, "\n") > 1) != (len(first) > 0 && len(second) > 0) {
			t.Errorf("%q: found %q and %q", lines, first, second)
		}
		if len(first) > 0 && !strings.HasSuffix(string(first), "\n") {
			t.Error(fmt.Sprintf("%q is cut within a line: %q", lines, first))
		}
	}
}
