package generators

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/errext"
	"go.k6.io/k6/errext/exitcodes"
)

// place is an address at which mergers follow each other.
type place struct {
	t       *testing.T
	address string
	server  *http.Server
	meeting *Server
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, address: "127.0.0.1:0"}
	p.start()
	t.Cleanup(func() { _ = p.server.Close() })
	return p
}

func (p *place) start() {
	p.t.Helper()
	listener, err := net.Listen("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	meeting := NewServer(time.Now())
	go meeting.Watch(p.t.Context())
	p.address, p.meeting = listener.Addr().String(), meeting
	p.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !meeting.Serve(w, r) {
			w.WriteHeader(http.StatusNotFound)
		}
	})}
	server := p.server
	go func() { _ = server.Serve(listener) }()
}

// restart kills the merger and starts another.
func (p *place) restart(pause time.Duration) {
	p.t.Helper()
	_ = p.server.Close()
	time.Sleep(pause)
	p.start()
}

func (p *place) settings(instance string, count int) Settings {
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	return Settings{
		Merger: "http://" + p.address, Authorization: "Token secret", Client: &http.Client{Transport: &http.Transport{}}, Run: "run", Instance: instance,
		Process: time.Now(), Expected: count, Patience: 20 * time.Second, Logger: logger, Stop: func(string) {},
	}
}

func (p *place) join(instance string, count int) *Member {
	p.t.Helper()
	m, err := Join(p.settings(instance, count))
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

// states asks what the merger says of the run.
func (p *place) states() string {
	p.t.Helper()
	response, err := http.Get("http://" + p.address + ListPath + "?run=run")
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var found struct {
		Expected   int
		Generators []listed
	}
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		p.t.Fatal(err)
	}
	text := fmt.Sprint(found.Expected)
	for _, it := range found.Generators {
		text += fmt.Sprintf(" %s:%s", it.Instance, it.State)
	}
	return text
}

func (p *place) awaitStates(wanted string, limit time.Duration) {
	p.t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		found := p.states()
		if found == wanted {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("expected %s within %s, found %s", wanted, limit, found)
		}
	}
}

// generators runs as many, from their start to their end.
func generators(p *place, count int, run func(m *Member, number int)) {
	var all sync.WaitGroup
	for number := range count {
		all.Go(func() {
			m := p.join(fmt.Sprintf("pod-%d", number), count)
			defer m.Leave()
			run(m, number)
		})
	}
	all.Wait()
}

var background = context.Background()

// live is what k6 has a generator do (Run in internal/execution/scheduler.go): setup(), load, teardown().
func live(t *testing.T, m *Member, create, tearDown, load func()) {
	t.Helper()
	c := controller{own{}, func() *Member { return m }, background, background}
	signalAndWait := func(event string) {
		wait := c.Subscribe(event)
		if err := errors.Join(c.Signal(event, nil), wait()); err != nil {
			t.Errorf("%s: %v", event, err)
		}
	}
	signalAndWait("test-ready-to-run-setup")
	data, err := c.GetOrCreateData(setupID, func() ([]byte, error) {
		create()
		return []byte(`{"token":"x"}`), nil
	})
	if err != nil || string(data) != `{"token":"x"}` {
		t.Errorf("setup: found %q, %v", data, err)
	}
	signalAndWait(setupDoneID)
	load()
	signalAndWait(executionDoneID)
	if _, err := c.GetOrCreateData(teardownID, func() ([]byte, error) { tearDown(); return nil, nil }); err != nil {
		t.Error(err)
	}
	signalAndWait("teardown-done")
}

func TestGeneratorsLiveTogether(t *testing.T) {
	p := newPlace(t)
	var setups, teardowns, loads atomic.Int32
	var mu sync.Mutex
	var began []time.Time
	generators(p, 8, func(m *Member, number int) {
		live(t, m, func() { setups.Add(1); time.Sleep(100 * time.Millisecond) }, func() {
			teardowns.Add(1)
			if loads.Load() != 0 {
				t.Errorf("%d still have load", loads.Load())
			}
		}, func() {
			mu.Lock()
			began = append(began, time.Now())
			mu.Unlock()
			loads.Add(1)
			time.Sleep(time.Duration(number) * 50 * time.Millisecond)
			loads.Add(-1)
		})
	})
	expect(t, "setups", setups.Load(), 1)
	expect(t, "teardowns", teardowns.Load(), 1)
	first, last := began[0], began[0]
	for _, at := range began {
		if at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	if skew := last.Sub(first); skew > 200*time.Millisecond {
		t.Errorf("the load began within %s", skew)
	}
	expect(t, "is over", p.meeting.IsOver(8), true)
	expect(t, "is over for nine", p.meeting.IsOver(9), false)
}

// A merger is killed again and again, with pauses in which nothing answers.
func TestGeneratorsLiveTogetherWhileMergersDie(t *testing.T) {
	p := newPlace(t)
	var setups, teardowns, loads atomic.Int32
	over := make(chan struct{})
	var killing sync.WaitGroup
	killing.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(300 * time.Millisecond):
				p.restart(200 * time.Millisecond)
			}
		}
	})
	generators(p, 4, func(m *Member, number int) {
		live(t, m, func() { setups.Add(1); time.Sleep(time.Second) }, func() {
			teardowns.Add(1)
			expect(t, "loads", loads.Load(), 0)
		}, func() {
			loads.Add(1)
			time.Sleep(time.Second + time.Duration(number)*200*time.Millisecond)
			loads.Add(-1)
		})
	})
	close(over)
	killing.Wait()
	expect(t, "setups", setups.Load(), 1)
	expect(t, "teardowns", teardowns.Load(), 1)
}

func TestAFailedSetupIsTheSameErrorForAll(t *testing.T) {
	p := newPlace(t)
	var failed, aborted atomic.Int32
	generators(p, 3, func(m *Member, _ int) {
		_, err := m.shareSetup(background, func() ([]byte, error) { return nil, errors.New("no token") })
		if text, _ := errext.Format(err); text != "no token" {
			t.Errorf("found %v", err)
		}
		failed.Add(1)
		var coded errext.HasExitCode
		if errors.As(err, &coded) && coded.ExitCode() == exitcodes.ExternalAbort {
			aborted.Add(1)
		}
	})
	expect(t, "failed", failed.Load(), 3)
	expect(t, "that have the exit code of an abort", aborted.Load(), 2)
}

func TestASetupThatReturnsNothing(t *testing.T) {
	p := newPlace(t)
	generators(p, 2, func(m *Member, _ int) {
		data, err := m.shareSetup(background, func() ([]byte, error) { return nil, nil })
		if data != nil || err != nil {
			t.Errorf("found %q, %v", data, err)
		}
	})
}

func TestAllAreStoppedWithinASecond(t *testing.T) {
	p := newPlace(t)
	stopped := make(chan string, 3)
	for _, name := range []string{"a", "b", "c"} {
		settings := p.settings(name, 3)
		settings.Stop = func(reason string) { stopped <- reason }
		m, err := Join(settings)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Leave()
	}
	began := time.Now()
	post := func(body string) int {
		response, err := http.Post("http://"+p.address+StopPath, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	expect(t, "status for another run", post(`{"run":"other","reason":"p95"}`), http.StatusNotFound)
	expect(t, "status without a reason", post(`{"run":"run"}`), http.StatusBadRequest)
	expect(t, "status", post(`{"run":"run","reason":"p95 ≤ 500 ms: 812 ms"}`), http.StatusNoContent)
	for range 3 {
		expect(t, "reason", <-stopped, "p95 ≤ 500 ms: 812 ms")
	}
	if lasted := time.Since(began); lasted > time.Second {
		t.Errorf("it lasted %s", lasted)
	}
	// Each is told once, also by a merger that is started again.
	p.restart(0)
	p.awaitStates("3 a:waiting b:waiting c:waiting", 3*time.Second)
	expect(t, "told again", len(stopped), 0)
}

func TestAGeneratorThatDiesIsKnownAtOnce(t *testing.T) {
	p := newPlace(t)
	living := p.join("a", 2)
	defer living.Leave()
	dies := p.join("b", 2)
	time.Sleep(200 * time.Millisecond)
	dies.leaving() // as the kernel does with the connections of a process that was killed
	began := time.Now()
	p.awaitStates("2 a:waiting b:lost", 3*time.Second)
	if lasted := time.Since(began); lasted > brokenPatience+time.Second {
		t.Errorf("it lasted %s", lasted)
	}
	living.say(func(r *report) { r.IsReady = true })
	if err := living.begin(background); err != nil {
		t.Error(err)
	}
	expect(t, "without", living.told.Heard.Without, "b (lost)")
}

// A merger that is halted hears nobody, and nobody is lost for it.
func TestAMergerThatWasHaltedLosesNobody(t *testing.T) {
	p := newPlace(t)
	m := p.join("a", 2)
	defer m.Leave()
	p.meeting.mu.Lock()
	// It cannot say that it is there before the merger looks.
	m.mu.Lock()
	time.Sleep(hold + silence + time.Second)
	p.meeting.mu.Unlock()
	time.Sleep(2 * look)
	expect(t, "states", p.states(), "2 a:waiting")
	m.mu.Unlock()
}

func TestAGeneratorThatFallsSilentIsLostWithinFiveSeconds(t *testing.T) {
	p := newPlace(t)
	m := p.join("a", 2)
	m.mu.Lock() // as a process that was stopped: its connections stay
	began := time.Now()
	p.awaitStates("2 a:lost", 6*time.Second)
	if lasted := time.Since(began); lasted > hold+silence+time.Second {
		t.Errorf("it lasted %s", lasted)
	}
	m.mu.Unlock()
	p.awaitStates("2 a:waiting", 3*time.Second)
	m.Leave()
	p.awaitStates("2 a:ended", time.Second)
}

func TestALoadThatIsAbortedWaitsForNobody(t *testing.T) {
	p := newPlace(t)
	m := p.join("a", 2)
	defer m.Leave()
	run, abort := context.WithCancel(background)
	time.AfterFunc(100*time.Millisecond, abort)
	if _, err := m.shareSetup(run, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("setup: found %v", err)
	}
	m.say(func(r *report) { r.IsReady = true })
	if err := m.begin(run); !errors.Is(err, context.Canceled) {
		t.Errorf("begin: found %v", err)
	}
	other := p.join("b", 2)
	defer other.Leave()
	other.say(func(r *report) { r.State = load })
	began := time.Now()
	expect(t, "may tear down", m.mayTearDown(background, run), false)
	if lasted := time.Since(began); lasted > abortPatience+time.Second {
		t.Errorf("it lasted %s", lasted)
	}
	// The one that stays does it.
	m.Leave()
	expect(t, "other may tear down", other.mayTearDown(background, background), true)
}

func TestAMergerThatRefusesOrDoesNotAnswerFailsTheStart(t *testing.T) {
	refusing := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"message":"expected the token that this merger was started with"}`)
	})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = refusing.Serve(listener) }()
	p := &place{t: t, address: listener.Addr().String()}
	_, err = Join(p.settings("a", 2))
	if err == nil || !strings.Contains(err.Error(), "it answers 401: expected the token that this merger was started with") {
		t.Errorf("found %v", err)
	}
	_ = refusing.Close()
	settings := p.settings("a", 2)
	settings.Patience = 500 * time.Millisecond
	if _, err = Join(settings); err == nil || !strings.Contains(err.Error(), "the merger at http://127.0.0.1:") {
		t.Errorf("found %v", err)
	}
}

func TestAProcessThatIsAlone(t *testing.T) {
	calls := 0
	data, err := NewController(background, background, own{}).GetOrCreateData(setupID, func() ([]byte, error) {
		calls++
		return []byte("1"), nil
	})
	if string(data) != "1" || err != nil || calls != 1 {
		t.Errorf("found %q, %v after %d calls", data, err, calls)
	}
}

// own is k6's controller of a process that is alone.
type own struct{}

func (own) GetOrCreateData(_ string, create func() ([]byte, error)) ([]byte, error) { return create() }
func (own) Signal(string, error) error                                              { return nil }
func (own) Subscribe(string) func() error                                           { return func() error { return nil } }
