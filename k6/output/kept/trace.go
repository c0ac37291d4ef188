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
func Trace(header http.Header) string {
	if given := header.Get(traceHeader); given != "" {
		return sampledID(given)
	}
	if traceShare < 0 {
		return ""
	}
	var id [24]byte
	for i := 0; i < len(id); i += 8 {
		binary.BigEndian.PutUint64(id[i:], rand.Uint64())
	}
	trace, span := hex.EncodeToString(id[:16]), hex.EncodeToString(id[16:])
	// Where the flag is not set, services that follow their parent record nothing.
	if rand.Float64() >= traceShare {
		header.Set(traceHeader, "00-"+trace+"-"+span+"-00")
		return ""
	}
	header.Set(traceHeader, "00-"+trace+"-"+span+"-01")
	return trace
}

func sampledID(header string) string {
	parts := strings.Split(header, "-")
	if len(parts) < 4 || len(parts[1]) != 32 || !strings.HasSuffix(parts[3], "1") {
		return ""
	}
	return parts[1]
}
