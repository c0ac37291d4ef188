package output

import "time"

// clock tells times that never step, whatever is done to the clock of the machine during a run: a step back would put two
// windows at one time, where the later point takes the place of the earlier one; a step ahead would tear a run in two.
type clock struct {
	origin time.Time
}

func newClock(now time.Time) clock {
	return clock{now}
}

// steady is the wall clock at the origin plus what has passed since on the monotonic one. A time without a monotonic
// reading, as a browser reports it, stays as it is.
func (c clock) steady(at time.Time) time.Time {
	return c.origin.Add(at.Sub(c.origin))
}
