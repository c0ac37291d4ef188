package output

import (
	"encoding/json"
	"sort"
	"strconv"
	"time"

	"go.k6.io/k6/metrics"

	"loadstar/k6/output/requests"
)

const (
	// mostCauses of a kind are listed; the totals count all.
	mostCauses = 20
	// longestFailures is in bytes: InfluxDB takes 64 KiB for a field.
	longestFailures = 48 << 10
)

// failing says which values of a metric are failures.
type failing int8

const (
	never failing = iota
	nonZero
	zero
)

// failedRequests are the rates of failed requests.
var failedRequests = ofProtocols(requests.Protocol.Failed)

func failingOf(metric string) failing {
	switch {
	case has(failedRequests, metric):
		return nonZero
	case metric == metrics.ChecksName:
		return zero
	default:
		return never
	}
}

// failures are what failed in a run, for whoever asks why it did.
type failures struct {
	FailedRequests int64 `json:"failed_requests"`
	FailedChecks   int64 `json:"failed_checks"`
	// Answers are of all requests together: what came back, or did not.
	Answers  []cause `json:"answers"`
	Requests []cause `json:"requests"`
	Checks   []cause `json:"checks"`
}

// cause is one way to fail, how often, and when first.
type cause struct {
	// Name of the request or check; of an answer that of the first request.
	Name string `json:"name"`
	// Status is 0 where no answer came, and of a check.
	Status    int `json:"status"`
	ErrorCode int `json:"error_code"`
	// Count of failures, Of all that had the name; of an answer, of all requests.
	Count int64     `json:"count"`
	Of    int64     `json:"of"`
	First time.Time `json:"first"`
}

// tally counts causes that are told apart by a key.
type tally[K comparable] map[K]*cause

func (t tally[K]) add(key K, c cause) {
	sum := t[key]
	if sum == nil {
		t[key] = &c
		return
	}
	sum.Count += c.Count
	if c.First.Before(sum.First) {
		sum.First, sum.Name = c.First, c.Name
	}
}

// most returns the most frequent causes, and how many failures there are in all. of says how many there could be.
func (t tally[K]) most(of func(name string) int64) ([]cause, int64) {
	all := make([]cause, 0, len(t))
	var total int64
	for _, c := range t {
		c.Of = of(c.Name)
		total += c.Count
		all = append(all, *c)
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].Count != all[j].Count {
			return all[i].Count > all[j].Count
		}
		if all[i].Name != all[j].Name {
			return all[i].Name < all[j].Name
		}
		return all[i].ErrorCode < all[j].ErrorCode
	})
	return all[:min(len(all), mostCauses)], total
}

type answer struct{ status, errorCode int }

type requestAnswer struct {
	name string
	answer
}

// failures sums up what failed by the series that saw it, so that it is as bounded as they are.
func (a *aggregator) failures() failures {
	a.mu.Lock()
	defer a.mu.Unlock()
	answers, byName, checks := tally[answer]{}, tally[requestAnswer]{}, tally[string]{}
	ofRequests, ofChecks, ofAll := map[string]int64{}, map[string]int64{}, int64(0)
	for _, s := range a.guard.byText {
		if s.failing == never {
			continue
		}
		name, of := valueOf(s.tags, "name"), ofRequests
		if s.failing == zero {
			of = ofChecks
			if check := valueOf(s.tags, "check"); check != "" {
				name = check
			}
		}
		of[name] += s.received - s.dropped
		if s.failing == nonZero {
			ofAll += s.received - s.dropped
		}
		if s.failed == 0 {
			continue
		}
		got := answer{numberOf(s.tags, "status"), numberOf(s.tags, "error_code")}
		c := cause{Name: name, Status: got.status, ErrorCode: got.errorCode, Count: s.failed, First: time.Unix(0, s.firstFailed).UTC()}
		if s.failing == zero {
			checks.add(name, c)
			continue
		}
		answers.add(got, c)
		byName.add(requestAnswer{name, got}, c)
	}
	var f failures
	f.Answers, f.FailedRequests = answers.most(func(string) int64 { return ofAll })
	f.Requests, _ = byName.most(func(name string) int64 { return ofRequests[name] })
	f.Checks, f.FailedChecks = checks.most(func(name string) int64 { return ofChecks[name] })
	return f
}

// text is JSON that fits into a field; the least frequent causes give way.
func (f failures) text() (string, error) {
	for {
		text, err := json.Marshal(f)
		if err != nil || len(text) <= longestFailures {
			return string(text), err
		}
		f.Requests, f.Checks = f.Requests[:len(f.Requests)/2], f.Checks[:len(f.Checks)/2]
		if len(f.Requests) == 0 {
			f.Answers = f.Answers[:len(f.Answers)/2]
		}
	}
}

func numberOf(tags []tag, key string) int {
	number, err := strconv.Atoi(valueOf(tags, key))
	if err != nil {
		return 0
	}
	return number
}
