package output

import (
	"fmt"
	"time"

	"go.k6.io/k6/errext"
	"go.k6.io/k6/errext/exitcodes"

	"loadstar/k6/output/requests"
)

const (
	statusTag = "status"
	// leastUnanswered keeps a few slow requests of a small run from counting as a target that is gone.
	leastUnanswered = 5
)

// silence ends a run whose target is gone: more load would show nothing, and figures of requests that failed at once
// would hide those of the target at work. k6's thresholds cannot say it, because they look at the run from its start.
type silence struct {
	// limit is how long no request may get an answer; 0 allows any time.
	limit  time.Duration
	window time.Duration
	stop   func(error)

	// since is when the first window began after the last answer; zero while the target answers.
	since      time.Time
	unanswered float64
	// lasted is how long the target had not answered when the run was ended; 0: it was not.
	lasted time.Duration
}

// see takes a window that is complete. A window without a request says nothing.
func (s *silence) see(w window) {
	answered, unanswered := countAnswers(w)
	if answered > 0 {
		s.since, s.unanswered = time.Time{}, 0
		return
	}
	if unanswered == 0 || s.limit == 0 || s.lasted > 0 {
		return
	}
	if s.since.IsZero() {
		s.since = w.start
	}
	s.unanswered += unanswered
	lasted := w.start.Add(s.window).Sub(s.since)
	if lasted < s.limit || s.unanswered < leastUnanswered {
		return
	}
	s.lasted = lasted
	err := fmt.Errorf("no request got an answer for %s: the target is gone, and the load ends (K6_LOADSTAR_DEAD_TARGET)", lasted)
	s.stop(errext.WithExitCodeIfNone(errext.WithAbortReasonIfNone(err, errext.AbortedByOutput), exitcodes.ThresholdsHaveFailed))
}

// counts are the counters of requests.
var counts = ofProtocols(requests.Protocol.Requests)

func countAnswers(w window) (answered, unanswered float64) {
	for _, d := range w.data {
		protocol, ok := counts[d.series.metric.Name]
		if !ok {
			continue
		}
		if protocol.IsAnswered(valueOf(d.series.tags, statusTag)) {
			answered += d.aggregate.sum
		} else {
			unanswered += d.aggregate.sum
		}
	}
	return answered, unanswered
}
