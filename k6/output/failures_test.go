package output

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.k6.io/k6/metrics"
)

func TestFailuresSayWhatFailedHowOftenAndWhenFirst(t *testing.T) {
	b := newBench(t, 100)
	failed, checks := b.metric(metrics.HTTPReqFailedName, metrics.Rate), b.metric(metrics.ChecksName, metrics.Rate)
	ok := map[string]string{"name": "GET /a", "status": "200"}
	locked := map[string]string{"name": "GET /a", "status": "401", "error_code": "1401", "method": "GET"}
	refused := map[string]string{"name": "GET /b", "status": "0", "error_code": "1212"}
	b.add(failed, epoch, 0, ok)
	b.add(failed, epoch.Add(3*time.Second), 1, locked)
	b.add(failed, epoch.Add(2*time.Second), 1, locked)
	b.add(failed, epoch.Add(4*time.Second), 1, map[string]string{"name": "GET /b", "status": "401", "error_code": "1401"})
	b.add(failed, epoch.Add(time.Second), 1, refused)
	b.add(checks, epoch, 1, map[string]string{"check": "is whole"})
	b.add(checks, epoch.Add(time.Second), 0, map[string]string{"check": "is whole", "group": "::other"})
	b.add(checks, epoch, 1, map[string]string{"check": "passes"})

	got := b.aggregator.failures()
	wanted := failures{
		FailedRequests: 4, FailedChecks: 1,
		Answers: []cause{
			{"GET /a", 401, 1401, 3, 5, epoch.Add(2 * time.Second).UTC()},
			{"GET /b", 0, 1212, 1, 5, epoch.Add(time.Second).UTC()},
		},
		Requests: []cause{
			{"GET /a", 401, 1401, 2, 3, epoch.Add(2 * time.Second).UTC()},
			{"GET /b", 0, 1212, 1, 2, epoch.Add(time.Second).UTC()},
			{"GET /b", 401, 1401, 1, 2, epoch.Add(4 * time.Second).UTC()},
		},
		Checks: []cause{{"is whole", 0, 0, 1, 2, epoch.Add(time.Second).UTC()}},
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", wanted) {
		t.Errorf("expected %+v\nfound    %+v", wanted, got)
	}
}

func TestFailuresAreBoundedAndAllAreCounted(t *testing.T) {
	b := newBench(t, 1000)
	failed := b.metric(metrics.HTTPReqFailedName, metrics.Rate)
	for n := range 100 {
		name := fmt.Sprintf("GET /%d/%s", n, strings.Repeat("<", longestTag))
		b.add(failed, epoch, 1, map[string]string{"name": name, "status": "500", "error_code": "1500"})
	}
	got := b.aggregator.failures()
	if len(got.Requests) != mostCauses || got.FailedRequests != 100 || got.Answers[0].Count != 100 {
		t.Errorf("expected %d of 100 failures listed, found %d of %d", mostCauses, len(got.Requests), got.FailedRequests)
	}
	text, err := got.text()
	must(t, err)
	var read failures
	must(t, json.Unmarshal([]byte(text), &read))
	if len(text) > longestFailures || len(read.Requests) == 0 || read.FailedRequests != 100 {
		t.Errorf("expected a text that fits and still says most, found %d bytes with %d requests", len(text), len(read.Requests))
	}
}
