// Package kept keeps examples of a run: the first requests that failed, by name and answer, the first failed checks
// with the response before them, and the slowest requests of each name. The k6 that cmd/patch writes hands each request
// in, of any protocol and also of scripts that know nothing of Loadstar. What is kept is bounded, whatever the load.
package kept

import (
	"encoding/json"
	"net/url"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// FileVariable names the file that gets the examples at the end of a run. Without it nothing is kept.
const FileVariable = "LOADSTAR_EXAMPLES_FILE"

const (
	// mostExamples of one kind: of a name and an answer, of a check, of the slowest of a name.
	mostExamples = 3
	// mostFailed and mostNames bound the memory: a script may make up names.
	mostFailed = 200
	mostNames  = 1_000
	// longestBody of a response, in bytes.
	longestBody = 2 << 10
	// longestError is enough for k6's text of any error.
	longestError = 500
)

// Request is one that has ended, as k6 knows it.
type Request struct {
	// Protocol is HTTP if it is "".
	Protocol Protocol
	// Name is the tag `name`; "" where k6 was told to leave it out.
	Name   string
	Method string
	URL    *url.URL
	// Status is 0 where no answer came.
	Status    int
	ErrorCode int
	Error     string
	// Failed is what http_req_failed counts, or the metric of another protocol that is named like it.
	Failed   bool
	End      time.Time
	Duration time.Duration
	// Phases are zero where k6 does not know them: only HTTP has them.
	Phases Phases
	// Body is a string or bytes, or a func() string that is called if it is kept; nil where the script discards it.
	Body any
	// TraceID is "" where the request was not sampled for a trace.
	TraceID string
}

// Phases of a request. Their sum without the first three is its duration.
type Phases struct {
	Blocked, Connecting, TLSHandshaking, Sending, Waiting, Receiving time.Duration
}

// Example is a kept request. Times are milliseconds.
type Example struct {
	Protocol  Protocol           `json:"protocol"`
	Name      string             `json:"name"`
	Method    string             `json:"method"`
	URL       string             `json:"url"`
	Status    int                `json:"status"`
	ErrorCode int                `json:"error_code"`
	Error     string             `json:"error,omitempty"`
	Check     string             `json:"check,omitempty"`
	Began     time.Time          `json:"began"`
	Duration  float64            `json:"duration_ms"`
	Phases    map[string]float64 `json:"phases_ms,omitempty"`
	// Body is the beginning of the response as text; left out where there is none, it is no text or it was discarded.
	Body string `json:"body,omitempty"`
	// BodyBytes is how long the response was.
	BodyBytes int    `json:"body_bytes"`
	TraceID   string `json:"trace_id,omitempty"`
}

// Examples are what a run keeps.
type Examples struct {
	// Failed requests and checks, the first of each kind, in the order of time.
	Failed []Example `json:"failed"`
	// Slowest of each name, the slowest first.
	Slowest []Example `json:"slowest"`
}

// keeper is what is kept so far.
type keeper struct {
	// slowest is by name, failed by kind, and last by virtual user: each has a lock of its own, so that virtual users do
	// not wait for each other.
	slowest, failed, last sync.Map
	names, examples       atomic.Int64
}

type kind struct {
	name   string
	status int
	code   int
	check  string
}

// first are the first examples of a kind.
type first struct {
	full atomic.Bool
	mu   sync.Mutex
	all  []Example
}

// top are the slowest examples of a name. What is not slower than the floor is not looked at.
type top struct {
	floor atomic.Int64
	mu    sync.Mutex
	all   []Example
}

// seen is the last request of a virtual user, for the checks that follow it. Its buffer is used again.
type seen struct {
	mu      sync.Mutex
	request Request
	body    []byte
	length  int
}

// Protocol is a way to make requests (PROTOCOLS of contract/k6-metrics.ts).
type Protocol string

// Protocols that examples are of.
const (
	HTTP      Protocol = "http"
	GRPC      Protocol = "grpc"
	WebSocket Protocol = "ws"
	Browser   Protocol = "browser"
)

// current is nil where nothing is to be kept.
var current = newKeeper(os.Getenv(FileVariable))

func newKeeper(file string) *keeper {
	if file == "" {
		return nil
	}
	return &keeper{}
}

// Saw takes a request of a virtual user that has ended. Its body is not kept beyond the call.
func Saw(vu uint64, r Request) {
	if current != nil {
		current.saw(vu, r)
	}
}

// FailedCheck says that a check of a virtual user failed: what it had just received is the example.
func FailedCheck(vu uint64, check string) {
	if current != nil {
		current.failedCheck(vu, check)
	}
}

// Write writes the examples to the file, for the runner. rename gives the name that a request is stored under.
func Write(rename func(name, method string) string) error {
	if current == nil {
		return nil
	}
	text, err := json.Marshal(current.kept(rename))
	if err != nil {
		return err
	}
	return os.WriteFile(os.Getenv(FileVariable), text, 0o600)
}

func (k *keeper) saw(vu uint64, r Request) {
	if r.Name == "" {
		r.Name = addressOf(r.URL)
	}
	if r.Failed {
		k.keepFailed(kind{r.Name, r.Status, r.ErrorCode, ""}, func() Example { return r.example(beginning(r.Body)) })
	}
	k.keepSlowest(r)
	// A page loads many at once: which of them a check is about, nobody knows.
	if r.Protocol == Browser {
		return
	}

	slot, ok := k.last.Load(vu)
	if !ok {
		slot, _ = k.last.LoadOrStore(vu, &seen{})
	}
	slot.(*seen).remember(r)
}

func (s *seen) remember(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.body, s.length = s.body[:0], 0
	if _, isLater := r.Body.(func() string); !isLater {
		text, length := textOf(r.Body)
		s.body, s.length, r.Body = append(s.body, text...), length, nil
	}
	s.request = r
}

func (k *keeper) failedCheck(vu uint64, check string) {
	slot, ok := k.last.Load(vu)
	if !ok {
		return
	}
	s := slot.(*seen)
	s.mu.Lock()
	defer s.mu.Unlock()
	// A request that failed is an example already.
	if s.request.Failed {
		return
	}
	k.keepFailed(kind{name: s.request.Name, check: check}, func() Example {
		body, length := printable(string(s.body)), s.length
		if s.request.Body != nil {
			body, length = beginning(s.request.Body)
		}
		example := s.request.example(body, length)
		example.Check = check
		return example
	})
}

func (k *keeper) keepFailed(of kind, make func() Example) {
	found, ok := k.failed.Load(of)
	if !ok {
		if k.examples.Load() >= mostFailed {
			return
		}
		found, _ = k.failed.LoadOrStore(of, &first{})
	}
	f := found.(*first)
	if f.full.Load() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.all) < mostExamples && k.examples.Add(1) <= mostFailed {
		f.all = append(f.all, make())
	}
	f.full.Store(len(f.all) == mostExamples)
}

func (k *keeper) keepSlowest(r Request) {
	found, ok := k.slowest.Load(r.Name)
	if !ok {
		if k.names.Add(1) > mostNames {
			return
		}
		found, _ = k.slowest.LoadOrStore(r.Name, &top{})
	}
	t := found.(*top)
	if int64(r.Duration) <= t.floor.Load() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = slowestOf(append(t.all, r.example("", lengthOf(r.Body))))
	if len(t.all) == mostExamples {
		t.floor.Store(int64(t.all[mostExamples-1].Duration * float64(time.Millisecond)))
	}
}

func slowestOf(all []Example) []Example {
	sort.SliceStable(all, func(i, j int) bool { return all[i].Duration > all[j].Duration })
	return all[:min(len(all), mostExamples)]
}

func (k *keeper) kept(rename func(name, method string) string) *Examples {
	all := &Examples{Failed: []Example{}, Slowest: []Example{}}
	k.failed.Range(func(_, value any) bool {
		f := value.(*first)
		f.mu.Lock()
		defer f.mu.Unlock()
		all.Failed = append(all.Failed, renamed(f.all, rename)...)
		return true
	})
	byName := map[string][]Example{}
	k.slowest.Range(func(_, value any) bool {
		t := value.(*top)
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, example := range renamed(t.all, rename) {
			byName[example.Name] = append(byName[example.Name], example)
		}
		return true
	})
	// Several addresses may share a name.
	for _, examples := range byName {
		all.Slowest = append(all.Slowest, slowestOf(examples)...)
	}
	sort.Slice(all.Failed, func(i, j int) bool { return all.Failed[i].Began.Before(all.Failed[j].Began) })
	sort.Slice(all.Slowest, func(i, j int) bool { return all.Slowest[i].Duration > all.Slowest[j].Duration })
	return all
}

func renamed(examples []Example, rename func(name, method string) string) []Example {
	all := make([]Example, len(examples))
	for i, example := range examples {
		example.Name = rename(example.Name, example.Method)
		all[i] = example
	}
	return all
}

func (r Request) example(body string, length int) Example {
	if len(r.Error) > longestError {
		r.Error = r.Error[:longestError]
	}
	if r.Protocol == "" {
		r.Protocol = HTTP
	}
	return Example{
		Protocol: r.Protocol, Name: r.Name, Method: r.Method, URL: addressOf(r.URL), Status: r.Status, ErrorCode: r.ErrorCode,
		Error: strings.ToValidUTF8(r.Error, "\uFFFD"), Began: r.End.Add(-r.Duration).UTC(), Duration: milliseconds(r.Duration),
		Phases: r.Phases.byName(), Body: body, BodyBytes: length, TraceID: r.TraceID,
	}
}

func (p Phases) byName() map[string]float64 {
	if p == (Phases{}) {
		return nil
	}
	return map[string]float64{
		"blocked": milliseconds(p.Blocked), "connecting": milliseconds(p.Connecting),
		"tls_handshaking": milliseconds(p.TLSHandshaking), "sending": milliseconds(p.Sending),
		"waiting": milliseconds(p.Waiting), "receiving": milliseconds(p.Receiving),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// addressOf leaves out credentials and the query, which may hold tokens.
func addressOf(address *url.URL) string {
	if address == nil {
		return ""
	}
	shown := url.URL{Scheme: address.Scheme, Host: address.Host, Path: address.Path}
	return shown.String()
}

// beginning returns the beginning of a body, "" where it is no text, and how long the body is.
func beginning(body any) (string, int) {
	text, length := textOf(body)
	return printable(strings.Clone(text)), length
}

func lengthOf(body any) int {
	_, length := textOf(body)
	return length
}

// textOf returns the first bytes, and how many there are in all.
func textOf(body any) (string, int) {
	switch b := body.(type) {
	case string:
		return b[:min(len(b), longestBody)], len(b)
	case []byte:
		return string(b[:min(len(b), longestBody)]), len(b)
	case func() string:
		return textOf(b())
	default:
		return "", 0
	}
}

// printable is "" for what is no text. The cut may have split the last character.
func printable(text string) string {
	for cut := 0; cut < utf8.UTFMax && !utf8.ValidString(text) && text != ""; cut++ {
		text = text[:len(text)-1]
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return ""
	}
	return text
}
