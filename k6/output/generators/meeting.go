// Package generators lets the k6 processes of one run meet at the merger: setup() and teardown() run once for all, the load
// begins at once for all, and one call ends it. k6 itself plans for it: it asks a Controller for the data of setup(), for
// permission to go on, and whether to run teardown(). The released k6 has only one for a process that is alone.
//
// Each generator says again and again what it knows, also of the others, and hears what the meeting has decided. So a merger
// that is started again loses nothing: the generators tell it.
package generators

import (
	"fmt"
	"sort"
	"strings"
	"time"
)

// state is what a generator does.
type state string

const (
	// waiting: it has come, and has no load yet.
	waiting state = "waiting"
	load    state = "load"
	// done: its load is over, and teardown() or the delivery of its samples is not.
	done  state = "done"
	ended state = "ended"
	// lost: it is not heard of any more, and has not said that it ends. It may come back.
	lost state = "lost"
)

const (
	// hold is how long an answer waits at most for something new.
	hold = 2 * time.Second
	// silence after an answer loses a generator: within 5 s of its last sign.
	silence = 3 * time.Second
	// brokenPatience is for a generator whose connection broke: it comes back at once, or is gone.
	brokenPatience = time.Second
	// settling is how long a merger that has just started listens before it decides for generators of which not all have come:
	// they may have met at an earlier one.
	settling = 2 * time.Second
)

// word is what the meeting has decided. Its parts are set once, and generators repeat it.
type word struct {
	// Merger is the process that says it.
	Merger string `json:"merger"`
	// SetupBy is the generator that runs setup(); SetupEnded says that it has, and HasSetup that this merger has the result.
	SetupBy    string `json:"setup_by"`
	SetupEnded bool   `json:"setup_ended"`
	HasSetup   bool   `json:"has_setup"`
	// Begun: the load may begin. Without says which generators it began without; "" for none.
	Begun   bool   `json:"begun"`
	Without string `json:"without"`
	// TeardownBy is the generator that runs teardown(), when none has load any more.
	TeardownBy string `json:"teardown_by"`
	// Stop is why the load ends before its plan; "" while it does not.
	Stop string `json:"stop"`
}

// report is what a generator says of itself.
type report struct {
	Run      string `json:"run"`
	Instance string `json:"instance"`
	// Process is when it was started, in Unix nanoseconds.
	Process int64 `json:"process"`
	// Number of the report: they may come in another order.
	Number   int64 `json:"number"`
	Expected int   `json:"expected"`
	State    state `json:"state"`
	// WantsSetup: it waits for the result of setup(), or runs it. IsReady: it waits for the others to begin; IsImpatient: no
	// longer. WantsTeardown: its load is over.
	WantsSetup    bool `json:"wants_setup"`
	IsReady       bool `json:"is_ready"`
	IsImpatient   bool `json:"is_impatient"`
	WantsTeardown bool `json:"wants_teardown"`
	// Setup is the result of setup(), where it has one and the merger has not.
	Setup *setupResult `json:"setup,omitempty"`
	// Heard is the last word that it has heard.
	Heard word `json:"heard"`
}

// answer is what a generator hears.
type answer struct {
	word
	Setup *setupResult `json:"setup,omitempty"`
}

type setupResult struct {
	// nil: setup() has returned nothing.
	Data []byte `json:"data"`
	// Empty: it has not failed.
	Error string `json:"error"`
}

// participant is a generator as the meeting knows it.
type participant struct {
	report
	state state
	since time.Time
	// open requests, and the last sign.
	open     int
	seen     time.Time
	isBroken bool
	// wantsSetup and wantsTeardown since when.
	wantedSetup, wantedTeardown time.Time
}

// meeting is that of the generators of one run. Its callers take turns.
type meeting struct {
	began    time.Time
	expected int
	word     word
	setup    *setupResult
	members  map[string]*participant
	// changed is closed when something has, and replaced.
	changed chan struct{}
}

func newMeeting(merger string, began time.Time) *meeting {
	return &meeting{
		began: began, word: word{Merger: merger}, members: map[string]*participant{}, changed: make(chan struct{}),
	}
}

// hear takes a report. It returns an error for a second generator of one name.
func (m *meeting) hear(r report, now time.Time) (*participant, error) {
	member := m.members[r.Instance]
	switch {
	case member == nil || (member.Process < r.Process && member.isGone()):
		member = &participant{state: r.State, since: now}
		m.members[r.Instance] = member
	case member.Process != r.Process:
		return nil, fmt.Errorf("expected generators with an instance of their own, found two named %q: "+
			"set K6_LOADSTAR_INSTANCE or the tag instance of each", r.Instance)
	}
	member.seen, member.isBroken = now, false
	m.expected = max(m.expected, r.Expected)
	if r.Number >= member.Number {
		member.report = r
		// It is held once, by the meeting.
		member.Setup = nil
		member.become(r.State, now)
		member.wantedSetup = since(member.wantedSetup, r.WantsSetup, now)
		member.wantedTeardown = since(member.wantedTeardown, r.WantsTeardown, now)
	}
	m.learn(r)
	m.decide(now)
	return member, nil
}

// learn takes what a generator knows of decisions.
func (m *meeting) learn(r report) {
	known, told := &m.word, r.Heard
	first(&known.SetupBy, told.SetupBy)
	known.SetupEnded = known.SetupEnded || told.SetupEnded
	if r.Setup != nil && m.setup == nil {
		m.setup, known.SetupEnded, known.HasSetup = r.Setup, true, true
	}
	if told.Begun && !known.Begun {
		known.Begun, known.Without = true, told.Without
	}
	first(&known.TeardownBy, told.TeardownBy)
	first(&known.Stop, told.Stop)
}

// first keeps the first text that is not empty.
func first(known *string, told string) {
	if *known == "" {
		*known = told
	}
}

// since is when something began to be so; zero while it is not.
func since(at time.Time, is bool, now time.Time) time.Time {
	switch {
	case !is:
		return time.Time{}
	case at.IsZero():
		return now
	}
	return at
}

// decide decides what can be by now, and wakes those who wait for it.
func (m *meeting) decide(now time.Time) {
	before, was := m.word, m.states()
	for _, it := range m.members {
		if it.state != ended && it.open == 0 && (now.Sub(it.seen) > silence || (it.isBroken && now.Sub(it.seen) > brokenPatience)) {
			it.become(lost, now)
		}
	}
	m.decideSetup(now)
	if !m.word.Begun {
		m.word.Begun, m.word.Without = m.begins()
	}
	if m.word.TeardownBy == "" && m.isSettled(now) {
		m.word.TeardownBy = m.chooseTeardown()
	}
	if m.word != before || m.states() != was {
		m.wake()
	}
}

func (m *meeting) wake() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// excuse is for a merger that was halted: that it has heard nobody says nothing.
func (m *meeting) excuse(now time.Time) {
	for _, it := range m.members {
		if it.state != lost {
			it.seen = now
		}
	}
}

func (m *meeting) states() string {
	var all strings.Builder
	for _, it := range m.sorted() {
		all.WriteString(string(it.state) + " ")
	}
	return all.String()
}

func (m *meeting) decideSetup(now time.Time) {
	word := &m.word
	if word.SetupEnded {
		return
	}
	if word.SetupBy == "" {
		if m.isSettled(now) {
			word.SetupBy = m.earliest(func(it *participant) time.Time { return it.wantedSetup })
		}
		return
	}
	// The others may know of one that has not come to this merger yet.
	runs := m.members[word.SetupBy]
	if (runs == nil && now.Sub(m.began) > hold+silence) || (runs != nil && runs.isGone()) {
		m.setup = &setupResult{Error: fmt.Sprintf("generator %s ended before its setup() did", word.SetupBy)}
		word.SetupEnded, word.HasSetup = true, true
	}
}

// isSettled is false while a merger that has just started may not know of all.
func (m *meeting) isSettled(now time.Time) bool {
	return len(m.members) >= m.expected || now.Sub(m.began) > settling
}

// begins says whether the load may begin: when all are ready but those that are lost, or one has waited for long enough.
func (m *meeting) begins() (yes bool, without string) {
	ready, isImpatient, missing := 0, false, []string{}
	allReady := true
	for _, it := range m.sorted() {
		switch {
		case it.isGone() || it.state == done:
			missing = append(missing, fmt.Sprintf("%s (%s)", it.Instance, it.state))
		case it.IsReady:
			ready++
			isImpatient = isImpatient || it.IsImpatient
		default:
			allReady = false
			missing = append(missing, it.Instance+" (not ready)")
		}
	}
	absent := m.expected - len(m.members)
	if absent > 0 {
		allReady = false
		missing = append(missing, fmt.Sprintf("%d that did not come", absent))
	}
	if ready == 0 || !(allReady || isImpatient) {
		return false, ""
	}
	return true, strings.Join(missing, ", ")
}

// chooseTeardown names the one that runs teardown(), when none has load: the one that ran setup(), unless it is gone.
func (m *meeting) chooseTeardown() string {
	for _, it := range m.members {
		if it.state == waiting || it.state == load {
			return ""
		}
	}
	if it := m.members[m.word.SetupBy]; it != nil && !it.isGone() {
		if it.WantsTeardown {
			return it.Instance
		}
		// It is about to, or leaves.
		return ""
	}
	return m.earliest(func(it *participant) time.Time { return it.wantedTeardown })
}

// earliest names the one that has wanted something for the longest time; "" for none.
func (m *meeting) earliest(wanted func(*participant) time.Time) string {
	var found *participant
	for _, it := range m.sorted() {
		if !wanted(it).IsZero() && !it.isGone() && (found == nil || wanted(it).Before(wanted(found))) {
			found = it
		}
	}
	if found == nil {
		return ""
	}
	return found.Instance
}

// answerTo is what a generator hears.
func (m *meeting) answerTo(r report) answer {
	a := answer{word: m.word}
	if r.WantsSetup && m.setup != nil {
		a.Setup = m.setup
	}
	return a
}

// count says how many generators have ended, and how many are gone for longer than a time without saying so.
func (m *meeting) count(now time.Time, patience time.Duration) (ends, losses int) {
	for _, it := range m.members {
		switch {
		case it.state == ended:
			ends++
		case it.state == lost && now.Sub(it.since) > patience:
			losses++
		}
	}
	return ends, losses
}

func (m *meeting) sorted() []*participant {
	all := make([]*participant, 0, len(m.members))
	for _, it := range m.members {
		all = append(all, it)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Instance < all[j].Instance })
	return all
}

func (p *participant) become(next state, now time.Time) {
	if p.state != next {
		p.state, p.since = next, now
	}
}

// isGone: it makes no load, and waits for nobody.
func (p *participant) isGone() bool {
	return p.state == ended || p.state == lost
}
