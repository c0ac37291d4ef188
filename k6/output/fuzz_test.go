package output

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.k6.io/k6/metrics"
	k6output "go.k6.io/k6/output"
)

// Names of requests, checks and thresholds come from whoever wrote the test, and from whatever it asks.
var hostile = []string{
	"", "a", "a,b=c d=1", "a b\\", "\\", "x\n injected,testid=other value=1", "\r", "\x00", "\xff\xfe", "日本 語", "=", ",",
	`"quoted"`, "__proto__", "../../x", "<script>", "${x}", strings.Repeat("a", 10_000), strings.Repeat("\\ ", 500),
}

// FuzzBreachTags: whatever a name holds, it is one tag of one point, and begins no other.
func FuzzBreachTags(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, "GET /")
		f.Add("check", text)
	}
	f.Fuzz(func(t *testing.T, scenario, name string) {
		b := newBreaches(map[string]metrics.Thresholds{
			scenario: {Thresholds: []*metrics.Threshold{{Source: name, LastFailed: true}}},
		})
		e := newEncoder()
		var tags []tag
		for _, one := range []tag{{"name", storable(name)}, {"scenario", storable(scenario)}} {
			// k6's tag sets hold no empty value.
			if one.value != "" {
				tags = append(tags, one)
			}
		}
		b.write(e, tags, time.Unix(1, 0))
		lines, points, err := e.take()
		// One that cannot be encoded would take the others of its batch along.
		must(t, err)
		read := decode(t, lines)
		if len(read) != 1 || points != 1 || bytes.Count(bytes.TrimRight(lines, "\n"), []byte("\n")) > 0 {
			t.Fatalf("expected one line of one point, found %q", lines)
		}
		for _, p := range read {
			if p.measurement != breachMeasurement || p.fields["broken"] != true {
				t.Fatalf("expected a breach, found %+v", p)
			}
			for key, value := range p.tags {
				if !utf8.ValidString(value) || (key != "name" && key != "scenario" && key != "threshold") {
					t.Fatalf("expected our own tags, found %q=%q", key, value)
				}
			}
		}
	})
}

// FuzzConfig: settings are read or refused, and no message repeats a token or what stands before a host.
func FuzzConfig(f *testing.F) {
	const token = "planted-token"
	for name := range ownSettings {
		for _, text := range append(hostile, "1s", "10", "-1", "9223372036854775808", "true") {
			f.Add(name, text, "http://localhost:8086/k6")
		}
	}
	f.Add("K6_INFLUXDB_ADDR", "http://u:planted-token@h", "")
	f.Add("K6_LOADSTAR_WINDOW", "planted-token", "http://u:planted-token@h/b")
	directory := f.TempDir()
	f.Fuzz(func(t *testing.T, name, value, argument string) {
		if name == ownPrefix+"SPOOL_DIR" {
			// Directories are made where the user says: here only below one of ours.
			value = filepath.Join(directory, filepath.Base(filepath.Clean("/"+value)))
		}
		env := map[string]string{"K6_INFLUXDB_ORGANIZATION": "o", "K6_INFLUXDB_TOKEN": token, name: value}
		config, err := NewConfig(k6output.Params{Environment: env, ConfigArgument: argument})
		if err != nil {
			if name != influxPrefix+"ADDR" && strings.Contains(err.Error(), token) && !strings.Contains(name, token) {
				t.Fatalf("the message repeats a secret: %v", err)
			}
			return
		}
		if config.Window < time.Second || config.SeriesLimit < 1 || config.MemoryLimit < 1 || config.DrainTimeout < 0 {
			t.Fatalf("expected what works, found %+v", config)
		}
	})
}

// FuzzSpool: what waits on disk comes back in its order and whole, and lies in its directory.
func FuzzSpool(f *testing.F) {
	for _, text := range hostile {
		f.Add([]byte(text), text, int64(10))
	}
	f.Fuzz(func(t *testing.T, body []byte, testid string, limit int64) {
		directory := t.TempDir()
		q := newQueue(1, limit, filepath.Join(directory, "run"), spoolMeta{Bucket: "k6", TestID: testid})
		pushed := 0
		for i := 0; i < 3; i++ {
			if q.push(batch{body: body, points: 1}) == nil {
				pushed++
			}
		}
		for i := 0; i < pushed; i++ {
			b, ok, err := q.next()
			must(t, err)
			if !ok || !bytes.Equal(b.body, body) {
				t.Fatalf("batch %d: expected %q, found %q", i, body, b.body)
			}
			must(t, q.done(b))
		}
		entries, err := os.ReadDir(directory)
		must(t, err)
		if len(entries) > 1 {
			t.Fatalf("expected the spool alone, found %v", entries)
		}
	})
}
