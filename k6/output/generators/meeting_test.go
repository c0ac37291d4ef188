package generators

import (
	"slices"
	"testing"
	"time"
)

// table is a meeting whose generators say what the test has them say, at times of its own.
type table struct {
	t       *testing.T
	now     time.Time
	meeting *meeting
	told    map[string]report
}

func newTable(t *testing.T) *table {
	t.Helper()
	began := time.Unix(1_000, 0)
	return &table{t, began, newMeeting("first", began), map[string]report{}}
}

// says has a generator of three change its report, and returns what it hears.
func (at *table) says(instance string, change func(r *report)) answer {
	at.t.Helper()
	r, known := at.told[instance]
	if !known {
		r = report{Run: "run", Instance: instance, Process: 1, Expected: 3, State: waiting}
	}
	change(&r)
	r.Number++
	if _, err := at.meeting.hear(r, at.now); err != nil {
		at.t.Fatal(err)
	}
	said := at.meeting.answerTo(r)
	r.Setup, r.Heard = nil, said.word
	at.told[instance] = r
	return said
}

// passes lets time pass in which these generators repeat themselves, and the others say nothing.
func (at *table) passes(duration time.Duration, living ...string) {
	at.t.Helper()
	for end := at.now.Add(duration); at.now.Before(end); at.now = at.now.Add(look) {
		for _, it := range living {
			at.says(it, func(*report) {})
		}
		at.meeting.decide(at.now)
	}
}

func comes(*report)        {}
func wantsSetup(r *report) { r.WantsSetup = true }
func isReady(r *report)    { r.WantsSetup, r.IsReady = false, true }
func hasLoad(r *report)    { r.State = load }
func wantsEnd(r *report)   { r.State, r.WantsTeardown = done, true }
func leaves(r *report)     { r.State = ended }
func loseSetup(r *report)  { r.Setup = &setupResult{Error: "no token"} }
func bringSetup(r *report) { r.Setup = &setupResult{Data: []byte(`{"token":"x"}`)} }
func isTired(r *report)    { r.IsImpatient = true }
func expect[T comparable](t *testing.T, what string, found, wanted T) {
	t.Helper()
	if found != wanted {
		t.Errorf("%s: expected %v, found %v", what, wanted, found)
	}
}

func TestTheFirstThatAsksRunsSetupForAll(t *testing.T) {
	at := newTable(t)
	at.says("a", comes)
	expect(t, "by", at.says("b", wantsSetup).SetupBy, "")
	expect(t, "by, when all have come", at.says("c", comes).SetupBy, "b")
	expect(t, "by, for another", at.says("a", wantsSetup).SetupBy, "b")
	at.says("b", bringSetup)
	expect(t, "data", string(at.says("a", wantsSetup).Setup.Data), `{"token":"x"}`)
	expect(t, "data for one that does not ask", at.says("c", comes).Setup, nil)
	expect(t, "data for one that comes late", string(at.says("d", wantsSetup).Setup.Data), `{"token":"x"}`)
}

func TestSetupDoesNotWaitForThoseThatDoNotCome(t *testing.T) {
	at := newTable(t)
	at.says("a", wantsSetup)
	at.passes(settling+look*2, "a")
	expect(t, "by", at.told["a"].Heard.SetupBy, "a")
}

func TestAFailedSetupFailsForAll(t *testing.T) {
	at := newTable(t)
	for _, it := range []string{"a", "b", "c"} {
		at.says(it, wantsSetup)
	}
	at.says("a", loseSetup)
	expect(t, "error", at.says("c", wantsSetup).Setup.Error, "no token")
}

func TestNobodyWaitsForASetupWhoseProcessIsLost(t *testing.T) {
	at := newTable(t)
	for _, it := range []string{"a", "b", "c"} {
		at.says(it, wantsSetup)
	}
	at.passes(4*time.Second, "a", "b", "c")
	expect(t, "has a result", at.meeting.setup, nil)
	at.passes(silence+2*look, "b", "c")
	expect(t, "error", at.says("c", wantsSetup).Setup.Error, "generator a ended before its setup() did")
	// It was stopped alone: what it brings is too late.
	expect(t, "error for it", at.says("a", func(r *report) { wantsSetup(r); bringSetup(r) }).Setup.Error,
		"generator a ended before its setup() did")
}

func TestTheLoadBeginsWhenAllAreReady(t *testing.T) {
	at := newTable(t)
	at.says("a", isReady)
	at.says("b", isReady)
	at.passes(time.Minute, "a", "b")
	expect(t, "begun while one has not come", at.meeting.word.Begun, false)
	at.says("c", comes)
	expect(t, "begun while one is not ready", at.meeting.word.Begun, false)
	said := at.says("c", isReady)
	expect(t, "begun", said.Begun, true)
	expect(t, "without", said.Without, "")
	expect(t, "begun for a late one", at.says("d", isReady).Begun, true)
}

func TestTheLoadBeginsWithoutThoseThatAreLostOrHaveEnded(t *testing.T) {
	at := newTable(t)
	at.says("a", isReady)
	at.says("b", comes)
	at.says("c", leaves)
	at.passes(silence+2*look, "a")
	expect(t, "begun", at.meeting.word.Begun, true)
	expect(t, "without", at.meeting.word.Without, "b (lost), c (ended)")
}

func TestAGeneratorThatHasWaitedForLongEnoughBegins(t *testing.T) {
	at := newTable(t)
	at.says("a", isReady)
	at.says("b", comes)
	at.says("a", isTired)
	expect(t, "begun", at.meeting.word.Begun, true)
	expect(t, "without", at.meeting.word.Without, "b (not ready), 1 that did not come")
}

func TestTeardownRunsOnceWhenNoneHasLoad(t *testing.T) {
	for name, it := range map[string]struct {
		dies, by string
	}{
		"all live":                      {"", "b"},
		"the one that ran setup() dies": {"b", "a"},
		"another dies":                  {"c", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			at := newTable(t)
			for _, one := range []string{"b", "a", "c"} {
				at.says(one, wantsSetup)
				at.passes(look, one)
			}
			at.says("b", bringSetup)
			for _, one := range []string{"a", "b", "c"} {
				at.says(one, isReady)
			}
			living := slices.DeleteFunc([]string{"a", "b", "c"}, func(one string) bool { return one == it.dies })
			for _, one := range living {
				at.says(one, hasLoad)
				at.passes(time.Second, living...)
			}
			at.passes(silence, living...)
			for _, one := range living {
				expect(t, "by, while others have load", at.meeting.word.TeardownBy, "")
				at.says(one, wantsEnd)
				at.passes(time.Second, living...)
			}
			for _, one := range living {
				expect(t, "by", at.told[one].Heard.TeardownBy, it.by)
			}
		})
	}
}

func TestAnotherMergerLearnsWhatTheGeneratorsKnow(t *testing.T) {
	at := newTable(t)
	for _, it := range []string{"a", "b", "c"} {
		at.says(it, wantsSetup)
	}
	at.passes(look, "a", "b", "c")
	at.meeting = newMeeting("second", at.now)
	// Those that wait for setup() name the one that runs it, which has not come yet.
	expect(t, "by", at.says("b", wantsSetup).SetupBy, "a")
	at.says("a", comes)
	at.says("a", bringSetup)
	for _, it := range []string{"a", "b"} {
		at.says(it, isReady)
	}
	at.meeting = newMeeting("third", at.now)
	expect(t, "has setup", at.says("b", comes).HasSetup, false)
	at.passes(2*settling, "b", "c")
	expect(t, "by, for one that waits", at.says("c", wantsSetup).SetupBy, "a")
	expect(t, "failed", at.meeting.setup, nil)
	at.says("a", bringSetup)
	expect(t, "data", string(at.says("c", wantsSetup).Setup.Data), `{"token":"x"}`)
	at.says("c", isReady)
	at.meeting.learn(report{Heard: word{Stop: "p95 too high"}})
	for _, it := range []string{"a", "b", "c"} {
		at.says(it, hasLoad)
	}
	at.meeting = newMeeting("fourth", at.now)
	said := at.says("a", comes)
	expect(t, "begun", said.Begun, true)
	expect(t, "stop", said.Stop, "p95 too high")
	// The others have load, and have not come again yet.
	at.says("a", wantsEnd)
	expect(t, "teardown", at.meeting.word.TeardownBy, "")
}

func TestAnOwnerOfSetupThatDoesNotComeToAnotherMergerIsLost(t *testing.T) {
	at := newTable(t)
	for _, it := range []string{"a", "b", "c"} {
		at.says(it, wantsSetup)
	}
	at.passes(look, "a", "b", "c")
	at.meeting = newMeeting("second", at.now)
	at.passes(hold+silence+2*look, "b", "c")
	expect(t, "error", at.says("b", wantsSetup).Setup.Error, "generator a ended before its setup() did")
}

func TestTwoGeneratorsOfOneNameAreRefused(t *testing.T) {
	at := newTable(t)
	at.says("a", comes)
	second := report{Run: "run", Instance: "a", Process: 2, Expected: 3, State: waiting}
	if _, err := at.meeting.hear(second, at.now); err == nil {
		t.Error("expected a refusal while the first one lives")
	}
	at.passes(silence + 2*look)
	if _, err := at.meeting.hear(second, at.now); err != nil {
		t.Errorf("expected the second one in the place of the first, found %v", err)
	}
}

func TestAGeneratorIsLostAndComesBack(t *testing.T) {
	at := newTable(t)
	at.says("a", hasLoad)
	at.passes(silence + 2*look)
	expect(t, "state", at.meeting.members["a"].state, lost)
	at.says("a", comes)
	expect(t, "state", at.meeting.members["a"].state, load)
	// A connection that breaks says it at once.
	at.meeting.members["a"].isBroken = true
	at.passes(brokenPatience + 2*look)
	expect(t, "state", at.meeting.members["a"].state, lost)
	at.says("a", leaves)
	at.passes(time.Minute)
	expect(t, "state", at.meeting.members["a"].state, ended)
	at.says("b", comes)
	at.passes(lossPatience + silence + time.Second)
	ends, losses := at.meeting.count(at.now, lossPatience)
	expect(t, "ends", ends, 1)
	expect(t, "losses", losses, 1)
}

func TestAReportThatWasOvertakenChangesNothing(t *testing.T) {
	at := newTable(t)
	at.says("a", hasLoad)
	old := report{Run: "run", Instance: "a", Process: 1, Number: 0, Expected: 3, State: waiting}
	if _, err := at.meeting.hear(old, at.now); err != nil {
		t.Fatal(err)
	}
	expect(t, "state", at.meeting.members["a"].state, load)
}
