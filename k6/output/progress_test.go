package output

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"
	"go.k6.io/k6/metrics"
)

func TestProgressIsWhatAWindowSawOfRequests(t *testing.T) {
	o, b := newOutput(t, nil)
	logger, logged := test.NewNullLogger()
	o.logger, o.config.Progress = logger, true
	for i, latency := range []float64{10, 10, 1000} {
		tags := map[string]string{"name": []string{"a", "b", "a"}[i]}
		at := epoch.Add(time.Duration(i) * 100 * time.Millisecond)
		b.add(b.metric("http_reqs", metrics.Counter), at, 1, tags)
		b.add(b.metric("http_req_failed", metrics.Rate), at, float64(i/2), tags)
		b.add(b.metric("http_req_duration", metrics.Trend), at, latency, tags)
	}
	// A window of something else is no progress of requests.
	b.add(b.metric("iterations", metrics.Counter), epoch.Add(time.Second), 1, nil)
	o.flush(epoch.Add(5*time.Second), true)
	if len(logged.Entries) != 1 {
		t.Fatalf("expected one entry, found %d", len(logged.Entries))
	}
	entry := logged.LastEntry()
	if entry.Message != progressMessage || entry.Level != logrus.InfoLevel {
		t.Errorf("expected an info %q, found %v", progressMessage, entry)
	}
	data := entry.Data
	if data["requests"] != 3.0 || data["failed"] != 1.0 || data["window_s"] != 1.0 || data["start_s"] != float64(epoch.Unix()) {
		t.Errorf("expected 3 requests, one failed, found %v", data)
	}
	_, ten := bucketOf(10)
	_, thousand := bucketOf(1000)
	wanted := map[string]int64{positivePrefix + strconv.Itoa(ten): 2, positivePrefix + strconv.Itoa(thousand): 1}
	found, ok := data["latencies"].(map[string]int64)
	if !ok || len(found) != 2 {
		t.Fatalf("expected two buckets, found %v", data["latencies"])
	}
	for bucket, count := range wanted {
		if found[bucket] != count {
			t.Errorf("expected %d in %s, found %v", count, bucket, found)
		}
	}
}

func TestAGeneratorSaysWhatItAloneHasSeenSoFar(t *testing.T) {
	window := func(latency float64) progress {
		p := progress{length: time.Second, requests: 1, failed: 1, latencies: newHistogram()}
		p.latencies.addSorted([]float64{latency})
		return p
	}
	soFar, e := progress{latencies: newHistogram()}, newEncoder()
	for _, latency := range []float64{10, 1000} {
		seen := window(latency)
		soFar.add(seen)
		seen.write(e, nil, epoch, soFar)
	}
	lines, _, err := e.take()
	must(t, err)
	last := strings.Split(string(lines), "\n")[1]
	if !strings.Contains(last, " requests_per_s=1,failed_per_s=1,p95_ms=1000,requests=2,failed=2,run_p95_ms=95") {
		t.Errorf("expected two requests, both failed, and a p95 between their latencies, found %q", last)
	}
}
