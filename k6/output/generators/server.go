package generators

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Paths of the merger, beside InfluxDB's.
const (
	// ListPath answers with the generators of a run: GET, with ?run=ID.
	ListPath = "/api/generators"
	// StopPath ends the load of a run: POST {"run", "reason"}.
	StopPath = ListPath + "/stop"
	// ClosePath says that no generator is to come any more, so that the merger ends: POST.
	ClosePath = ListPath + "/close"
	meetPath  = ListPath + "/meet"
)

const (
	// look is how often the merger looks whether a generator is lost.
	look = 250 * time.Millisecond
	// longestPause is after which the merger itself was halted, and has heard nobody.
	longestPause = 4 * look
	// lossPatience is how long a merger that ends by itself waits for a lost generator.
	lossPatience = time.Minute
	// largestReport bounds what setup() may return to some MiB.
	largestReport = 64 << 20
)

// Server is where the generators of runs meet. It is a part of the merger, which has checked who asks.
type Server struct {
	merger string
	began  time.Time

	mu       sync.Mutex
	meetings map[string]*meeting
	isClosed bool
}

// NewServer makes one for a process of a merger.
func NewServer(now time.Time) *Server {
	return &Server{merger: strconv.FormatInt(now.UnixNano(), 36), began: now, meetings: map[string]*meeting{}}
}

// ForJudges says whether a path is also for who judges the run.
func ForJudges(path string) bool { return path == ListPath || path == StopPath || path == ClosePath }

// Watch looks for generators that are lost, until the context ends.
func (s *Server) Watch(ctx context.Context) {
	for last := time.Now(); ctx.Err() == nil; {
		sleep(ctx, look)
		s.mu.Lock()
		now := time.Now()
		for _, it := range s.meetings {
			if now.Sub(last) > longestPause {
				it.excuse(now)
			}
			it.decide(now)
		}
		last = now
		s.mu.Unlock()
	}
}

// Serve answers a request below ListPath; false for a path that it does not know.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request) bool {
	handlers := map[string]func(*http.Request) (int, any){
		"POST " + meetPath: s.meet, "GET " + ListPath: s.list, "POST " + StopPath: s.stop, "POST " + ClosePath: s.close,
	}
	handle := handlers[r.Method+" "+r.URL.Path]
	if handle == nil {
		return false
	}
	r.Body = http.MaxBytesReader(w, r.Body, largestReport)
	status, body := handle(r)
	if body == nil {
		w.WriteHeader(status)
		return true
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
	return true
}

// IsOver says whether all generators of a run have ended, or are lost for long; or none is to come any more.
// Their number is 0 where nobody knows it.
func (s *Server) IsOver(expected int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed || expected == 0 {
		return s.isClosed
	}
	for _, it := range s.meetings {
		if ends, losses := it.count(time.Now(), lossPatience); ends+losses >= expected {
			return true
		}
	}
	return false
}

// meet hears a generator, and answers when there is something new for it, or after a while.
func (s *Server) meet(r *http.Request) (int, any) {
	var told report
	if err := read(r, &told); err != nil {
		return refuse(http.StatusBadRequest, err)
	}
	if told.Run == "" || told.Instance == "" {
		return refuse(http.StatusBadRequest, errors.New("expected a run and an instance, found none"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	it := s.meetings[told.Run]
	if it == nil {
		it = newMeeting(s.merger, s.began)
		s.meetings[told.Run] = it
	}
	member, err := it.hear(told, now)
	if err != nil {
		return refuse(http.StatusConflict, err)
	}
	member.open++
	held, release := context.WithTimeout(r.Context(), hold)
	defer release()
	for held.Err() == nil && told.State != ended {
		if said := it.answerTo(told); said.word != told.Heard || said.Setup != nil {
			break
		}
		s.await(held, it.changed)
	}
	member.open--
	member.seen, member.isBroken = time.Now(), r.Context().Err() != nil
	return http.StatusOK, it.answerTo(told)
}

// await waits for a change, without the lock.
func (s *Server) await(ctx context.Context, changed <-chan struct{}) {
	s.mu.Unlock()
	defer s.mu.Lock()
	select {
	case <-changed:
	case <-ctx.Done():
	}
}

// listed is a generator as others see it.
type listed struct {
	Instance string    `json:"instance"`
	State    state     `json:"state"`
	Since    time.Time `json:"since"`
}

func (s *Server) list(r *http.Request) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	it, err := s.find(r.URL.Query().Get("run"))
	if err != nil {
		return refuse(http.StatusNotFound, err)
	}
	all := []listed{}
	for _, member := range it.sorted() {
		all = append(all, listed{member.Instance, member.state, member.since.UTC()})
	}
	return http.StatusOK, map[string]any{"expected": it.expected, "generators": all}
}

// find returns an error for a run of which no generator has come.
func (s *Server) find(run string) (*meeting, error) {
	if it := s.meetings[run]; it != nil {
		return it, nil
	}
	return nil, fmt.Errorf("expected a run whose generators have come, found %q; there are: %q",
		run, slices.Sorted(maps.Keys(s.meetings)))
}

func (s *Server) stop(r *http.Request) (int, any) {
	var asked struct{ Run, Reason string }
	if err := read(r, &asked); err != nil {
		return refuse(http.StatusBadRequest, err)
	}
	if asked.Reason == "" {
		return refuse(http.StatusBadRequest, errors.New("expected a reason, found none"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	it, err := s.find(asked.Run)
	if err != nil {
		return refuse(http.StatusNotFound, err)
	}
	it.learn(report{Heard: word{Stop: asked.Reason}})
	it.wake()
	return http.StatusNoContent, nil
}

func (s *Server) close(*http.Request) (int, any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isClosed = true
	return http.StatusNoContent, nil
}

func read(r *http.Request, into any) error {
	text, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("expected JSON: %w", err)
	}
	return nil
}

// refuse is an answer as InfluxDB gives it.
func refuse(status int, err error) (int, any) {
	return status, map[string]string{"message": err.Error()}
}
