package output

import (
	"strconv"
	"time"

	"github.com/sirupsen/logrus"

	"loadstar/k6/output/requests"
)

// progressMessage marks the log entries that hold a progress.
const progressMessage = "progress"

// progress is what one window saw of requests: those of the first protocol that made any. Whoever follows the run adds up windows, also of several generators.
type progress struct {
	start, length time.Duration
	requests      float64
	failed        float64
	latencies     *histogram
}

// progressOf adds up the scenarios of a window.
func progressOf(groups map[string]*scenarioGroup, start time.Time, length time.Duration) progress {
	p := progress{start: time.Duration(start.UnixNano()), length: length, latencies: newHistogram()}
	for _, protocol := range requests.Protocols {
		for _, group := range groups {
			switch group.metric.Name {
			case protocol.Requests():
				p.requests += group.total.sum
			case protocol.Failed():
				p.failed += group.total.sum
			case protocol.Duration():
				p.latencies.merge(group.counts)
			}
		}
		if p.requests > 0 {
			break
		}
	}
	return p
}

// add makes p the sum of itself and a later window.
func (p *progress) add(window progress) {
	p.requests += window.requests
	p.failed += window.failed
	p.latencies.merge(window.latencies)
}

// write writes what this generator alone saw, in the window and so far: of merged ones, nothing else says which is slow.
func (p progress) write(e *encoder, tags []tag, at time.Time, soFar progress) {
	if p.requests == 0 {
		return
	}
	e.start(generatorMeasurement, tags)
	e.float("requests_per_s", p.requests/p.length.Seconds())
	e.float("failed_per_s", p.failed/p.length.Seconds())
	e.float("p95_ms", p.latencies.quantiles([]float64{0.95})[0])
	e.float("requests", soFar.requests)
	e.float("failed", soFar.failed)
	e.float("run_p95_ms", soFar.latencies.quantiles([]float64{0.95})[0])
	e.end(at)
}

// log writes the progress as fields of an entry. A window without requests is no news.
func (p progress) log(logger logrus.FieldLogger) {
	if p.requests == 0 {
		return
	}
	counts := map[string]int64{}
	if p.latencies.zero > 0 {
		counts[zeroField] = p.latencies.zero
	}
	p.latencies.positive.each(func(index int, count int64) { counts[positivePrefix+strconv.Itoa(index)] = count })
	logger.WithFields(logrus.Fields{
		"start_s": p.start.Seconds(), "window_s": p.length.Seconds(),
		"requests": p.requests, "failed": p.failed, "latencies": counts,
	}).Info(progressMessage)
}
