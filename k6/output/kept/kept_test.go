package kept

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

var began = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func asItIs(name, _ string) string { return name }

func ended(name string, status int, d time.Duration) Request {
	address := &url.URL{Scheme: "https", Host: "shop.example", Path: "/orders", User: url.UserPassword("me", "word"), RawQuery: "token=t"}
	return Request{
		Name: name, Method: "GET", URL: address, Status: status, Failed: status >= 400 || status == 0,
		End: began.Add(d), Duration: d, Body: "the answer",
	}
}

func TestTheFirstFailuresOfEachAnswerAreKept(t *testing.T) {
	k := &keeper{}
	for i := range 10 {
		k.saw(1, ended("GET /orders", 500, time.Duration(i+1)*time.Millisecond))
		k.saw(1, ended("GET /orders", 404, time.Duration(i+1)*time.Millisecond))
		k.saw(1, ended("GET /orders", 200, time.Duration(i+1)*time.Millisecond))
	}
	kept := k.kept(asItIs).Failed
	if len(kept) != 2*mostExamples {
		t.Fatalf("%d examples: %v", len(kept), kept)
	}
	for _, example := range kept {
		if example.Status == 200 || example.Body != "the answer" || example.BodyBytes != 10 || example.URL != "https://shop.example/orders" {
			t.Errorf("%+v", example)
		}
		if !example.Began.Equal(began) {
			t.Errorf("began %v", example.Began)
		}
	}
}

func TestTheSlowestOfEachNameAreKept(t *testing.T) {
	k := &keeper{}
	var all sync.WaitGroup
	for vu := range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range 1_000 {
				k.saw(uint64(vu), ended(fmt.Sprintf("GET /%d", i%2), 200, time.Duration(1+i*8+vu)*time.Microsecond))
			}
		}()
	}
	all.Wait()
	kept := k.kept(asItIs).Slowest
	if len(kept) != 2*mostExamples {
		t.Fatalf("%d examples", len(kept))
	}
	// 999 is odd, 998 is even: the last of eight virtual users is the slowest.
	for i, want_us := range []float64{8000, 7999, 7998, 7992, 7991, 7990} {
		if got := kept[i].Duration * 1000; got < want_us-0.01 || got > want_us+0.01 {
			t.Errorf("%d: %v µs instead of %v", i, got, want_us)
		}
	}
}

func TestAddressesOfOnePatternShareTheirExamples(t *testing.T) {
	k := &keeper{}
	for i := range 20 {
		request := ended("", 200, time.Duration(i+1)*time.Millisecond)
		request.URL = &url.URL{Scheme: "https", Host: "shop.example", Path: fmt.Sprintf("/orders/%d", i)}
		k.saw(1, request)
	}
	kept := k.kept(func(_, method string) string { return method + " /orders/:id" }).Slowest
	if len(kept) != mostExamples || kept[0].URL != "https://shop.example/orders/19" || kept[0].Name != "GET /orders/:id" {
		t.Errorf("%+v", kept)
	}
}

func TestAFailedCheckHasTheResponseBeforeIt(t *testing.T) {
	k := &keeper{}
	k.failedCheck(1, "before any request")
	k.saw(1, ended("GET /a", 200, time.Millisecond))
	k.saw(2, ended("GET /b", 200, time.Millisecond))
	k.failedCheck(1, "has a price")
	k.saw(1, ended("GET /a", 500, time.Millisecond))
	// The failed request says it already.
	k.failedCheck(1, "has a price")
	kept := k.kept(asItIs).Failed
	if len(kept) != 2 {
		t.Fatalf("%+v", kept)
	}
	for _, example := range kept {
		if example.Name != "GET /a" || example.Body != "the answer" || (example.Check == "has a price") != (example.Status == 200) {
			t.Errorf("%+v", example)
		}
	}
}

func TestBodiesAreCutAtACharacterAndOnlyText(t *testing.T) {
	for _, c := range []struct {
		body   any
		want   string
		length int
	}{
		{strings.Repeat("a", longestBody-1) + "ü", strings.Repeat("a", longestBody-1), longestBody + 1},
		{[]byte("bytes"), "bytes", 5},
		{[]byte{0xff, 0xd8, 0xff, 0xe0, 0, 1, 2, 3}, "", 8},
		{nil, "", 0},
	} {
		if got, length := beginning(c.body); got != c.want || length != c.length {
			t.Errorf("%.20q (%d) of %.20v (%d)", got, len(got), c.body, length)
		}
	}
}

func TestMadeUpNamesStayBounded(t *testing.T) {
	k := &keeper{}
	for i := range 5 * mostNames {
		k.saw(1, ended(fmt.Sprintf("GET /%d", i), 500, time.Millisecond))
	}
	all := k.kept(asItIs)
	if len(all.Failed) != mostFailed || len(all.Slowest) != mostNames {
		t.Errorf("%d failed, %d slowest", len(all.Failed), len(all.Slowest))
	}
}

func TestAGRPCCallHasWhatTheServerSaid(t *testing.T) {
	k := keptFor(t)
	tags := tagsOf(map[string]string{"name": "/s.S/Do", "method": "Do", "url": "10.0.0.1:50051/s.S/Do"})
	call := Call{Tags: tags, Metadata: map[string]string{TraceMetadata: "abc"}, Began: began, End: began.Add(time.Second)}
	asked := 0
	call.Answer = func() string { asked++; return `{"id":1}` }
	SawCall(1, call)
	FailedCheck(1, "has a name")
	call.Status, call.Message = 8, "no bed is free"
	SawCall(1, call)
	// k6's question for the methods of a server has no name.
	SawCall(1, Call{Tags: tagsOf(nil), Status: 12})
	failed := k.kept(asItIs).Failed
	if len(failed) != 2 {
		t.Fatalf("%+v", failed)
	}
	for _, example := range failed {
		if example.Protocol != GRPC || example.Method != "Do" || example.URL != "grpc://10.0.0.1:50051/s.S/Do" ||
			example.TraceID != "abc" || example.Duration != 1000 || example.Phases != nil {
			t.Errorf("%+v", example)
		}
		isCheck := example.Check != ""
		if isCheck != (example.Body == `{"id":1}`) || isCheck == (example.Error == "no bed is free") {
			t.Errorf("%+v", example)
		}
	}
	if asked > 4 {
		t.Errorf("the answer was made %d times", asked)
	}
}

func TestARefusedWebSocketHasItsAnswerAndLeavesIt(t *testing.T) {
	k := keptFor(t)
	refused := &http.Response{StatusCode: 503, Body: io.NopCloser(strings.NewReader("full"))}
	SawHandshake(1, Handshake{URL: "ws://a/x?token=t", Tags: tagsOf(nil), Began: began, End: began, Response: refused})
	SawHandshake(1, Handshake{URL: "ws://a/y", Tags: tagsOf(nil), Began: began, End: began, Err: errors.New("refused")})
	SawHandshake(1, Handshake{URL: "ws://a/z", Tags: tagsOf(nil), Began: began, End: began, Response: &http.Response{StatusCode: 101}})
	if left, err := io.ReadAll(refused.Body); err != nil || string(left) != "full" {
		t.Errorf("%q is left of the answer: %v", left, err)
	}
	byURL := map[string]Example{}
	for _, example := range k.kept(asItIs).Failed {
		byURL[example.URL] = example
	}
	if len(byURL) != 2 || byURL["ws://a/x"].Body != "full" || byURL["ws://a/y"].Error != "refused" {
		t.Errorf("%+v", byURL)
	}
}

func TestACheckIsNotAboutTheLastRequestOfAPage(t *testing.T) {
	k := keptFor(t)
	SawPage(1, Page{URL: "https://a/logo.png", Tags: tagsOf(map[string]string{"name": "logo"}), Status: 404, Failed: true})
	FailedCheck(1, "has a title")
	if failed := k.kept(asItIs).Failed; len(failed) != 1 || failed[0].Protocol != Browser || failed[0].Check != "" {
		t.Errorf("%+v", failed)
	}
}

func keptFor(t *testing.T) *keeper {
	t.Helper()
	before := current
	t.Cleanup(func() { current = before })
	current = &keeper{}
	return current
}

func tagsOf(all map[string]string) func(string) (string, bool) {
	return func(key string) (string, bool) {
		value, ok := all[key]
		return value, ok
	}
}

func TestTraceContext(t *testing.T) {
	before := traceShare
	defer func() { traceShare = before }()
	for _, c := range []struct {
		share   string
		given   string
		sampled bool
		header  bool
	}{
		{"", "", false, false},
		{"0", "", false, true},
		{"1", "", true, true},
		{"2", "", false, false},
		{"1", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", false, true},
		{"", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true, true},
	} {
		traceShare = readShare(c.share)
		header := http.Header{}
		if c.given != "" {
			header.Set(traceHeader, c.given)
		}
		id := Trace(header)
		value := header.Get(traceHeader)
		if (len(id) == 32) != c.sampled || (value != "") != c.header || !strings.Contains(value, id) {
			t.Errorf("%+v: id %q, header %q", c, id, value)
		}
		if c.given != "" && value != c.given {
			t.Errorf("the script's header became %q", value)
		}
		if c.given == "" && c.header && strings.HasSuffix(value, "-01") != c.sampled {
			t.Errorf("%+v: header %q", c, value)
		}
	}
}

func TestTraceContextOfACallIsInLowerCase(t *testing.T) {
	before := traceShare
	defer func() { traceShare = before }()
	traceShare = 1
	metadata := map[string][]string{}
	if id := TraceCall(metadata); len(metadata["traceparent"]) != 1 || !strings.Contains(metadata["traceparent"][0], id) {
		t.Errorf("id %q in %v", id, metadata)
	}
}

func BenchmarkSaw(b *testing.B) {
	k := &keeper{}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		request := ended("GET /orders", 200, 2*time.Millisecond)
		request.Body = strings.Repeat("x", 3_000)
		vu := uint64(time.Now().UnixNano())
		for pb.Next() {
			k.saw(vu, request)
		}
	})
}
