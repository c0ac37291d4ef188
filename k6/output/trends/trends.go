// Package trends bounds what k6 keeps of a trend. k6 keeps every value until its end, for exact percentiles in its thresholds
// and its summary, and sorts them for each look at a threshold. The k6 that cmd/patch writes keeps the first MostExact of them,
// and counts all in a histogram once there are more.
package trends

import (
	"math"

	"github.com/DataDog/sketches-go/ddsketch"
)

const (
	// relativeAccuracy of the percentiles of more.
	relativeAccuracy = 0.001
	// mostBuckets take half a megabyte, and span 56 orders of magnitude: below, the smallest share a bucket.
	mostBuckets = 1 << 16
)

// Merged are the values of a trend, counted by bucket.
type Merged struct {
	sketch      *ddsketch.DDSketch
	least, most float64
	// count of all values, and the one at which the collector gets more room.
	count, roomier int
}

// Merge counts values.
func Merge(values []float64) *Merged {
	sketch, err := ddsketch.LogCollapsingLowestDenseDDSketch(relativeAccuracy, mostBuckets)
	if err != nil {
		panic(err) // Both are constants: this cannot happen once it has not.
	}
	m := &Merged{sketch: sketch, least: math.Inf(1), most: math.Inf(-1), roomier: MostExact}
	for _, value := range values {
		m.Add(value)
	}
	return m
}

// Add counts a value. Those that are no finite numbers have no place among percentiles.
func (m *Merged) Add(value float64) {
	if m.count++; m.count == m.roomier {
		addRoom(m.count / 2)
		m.roomier *= 2
	}
	if m.sketch.Add(value) == nil {
		m.least, m.most = math.Min(m.least, value), math.Max(m.most, value)
	}
}

// Quantile is within relativeAccuracy of the value that has this share of all below it; 0 without a value.
func (m *Merged) Quantile(share float64) float64 {
	value, err := m.sketch.GetValueAtQuantile(math.Min(math.Max(share, 0), 1))
	if err != nil {
		return 0
	}
	return math.Min(math.Max(value, m.least), m.most)
}
