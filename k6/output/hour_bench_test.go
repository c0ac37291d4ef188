//go:build bench

package output

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.k6.io/k6/metrics"
)

// TestWriteHour writes a long, fast run through the output's own encoder, for `make bench` to query: BENCH_SECONDS at
// BENCH_RATE requests/s in BENCH_SERIES series of 4 scenarios. BENCH_LAYOUT=tag writes a histogram as a point a bucket
// instead of a field a bucket, for comparison. BENCH_METRICS=all writes all that k6 emits of such a run, not the request
// times alone.
func TestWriteHour(t *testing.T) {
	in := generatorsInput{
		names: benchNumber("BENCH_SERIES", 20), seconds: benchNumber("BENCH_SECONDS", 3600), rate: benchNumber("BENCH_RATE", 5000),
		testid: os.Getenv("BENCH_TESTID"), onlyDuration: os.Getenv("BENCH_METRICS") != "all",
	}
	server, err := newInflux(Config{
		Addr: os.Getenv("BENCH_URL"), Token: os.Getenv("BENCH_TOKEN"), Organization: os.Getenv("BENCH_ORG"), Bucket: "k6",
	})
	must(t, err)
	start := time.Now().Add(-time.Duration(in.seconds+5) * time.Second).Truncate(time.Second)
	generator := newSimulatedGenerator(in, 1, start)
	var points, size, sent int
	began := time.Now()
	for second := range in.seconds {
		at := start.Add(time.Duration(second) * time.Second)
		lines, n := generator.window(t, at, second%5 == 4 || second == in.seconds-1)
		if os.Getenv("BENCH_LAYOUT") == "tag" {
			lines, n = bucketsAsTags(lines)
		}
		points += n
		size += len(lines)
		body, err := compress(lines)
		must(t, err)
		must(t, server.write(context.Background(), body))
		sent += len(body)
	}
	fmt.Printf("BENCH {\"points\":%d,\"bytes\":%d,\"sent_bytes\":%d,\"elapsed_s\":%g}\n", points, size, sent, time.Since(began).Seconds())
}

// instant are the phases that take no time worth a histogram on connections that are kept.
var instant = map[string]bool{
	"http_req_blocked": true, "http_req_connecting": true, "http_req_tls_handshaking": true, "http_req_sending": true,
	"http_req_receiving": true,
}

// otherMetrics are those that the live dashboard asks for besides the request times.
func otherMetrics(registry *metrics.Registry) []*metrics.Metric {
	byType := map[metrics.MetricType][]string{
		metrics.Counter: {"http_reqs", "iterations", "data_sent", "data_received", "dropped_iterations"},
		metrics.Rate:    {"http_req_failed", "checks"},
		metrics.Gauge:   {"vus", "vus_max"},
		metrics.Trend: {
			"http_req_blocked", "http_req_connecting", "http_req_tls_handshaking", "http_req_sending", "http_req_waiting",
			"http_req_receiving", "iteration_duration", "group_duration",
		},
	}
	var all []*metrics.Metric
	for kind, names := range byType {
		for _, name := range names {
			all = append(all, registry.MustNewMetric(name, kind))
		}
	}
	return all
}

// bucketsAsTags rewrites histograms to the other layout that was weighed: the bucket is a tag, its count the value.
func bucketsAsTags(lines []byte) ([]byte, int) {
	var out strings.Builder
	points := 0
	for _, line := range strings.Split(strings.TrimSpace(string(lines)), "\n") {
		key, rest, _ := strings.Cut(line, " ")
		// Spaces in tags are escaped: the first bare one ends the key.
		for strings.HasSuffix(key, `\`) {
			more, after, _ := strings.Cut(rest, " ")
			key, rest = key+" "+more, after
		}
		if !strings.Contains(key, histogramSuffix) {
			out.WriteString(line + "\n")
			points++
			continue
		}
		fields, at, _ := strings.Cut(rest, " ")
		for _, field := range strings.Split(fields, ",") {
			name, value, _ := strings.Cut(field, "=")
			fmt.Fprintf(&out, "%s,bucket=%s n=%s %s\n", key, name, value, at)
			points++
		}
	}
	return []byte(out.String()), points
}
