package kept

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// TraceVariable is the share of requests, from 0 to 1, whose trace the target is to record. Without it requests carry no
// trace context.
const TraceVariable = "LOADSTAR_TRACE_SHARE"

const (
	// traceHeader is the W3C's: https://www.w3.org/TR/trace-context/#traceparent-header
	traceHeader = "Traceparent"
	// traceKey is what gRPC calls it: keys of its metadata are in lower case.
	traceKey = "traceparent"
	// TraceMetadata is the name that k6's own tracing module uses.
	TraceMetadata = "trace_id"
)

var traceShare = readShare(os.Getenv(TraceVariable))

// readShare returns -1 where requests carry no trace context.
func readShare(text string) float64 {
	share, err := strconv.ParseFloat(text, 64)
	if err != nil || share < 0 || share > 1 {
		return -1
	}
	return share
}

// Trace gives a request a trace of its own, and returns its id if the target is to record it. A header of the script stays.
func Trace(header http.Header) string { return trace(header, traceHeader) }

// TraceCall does so for a gRPC call, by its metadata.
func TraceCall(metadata map[string][]string) string { return trace(metadata, traceKey) }

func trace(header map[string][]string, key string) string {
	if given := header[key]; len(given) > 0 {
		return sampledID(given[0])
	}
	if traceShare < 0 {
		return ""
	}
	var id [24]byte
	for i := 0; i < len(id); i += 8 {
		binary.BigEndian.PutUint64(id[i:], rand.Uint64())
	}
	traceID, spanID := hex.EncodeToString(id[:16]), hex.EncodeToString(id[16:])
	// Where the flag is not set, services that follow their parent record nothing.
	if rand.Float64() >= traceShare {
		header[key] = []string{"00-" + traceID + "-" + spanID + "-00"}
		return ""
	}
	header[key] = []string{"00-" + traceID + "-" + spanID + "-01"}
	return traceID
}

func sampledID(header string) string {
	parts := strings.Split(header, "-")
	if len(parts) < 4 || len(parts[1]) != 32 || !strings.HasSuffix(parts[3], "1") {
		return ""
	}
	return parts[1]
}
