package generators

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

const (
	// askTimeout is for one request, which the merger holds for a while.
	askTimeout = hold + silence
	// retryAfter is how soon a generator asks again where nothing answers: sooner than a merger that has started decides.
	retryAfter = 250 * time.Millisecond
	// farewell is how long a generator tries to say that it has ended.
	farewell = 2 * time.Second
)

// Settings say which run a generator is a part of, and where its generators meet.
type Settings struct {
	// Merger is its address; Authorization the header with the token of the generators.
	Merger, Authorization string
	Client                *http.Client
	Run, Instance         string
	Process               time.Time
	// Expected is how many generators the run has.
	Expected int
	// Patience is how long it waits for the others, and for the merger where that does not answer.
	Patience time.Duration
	Logger   logrus.FieldLogger
	// Stop ends the load, and is called once.
	Stop func(reason string)
}

// Member is a generator that takes part in the meeting.
type Member struct {
	settings Settings

	mu   sync.Mutex
	told report
	// setup is the result that this generator has.
	setup   *setupResult
	changed chan struct{}
	// interrupt ends the request under way, so that what has changed is said at once.
	interrupt context.CancelFunc
	// answered is when the merger last did.
	answered time.Time

	leaving   context.CancelFunc
	following sync.WaitGroup
}

// Join takes part from now on. It returns an error where the merger refuses this generator, or cannot be reached for as long as
// the settings say.
func Join(settings Settings) (*Member, error) {
	m := &Member{settings: settings, changed: make(chan struct{}), answered: time.Now(), told: report{
		Run: settings.Run, Instance: settings.Instance, Process: settings.Process.UnixNano(),
		Expected: settings.Expected, State: waiting,
	}}
	for warned := false; ; warned = true {
		err := m.ask(context.Background())
		if err == nil {
			break
		}
		var refused *refusal
		// One of that name may have been lost just now.
		isFinal := errors.As(err, &refused) && refused.status != http.StatusConflict
		if isFinal || time.Since(m.answered) > settings.Patience || (refused != nil && time.Since(m.answered) > 2*askTimeout) {
			return nil, fmt.Errorf("the merger at %s does not take this generator: %w", settings.Merger, err)
		}
		if !warned {
			settings.Logger.WithError(err).Warnf("The merger at %s cannot be reached yet: trying for %s", settings.Merger, settings.Patience)
		}
		time.Sleep(retryAfter)
	}
	ctx, leave := context.WithCancel(context.Background())
	m.leaving = leave
	m.following.Go(func() { m.follow(ctx) })
	joined.Store(m)
	return m, nil
}

// EndLoad says that this generator makes no load any more, and may still deliver what it has measured.
func (m *Member) EndLoad() {
	m.say(func(r *report) { r.State = done })
}

// Leave says that this generator has ended.
func (m *Member) Leave() {
	joined.CompareAndSwap(m, nil)
	m.leaving()
	m.following.Wait()
	m.say(func(r *report) { r.State = ended })
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	for ctx.Err() == nil {
		if m.ask(ctx) == nil {
			return
		}
		sleep(ctx, retryAfter)
	}
}

// follow says what is known and hears what is decided, until the context ends.
func (m *Member) follow(ctx context.Context) {
	isAway, isStopped := false, false
	for ctx.Err() == nil {
		request, cancel := context.WithTimeout(ctx, askTimeout)
		m.mu.Lock()
		m.interrupt = cancel
		number, stop := m.told.Number, m.told.Heard.Stop
		m.mu.Unlock()
		if stop != "" && !isStopped {
			isStopped = true
			m.settings.Stop(stop)
		}
		err := m.ask(request)
		cancel()
		switch {
		case err == nil && isAway:
			m.settings.Logger.Infof("The merger at %s answers again", m.settings.Merger)
			isAway = false
		case err != nil && ctx.Err() == nil && !m.hasNews(number):
			if !isAway {
				m.settings.Logger.WithError(err).Warnf("The merger at %s does not answer: asking again", m.settings.Merger)
			}
			isAway = true
			sleep(ctx, retryAfter)
		}
	}
}

// hasNews says whether the report has changed since the one of a number: then its request was given up for it.
func (m *Member) hasNews(number int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.told.Number != number
}

// say changes the report, and sends it at once.
func (m *Member) say(change func(r *report)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.told)
	m.told.Number++
	if m.interrupt != nil {
		m.interrupt()
	}
}

// ask sends the report and takes the answer.
func (m *Member) ask(ctx context.Context) error {
	m.mu.Lock()
	told := m.told
	if !told.Heard.HasSetup {
		told.Setup = m.setup
	}
	m.mu.Unlock()
	said, err := m.post(ctx, told)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		return err
	}
	m.answered = time.Now()
	m.told.Heard = said.word
	if m.setup == nil && said.Setup != nil {
		m.setup = said.Setup
	}
	close(m.changed)
	m.changed = make(chan struct{})
	return nil
}

// refusal is an answer that is no success.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return fmt.Sprintf("it answers %d: %s", r.status, r.message) }

func (m *Member) post(ctx context.Context, told report) (said answer, err error) {
	body, err := json.Marshal(told)
	if err != nil {
		return said, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.settings.Merger+meetPath, bytes.NewReader(body))
	if err != nil {
		return said, err
	}
	request.Header.Set("Authorization", m.settings.Authorization)
	request.Header.Set("Content-Type", "application/json")
	response, err := m.settings.Client.Do(request)
	if err != nil {
		return said, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, largestReport))
	if err != nil {
		return said, err
	}
	if response.StatusCode != http.StatusOK {
		var refused struct{ Message string }
		_ = json.Unmarshal(text, &refused)
		return said, &refusal{response.StatusCode, refused.Message}
	}
	return said, json.Unmarshal(text, &said)
}

// await waits until something is known, the context ends, or the merger has not answered for as long as this generator waits.
func (m *Member) await(ctx context.Context, isKnown func(heard word, setup *setupResult) bool) error {
	for {
		m.mu.Lock()
		known, changed, silent := isKnown(m.told.Heard, m.setup), m.changed, time.Since(m.answered)
		m.mu.Unlock()
		if known {
			return nil
		}
		if silent > m.settings.Patience {
			return fmt.Errorf("the merger at %s has not answered for %s: see whether it runs, and start the run again",
				m.settings.Merger, silent.Round(time.Second))
		}
		timer := time.NewTimer(look)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

func sleep(ctx context.Context, duration time.Duration) {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
