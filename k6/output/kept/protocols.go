package kept

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"time"
)

// switchingProtocols is the answer to a WebSocket that is open.
const switchingProtocols = http.StatusSwitchingProtocols

// Call is a gRPC call, or a stream of them, that has ended.
type Call struct {
	// Tags of its samples. It has no name and no address where k6 asks the server for its methods.
	Tags       func(key string) (string, bool)
	Metadata   map[string]string
	Began, End time.Time
	// Status and Message are what the server said, or k6 where it gave up.
	Status  int
	Message string
	// Answer as text.
	Answer func() string
}

// SawCall takes a gRPC call of a virtual user.
func SawCall(vu uint64, call Call) {
	if current == nil {
		return
	}
	name, _ := call.Tags("name")
	method, _ := call.Tags("method")
	address, _ := call.Tags("url")
	if name == "" && address == "" {
		return
	}
	r := Request{
		Protocol: GRPC, Name: name, Method: method, URL: parsed("grpc://" + address), Status: call.Status,
		Failed: call.Status != 0, End: call.End, Duration: call.End.Sub(call.Began), TraceID: call.Metadata[TraceMetadata],
	}
	// The message stands in the place of an answer that there is none of.
	if r.Failed {
		r.Error = call.Message
	} else {
		r.Body = call.Answer
	}
	current.saw(vu, r)
}

// Handshake is the request that opens a WebSocket.
type Handshake struct {
	URL string
	// Tags and metadata of its samples.
	Tags       func(key string) (string, bool)
	Metadata   map[string]string
	Began, End time.Time
	// Response is nil where no answer came.
	Response *http.Response
	Err      error
}

// SawHandshake takes a WebSocket of a virtual user, open or not.
func SawHandshake(vu uint64, h Handshake) {
	if current == nil {
		return
	}
	name, _ := h.Tags("name")
	if name == "" {
		name = h.URL
	}
	r := Request{
		Protocol: WebSocket, Name: name, URL: parsed(h.URL), Failed: true,
		End: h.End, Duration: h.End.Sub(h.Began), TraceID: h.Metadata[TraceMetadata],
	}
	if h.Err != nil {
		r.Error = h.Err.Error()
	}
	if h.Response != nil {
		r.Status, r.Failed = h.Response.StatusCode, h.Response.StatusCode != switchingProtocols
		if r.Failed {
			r.Body = peek(h.Response)
		}
	}
	current.saw(vu, r)
}

// peek reads the answer to a refused WebSocket, which is bounded, and leaves it for the script.
func peek(response *http.Response) []byte {
	if response.Body == nil {
		return nil
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil
	}
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(text))
	return text
}

// Page is a request of a page in a browser.
type Page struct {
	URL, Method string
	Tags        func(key string) (string, bool)
	Began, End  time.Time
	// Status is 0 where no answer came; Error is the browser's.
	Status int
	Error  string
	Failed bool
}

// SawPage takes a request of a page of a virtual user. Its answer stays in the browser.
func SawPage(vu uint64, p Page) {
	if current == nil {
		return
	}
	name, _ := p.Tags("name")
	current.saw(vu, Request{
		Protocol: Browser, Name: name, Method: p.Method, URL: parsed(p.URL), Status: p.Status, Error: p.Error,
		Failed: p.Failed, End: p.End, Duration: p.End.Sub(p.Began),
	})
}

func parsed(address string) *url.URL {
	found, err := url.Parse(address)
	if err != nil {
		return nil
	}
	return found
}
