package output

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// batch is a request body for InfluxDB: gzipped line protocol.
type batch struct {
	body   []byte
	points int
}

// errQueueFull says that neither memory nor disk can take more: samples are lost, and the report says how many.
var errQueueFull = errors.New("neither memory nor spool has room")

// queue keeps batches in order until InfluxDB has acknowledged them: first in memory, and beyond its limit on disk.
type queue struct {
	memoryLimit int64
	spoolLimit  int64
	dir         string
	meta        spoolMeta

	mu sync.Mutex
	// careful puts what comes on disk at once: a generator that is killed while InfluxDB is away keeps what it measured.
	careful     bool
	memory      []batch
	memoryBytes int64
	// files [firstFile, nextFile) are on disk; all of them are younger than what is in memory.
	firstFile, nextFile int
	spoolBytes          int64
	// aside is a batch of which nobody knows whether the merger has it, older than all others; nil without one.
	aside   *asideBatch
	arrived chan struct{}
}

// asideBatch is in memory, and on disk too where there is room.
type asideBatch struct {
	batch
	is_on_disk bool
}

// asideNumber lies before those of all other files: a later delivery takes it first.
const asideNumber = -firstNumber

// spoolMeta tells a later delivery where the spooled points belong. There is no secret in it.
type spoolMeta struct {
	Bucket string `json:"bucket"`
	TestID string `json:"testid"`
	// Closed says that nobody writes here any more. A generator that was killed leaves it false.
	Closed bool `json:"closed"`
	// Merged says that only a merger can deliver what is here: it knows which batches InfluxDB has.
	Merged bool `json:"merged"`
}

// newQueue makes an empty queue; a dir of "" keeps nothing on disk.
func newQueue(memoryLimit, spoolLimit int64, dir string, meta spoolMeta) *queue {
	return &queue{
		memoryLimit: memoryLimit, spoolLimit: spoolLimit, dir: dir, meta: meta,
		arrived: make(chan struct{}, 1),
	}
}

// push takes a batch. It fails only with errQueueFull or when the disk fails.
func (q *queue) push(b batch) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	on_disk := q.nextFile > q.firstFile
	in_memory := !on_disk && q.memoryBytes+int64(len(b.body)) <= q.memoryLimit
	if !in_memory || q.careful {
		err := q.spool(b)
		if err != nil && !in_memory {
			return err
		}
		in_memory = err != nil
	}
	if in_memory {
		q.memory = append(q.memory, b)
		q.memoryBytes += int64(len(b.body))
	}
	select {
	case q.arrived <- struct{}{}:
	default:
	}
	return nil
}

// setCareful says whether InfluxDB has trouble: what waits goes on disk then, and so does what comes.
func (q *queue) setCareful(careful bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.careful = careful
	if careful && q.dir != "" && q.spoolBytes+q.memoryBytes <= q.spoolLimit {
		// What finds no room on disk stays in memory.
		_ = q.spill()
	}
}

// spill puts what is in memory on disk. It is older than what is there: it gets the numbers before it.
func (q *queue) spill() error {
	for last := len(q.memory) - 1; last >= 0; last-- {
		b := q.memory[last]
		if err := q.writeFile(q.firstFile-1, b.body); err != nil {
			return err
		}
		q.firstFile--
		q.memory[last] = batch{}
		q.memory = q.memory[:last]
		q.memoryBytes -= int64(len(b.body))
		q.spoolBytes += int64(len(b.body))
	}
	return nil
}

// next returns the oldest batch without removing it; false when there is none.
func (q *queue) next() (batch, bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.memory) > 0 {
		return q.memory[0], true, nil
	}
	if q.firstFile == q.nextFile {
		return batch{}, false, nil
	}
	body, err := os.ReadFile(q.file(q.firstFile))
	if err != nil {
		return batch{}, false, fmt.Errorf("the spool cannot be read: %w", err)
	}
	return batch{body: body}, true, nil
}

// done removes the oldest batch: InfluxDB has it.
func (q *queue) done(b batch) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.memory) > 0 {
		q.removeOldest(b)
		return nil
	}
	err := os.Remove(q.file(q.firstFile))
	q.firstFile++
	q.spoolBytes -= int64(len(b.body))
	return err
}

func (q *queue) removeOldest(b batch) {
	q.memory[0] = batch{}
	q.memory = q.memory[1:]
	q.memoryBytes -= int64(len(b.body))
}

// setAside takes the oldest batch out of the order, until its fate is known: those behind it go on.
func (q *queue) setAside(b batch) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.aside = &asideBatch{batch: b}
	if len(q.memory) > 0 {
		q.removeOldest(b)
		// Without room on disk it is in memory.
		_ = q.spoolAside()
		return nil
	}
	err := os.Rename(q.file(q.firstFile), q.file(asideNumber))
	q.firstFile++
	q.aside.is_on_disk = err == nil
	return err
}

func (q *queue) spoolAside() error {
	if q.aside.is_on_disk {
		return nil
	}
	err := q.spoolAs(asideNumber, q.aside.batch)
	q.aside.is_on_disk = err == nil
	return err
}

// oldestAside returns the batch that was set aside; false without one.
func (q *queue) oldestAside() (batch, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.aside == nil {
		return batch{}, false
	}
	return q.aside.batch, true
}

// asideDone removes the batch that was set aside: InfluxDB has it.
func (q *queue) asideDone() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	done := q.aside
	q.aside = nil
	if !done.is_on_disk {
		return nil
	}
	q.spoolBytes -= int64(len(done.body))
	return os.Remove(q.file(asideNumber))
}

// waiting is how many batches there are.
func (q *queue) waiting() int {
	count := len(q.memory) + q.nextFile - q.firstFile
	if q.aside != nil {
		count++
	}
	return count
}

// size says what waits: batches, bytes in memory, bytes on disk.
func (q *queue) size() (batches int, memoryBytes, spoolBytes int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting(), q.memoryBytes, q.spoolBytes
}

// leave puts everything that still waits on disk, for a later delivery. It returns how many batches that is, and how
// many points found no room there and are lost.
func (q *queue) leave() (spooled int, lostPoints int64, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting() == 0 {
		return 0, 0, q.removeDir()
	}
	for spillErr := q.spill(); spillErr != nil; spillErr = q.spill() {
		// A smaller one may still find room.
		err = spillErr
		last := len(q.memory) - 1
		lostPoints += int64(q.memory[last].points)
		q.memoryBytes -= int64(len(q.memory[last].body))
		q.memory = q.memory[:last]
	}
	spooled = q.nextFile - q.firstFile
	if q.aside != nil {
		if asideErr := q.spoolAside(); asideErr == nil {
			spooled++
		} else {
			err, lostPoints = errors.Join(err, asideErr), lostPoints+int64(q.aside.points)
		}
	}
	if spooled > 0 {
		q.meta.Closed = true
		// Without it the delivery only waits a minute longer, until nobody has touched the spool for so long.
		err = errors.Join(err, q.writeMeta())
	}
	return spooled, lostPoints, err
}

// removeDir removes the empty spool of a run that delivered everything.
func (q *queue) removeDir() error {
	if q.dir == "" {
		return nil
	}
	if err := os.Remove(q.metaFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Remove(q.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (q *queue) metaFile() string { return filepath.Join(q.dir, "meta.json") }

func (q *queue) writeMeta() error {
	text, err := json.Marshal(q.meta)
	if err != nil {
		return err
	}
	return os.WriteFile(q.metaFile(), text, 0o600)
}

func (q *queue) spool(b batch) error {
	if err := q.spoolAs(q.nextFile, b); err != nil {
		return err
	}
	q.nextFile++
	return nil
}

// spoolAs puts a batch on disk under a number, where there is room.
func (q *queue) spoolAs(number int, b batch) error {
	if q.dir == "" || q.spoolBytes+int64(len(b.body)) > q.spoolLimit {
		return errQueueFull
	}
	if err := q.writeFile(number, b.body); err != nil {
		return err
	}
	q.spoolBytes += int64(len(b.body))
	return nil
}

func (q *queue) writeFile(number int, body []byte) error {
	if q.dir == "" {
		return errors.New("there is no K6_LOADSTAR_SPOOL_DIR to keep it in")
	}
	if _, err := os.Stat(q.metaFile()); err != nil {
		if err := os.MkdirAll(q.dir, 0o700); err != nil {
			return err
		}
		if err := q.writeMeta(); err != nil {
			return err
		}
	}
	// Whole or not at all: a delivery must never meet half a batch.
	draft := q.file(number) + ".draft"
	if err := os.WriteFile(draft, body, 0o600); err != nil {
		_ = os.Remove(draft)
		return err
	}
	return os.Rename(draft, q.file(number))
}

// firstNumber leaves room before the first spooled file for what memory holds at the end.
const firstNumber = 1_000_000

func (q *queue) file(number int) string {
	return filepath.Join(q.dir, fmt.Sprintf("%08d.lp.gz", firstNumber+number))
}
