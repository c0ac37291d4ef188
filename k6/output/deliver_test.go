package output

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
)

// server answers as told, and remembers what it took.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	taken  []string
	answer func(attempt int64, lines string) int
	// message is what an answer that is no success says.
	message string
	calls   atomic.Int64
}

func newServer(t *testing.T, answer func(attempt int64, lines string) int) *server {
	t.Helper()
	s := &server{answer: answer, message: "because"}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		zip, err := gzip.NewReader(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		text, _ := io.ReadAll(zip)
		status := s.answer(s.calls.Add(1), string(text))
		if status/100 == 2 {
			s.mu.Lock()
			s.taken = append(s.taken, string(text))
			s.mu.Unlock()
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"code": "x", "message": s.message})
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.taken)
}

func quiet() logrus.FieldLogger {
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	return logger
}

func packed(t *testing.T, text string) batch {
	t.Helper()
	body, err := compress([]byte(text))
	must(t, err)
	return batch{body, strings.Count(text, "\n")}
}

// deliverAll runs a deliverer until the queue is empty.
func deliverAll(t *testing.T, s *server, q *queue) *deliverer {
	t.Helper()
	client, err := newInflux(Config{Addr: s.URL, Token: "t"})
	must(t, err)
	d := &deliverer{queue: q, influx: client, logger: quiet()}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var running sync.WaitGroup
	running.Go(func() { d.run(ctx) })
	deadline := time.Now().Add(20 * time.Second)
	for {
		if batches, _, _ := q.size(); batches == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("expected the queue to become empty")
		}
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	running.Wait()
	return d
}

func TestBatchesArriveInOrderThroughEveryPassingFault(t *testing.T) {
	for _, status := range []int{429, 500, 503, 401, 404} {
		s := newServer(t, func(attempt int64, _ string) int {
			if attempt == 1 || attempt == 3 {
				return status
			}
			return 204
		})
		q := newQueue(1<<20, 1<<20, "", spoolMeta{})
		for i := range 3 {
			must(t, q.push(packed(t, fmt.Sprintf("m v=%di\n", i))))
		}
		d := deliverAll(t, s, q)
		if got := strings.Join(s.lines(), ""); got != "m v=0i\nm v=1i\nm v=2i\n" {
			t.Errorf("%d: expected all in order, found %q", status, got)
		}
		if d.rejectedBatches.Load() != 0 {
			t.Errorf("%d: expected nothing to be given up", status)
		}
	}
}

func TestABatchThatIsRefusedForGoodIsCountedAndTheNextGoesOn(t *testing.T) {
	s := newServer(t, func(_ int64, lines string) int {
		if strings.Contains(lines, "bad") {
			return 400
		}
		return 204
	})
	q := newQueue(1<<20, 1<<20, "", spoolMeta{})
	must(t, q.push(packed(t, "bad v=1\n")))
	must(t, q.push(packed(t, "good v=1\n")))
	if d := deliverAll(t, s, q); d.rejectedBatches.Load() != 1 || len(s.lines()) != 1 {
		t.Errorf("expected one rejected and one taken, found %d and %v", d.rejectedBatches.Load(), s.lines())
	}
}

func TestPointsThatAreRefusedForGoodAreLostAndCountedWithTheWordsOfInfluxDB(t *testing.T) {
	const conflict = `partial write: field type conflict: input field "value" on measurement "m" is type float, ` +
		`already exists as type integer dropped=%d`
	const lines = "m v=1\nm v=2\nm v=3\n"
	for name, c := range map[string]struct {
		message string
		// largest is how many bytes the server takes at once, and memory what the queue keeps of them.
		largest int
		memory  int64
		lost    int64
	}{
		"a batch that cannot be read":       {"unable to parse", len(lines), 1 << 20, 3},
		"a partial write":                   {fmt.Sprintf(conflict, 2), len(lines), 1 << 20, 2},
		"a batch that waited on disk":       {"unable to parse", len(lines), 0, 3},
		"a batch that was too large":        {"unable to parse", len(lines) - 1, 1 << 20, 3},
		"more than there is, from who lies": {fmt.Sprintf(conflict, 99), len(lines), 1 << 20, 3},
	} {
		s := newServer(t, func(_ int64, lines string) int {
			if len(lines) > c.largest {
				return 413
			}
			return 422
		})
		s.message = c.message
		q := newQueue(c.memory, 1<<20, filepath.Join(t.TempDir(), "spool"), spoolMeta{})
		must(t, q.push(packed(t, lines)))
		d := deliverAll(t, s, q)
		if d.lostPoints.Load() != c.lost {
			t.Errorf("%s: expected %d lost points, found %d", name, c.lost, d.lostPoints.Load())
		}
		if words := d.refusal.Load(); words == nil || *words != c.message {
			t.Errorf("%s: expected the words of InfluxDB, found %v", name, words)
		}
	}
}

func TestABodyThatIsTooLargeIsHalved(t *testing.T) {
	s := newServer(t, func(_ int64, lines string) int {
		if len(lines) > 4_000 {
			return 413
		}
		return 204
	})
	q := newQueue(1<<20, 1<<20, "", spoolMeta{})
	var text strings.Builder
	for i := range 1_000 {
		fmt.Fprintf(&text, "measurement field=%di\n", i)
	}
	must(t, q.push(packed(t, text.String())))
	deliverAll(t, s, q)
	if got := strings.Join(s.lines(), ""); got != text.String() {
		t.Errorf("expected every line once, found %d bytes of %d", len(got), text.Len())
	}
}

func TestBeyondMemoryBatchesWaitOnDiskInOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s := newServer(t, func(int64, string) int { return 204 })
	q := newQueue(100, 1<<20, dir, spoolMeta{})
	var want strings.Builder
	for i := range 20 {
		line := fmt.Sprintf("m v=%di\n", i)
		want.WriteString(line)
		must(t, q.push(packed(t, line)))
	}
	_, memory, spooled := q.size()
	if memory > 100 || spooled == 0 {
		t.Fatalf("expected memory to be bounded and the rest on disk, found %d and %d", memory, spooled)
	}
	deliverAll(t, s, q)
	if got := strings.Join(s.lines(), ""); got != want.String() {
		t.Errorf("expected the order kept, found %q", got)
	}
	if left, lost, err := q.leave(); left != 0 || lost != 0 || err != nil {
		t.Errorf("expected nothing left, found %d and %d, %v", left, lost, err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Error("expected the empty spool to be removed")
	}
}

func TestWhatInfluxDBDoesNotTakeIsLeftWholeAndInOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	q := newQueue(100, 1<<20, dir, spoolMeta{Bucket: "k6", TestID: "t1"})
	for i := range 6 {
		must(t, q.push(packed(t, fmt.Sprintf("m v=%di\n", i))))
	}
	left, _, err := q.leave()
	must(t, err)
	files, err := filepath.Glob(filepath.Join(dir, "*.lp.gz"))
	must(t, err)
	slices.Sort(files)
	if left != 6 || len(files) != 6 {
		t.Fatalf("expected 6 batches, found %d in %d files", left, len(files))
	}
	for i, file := range files {
		opened, err := os.Open(file)
		must(t, err)
		zip, err := gzip.NewReader(opened)
		must(t, err)
		text, err := io.ReadAll(zip)
		must(t, err)
		_ = opened.Close()
		if string(text) != fmt.Sprintf("m v=%di\n", i) {
			t.Errorf("expected batch %d, found %q", i, text)
		}
	}
	var meta spoolMeta
	text, err := os.ReadFile(filepath.Join(dir, "meta.json"))
	must(t, err)
	must(t, json.Unmarshal(text, &meta))
	if meta != (spoolMeta{Bucket: "k6", TestID: "t1", Closed: true}) {
		t.Errorf("expected to know where it belongs, found %+v", meta)
	}
}

func TestWhatFindsNoRoomAtTheEndIsCounted(t *testing.T) {
	q := newQueue(1<<20, 1<<20, "", spoolMeta{})
	for range 2 {
		must(t, q.push(packed(t, "m v=1\nm v=2\n")))
	}
	if spooled, lost, err := q.leave(); spooled != 0 || lost != 4 || err == nil {
		t.Errorf("expected 4 lost points and an error, found %d spooled, %d lost, %v", spooled, lost, err)
	}
}

func TestAFullSpoolSaysSo(t *testing.T) {
	q := newQueue(40, 40, filepath.Join(t.TempDir(), "spool"), spoolMeta{})
	var failed error
	for i := 0; failed == nil && i < 10; i++ {
		failed = q.push(packed(t, fmt.Sprintf("m v=%di\n", i)))
	}
	if failed != errQueueFull {
		t.Errorf("expected %v, found %v", errQueueFull, failed)
	}
}

func TestASpoolThatCannotBeWrittenSaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a file, not a directory")
	must(t, os.WriteFile(file, nil, 0o600))
	q := newQueue(0, 1<<20, filepath.Join(file, "spool"), spoolMeta{})
	if err := q.push(packed(t, "m v=1\n")); err == nil {
		t.Error("expected an error")
	}
}

func TestWhileInfluxDBIsAwayWhatWaitsIsOnDiskAndIsDeliveredInOrderAfterwards(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	var away atomic.Bool
	s := newServer(t, func(int64, string) int {
		if away.Load() {
			return 503
		}
		return 204
	})
	away.Store(true)
	q := newQueue(1<<20, 1<<20, dir, spoolMeta{})
	client, err := newInflux(Config{Addr: s.URL, Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	d := &deliverer{queue: q, influx: client, logger: quiet()}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var running sync.WaitGroup
	running.Go(func() { d.run(ctx) })
	var want strings.Builder
	push := func(from, to int) {
		for i := from; i < to; i++ {
			line := fmt.Sprintf("m v=%di\n", i)
			want.WriteString(line)
			must(t, q.push(packed(t, line)))
		}
	}
	until := func(what string, reached func() bool) {
		for deadline := time.Now().Add(20 * time.Second); !reached(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("expected %s", what)
			}
		}
	}
	push(0, 3)
	until("what was in memory to be on disk", func() bool { _, memory, _ := q.size(); return memory == 0 })
	push(3, 6)
	// A generator that is killed now leaves all of it behind.
	files, err := filepath.Glob(filepath.Join(dir, "*.lp.gz"))
	must(t, err)
	if _, memory, _ := q.size(); memory != 0 || len(files) != 6 {
		t.Fatalf("expected 6 batches on disk and none in memory, found %d and %d bytes", len(files), memory)
	}
	away.Store(false)
	until("all to be delivered", func() bool { batches, _, _ := q.size(); return batches == 0 })
	push(6, 8)
	until("the rest to be delivered", func() bool { batches, _, _ := q.size(); return batches == 0 })
	if _, _, spooled := q.size(); spooled != 0 {
		t.Errorf("expected an empty spool, found %d bytes", spooled)
	}
	stop()
	running.Wait()
	if got := strings.Join(s.lines(), ""); got != want.String() {
		t.Errorf("expected every batch once and in order, found %q", got)
	}
	if left, lost, err := q.leave(); left != 0 || lost != 0 || err != nil {
		t.Errorf("expected nothing left, found %d and %d, %v", left, lost, err)
	}
}

func TestWhereTheDiskIsFullTooMemoryStillTakesWhatItCan(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a file, not a directory")
	must(t, os.WriteFile(file, nil, 0o600))
	q := newQueue(1<<20, 1<<20, filepath.Join(file, "spool"), spoolMeta{})
	must(t, q.push(packed(t, "m v=1\n")))
	q.setCareful(true)
	must(t, q.push(packed(t, "m v=2\n")))
	if batches, memory, spooled := q.size(); batches != 2 || memory == 0 || spooled != 0 {
		t.Errorf("expected both in memory, found %d batches, %d and %d bytes", batches, memory, spooled)
	}
}
