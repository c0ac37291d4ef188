package output

import (
	"testing"
	"time"
	"unsafe"

	"go.k6.io/k6/metrics"
)

// stepped is a time as time.Now gives it after somebody has set the clock of the machine: another wall, the same
// monotonic reading. The package time offers no way to make one; its layout is documented in time/time.go.
func stepped(at time.Time, by time.Duration) time.Time {
	type layout struct {
		wall uint64
		ext  int64
		loc  *time.Location
	}
	const nsecShift = 30
	fields := (*layout)(unsafe.Pointer(&at)) //nolint:gosec // see above
	fields.wall += uint64(by/time.Second) << nsecShift
	return at
}

func TestTheLayoutThatTheseTestsRelyOn(t *testing.T) {
	now := time.Now()
	after := stepped(now, -2*time.Hour)
	if got := now.Round(0).Sub(after.Round(0)); got != 2*time.Hour {
		t.Fatalf("expected the wall clock two hours earlier, found %s", got)
	}
	if got := now.Sub(after); got != 0 {
		t.Fatalf("expected the same monotonic reading, found %s", got)
	}
}

func TestAClockThatIsSetDuringARunMovesNoWindow(t *testing.T) {
	now := time.Now()
	// A whole second; Truncate would take the monotonic reading away.
	origin := now.Add(-time.Minute - time.Duration(now.Nanosecond()))
	for name, by := range map[string]time.Duration{"back": -time.Hour, "ahead": time.Hour} {
		b := newBench(t, 100)
		b.aggregator.clock = newClock(origin)
		trend := b.metric("latency", metrics.Trend)
		var windows []window
		for second := range 20 {
			at := origin.Add(time.Duration(second) * time.Second)
			if second >= 5 && second < 15 {
				at = stepped(at, by)
			}
			for range 10 {
				b.add(trend, at, 1, nil)
			}
			windows = append(windows, b.aggregator.take(at.Add(100*time.Millisecond), false)...)
		}
		// A window closes a second and its grace later, also while the clock is wrong: two are still open.
		if len(windows) != 18 {
			t.Errorf("%s: expected 18 windows to be closed in 20 s, found %d", name, len(windows))
		}
		windows = append(windows, b.aggregator.take(origin.Add(20*time.Second), true)...)
		seen := map[int64]bool{}
		for _, w := range windows {
			if seen[w.start.UnixNano()] {
				t.Errorf("%s: two windows at %s: one would overwrite the other", name, w.start)
			}
			seen[w.start.UnixNano()] = true
			if count := w.data[0].aggregate.count; count != 10 {
				t.Errorf("%s: expected 10 samples at %s, found %d", name, w.start, count)
			}
		}
		if len(windows) != 20 {
			t.Errorf("%s: expected 20 windows, found %d", name, len(windows))
		}
	}
}

func TestATimeAheadOfOursDoesNotKeepTheWindowOpen(t *testing.T) {
	now := time.Now()
	b := newBench(t, 100)
	trend := b.metric("browser_web_vital_lcp", metrics.Trend)
	// Without a monotonic reading, as from another program whose clock was an hour ahead.
	b.add(trend, now.Round(0).Add(time.Hour), 1, nil)
	b.add(trend, now, 1, nil)
	var count int64
	for _, w := range b.aggregator.take(now.Add(2*time.Second), false) {
		count += w.data[0].aggregate.count
	}
	if count != 2 {
		t.Errorf("expected both samples within two seconds, found %d", count)
	}
}
