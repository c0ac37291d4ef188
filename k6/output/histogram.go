package output

import (
	"math"

	"github.com/DataDog/sketches-go/ddsketch/mapping"
)

// smallestValue is where zero begins. k6's times are ms: this is a femtosecond.
const smallestValue = 1e-9

// buckets is the shared mapping of values to bucket numbers: bucket i holds [γ^i, γ^(i+1)), γ = (1+α)/(1-α)
// (Masson, Rim, Lee: DDSketch, VLDB 2019).
var buckets = func() *mapping.LogarithmicMapping {
	m, err := mapping.NewLogarithmicMapping(relativeAccuracy)
	if err != nil {
		panic(err) // relativeAccuracy is a constant: this cannot happen once it has not
	}
	return m
}()

// bucketOf tells sign and number of the bucket that holds a value.
func bucketOf(value float64) (sign, index int) {
	switch {
	case value > smallestValue:
		return 1, buckets.Index(value)
	case value < -smallestValue:
		return -1, buckets.Index(-value)
	default:
		return 0, 0
	}
}

// bucketEnd is where the next bucket upwards begins.
func bucketEnd(sign, index int) float64 {
	switch sign {
	case 1:
		return buckets.LowerBound(index + 1)
	case -1:
		return -buckets.LowerBound(index)
	default:
		return smallestValue
	}
}

// histogram counts values by bucket, and keeps the smallest and the largest exactly. Sums of histograms are histograms:
// that is what makes percentiles mergeable.
type histogram struct {
	positive    map[int]int64
	negative    map[int]int64
	zero        int64
	least, most float64
}

func newHistogram() *histogram {
	return &histogram{
		positive: map[int]int64{}, negative: map[int]int64{}, least: math.Inf(1), most: math.Inf(-1),
	}
}

// addSorted counts values in ascending order. Neighbours share a bucket, so the logarithm is taken once a bucket.
func (h *histogram) addSorted(values []float64) {
	if len(values) > 0 {
		h.least, h.most = math.Min(h.least, values[0]), math.Max(h.most, values[len(values)-1])
	}
	for start := 0; start < len(values); {
		sign, index := bucketOf(values[start])
		end := start + 1
		for limit := bucketEnd(sign, index); end < len(values) && values[end] < limit; {
			end++
		}
		h.add(sign, index, int64(end-start))
		start = end
	}
}

func (h *histogram) add(sign, index int, count int64) {
	switch sign {
	case 1:
		h.positive[index] += count
	case -1:
		h.negative[index] += count
	default:
		h.zero += count
	}
}

func (h *histogram) merge(other *histogram) {
	h.zero += other.zero
	h.least, h.most = math.Min(h.least, other.least), math.Max(h.most, other.most)
	for index, count := range other.positive {
		h.positive[index] += count
	}
	for index, count := range other.negative {
		h.negative[index] += count
	}
}

// bucketCount is one bucket of a histogram in ascending order of values.
type bucketCount struct {
	value float64
	count int64
}

func (h *histogram) ascending() []bucketCount {
	list := make([]bucketCount, 0, len(h.positive)+len(h.negative)+1)
	for _, index := range sortedKeys(h.negative, true) {
		list = append(list, bucketCount{-buckets.Value(index), h.negative[index]})
	}
	if h.zero > 0 {
		list = append(list, bucketCount{0, h.zero})
	}
	for _, index := range sortedKeys(h.positive, false) {
		list = append(list, bucketCount{buckets.Value(index), h.positive[index]})
	}
	return list
}

// quantiles gives percentiles (0 to 1, ascending) as k6 does, linear between the neighbouring ranks p·(n-1)
// (go.k6.io/k6 metrics/sink.go), with each rank's value known to relativeAccuracy, and never beyond the exact extremes.
func (h *histogram) quantiles(percentiles []float64) []float64 {
	list := h.ascending()
	var total int64
	for _, bucket := range list {
		total += bucket.count
	}
	result := make([]float64, len(percentiles))
	if total == 0 {
		return result
	}
	for i, p := range percentiles {
		rank := p * float64(total-1)
		lower := math.Floor(rank)
		low := atRank(list, int64(lower))
		high := low
		if rank > lower {
			high = atRank(list, int64(lower)+1)
		}
		value := low + (high-low)*(rank-lower)
		result[i] = math.Min(math.Max(value, h.least), h.most)
	}
	return result
}

func atRank(list []bucketCount, rank int64) float64 {
	for _, bucket := range list {
		if rank < bucket.count {
			return bucket.value
		}
		rank -= bucket.count
	}
	return list[len(list)-1].value
}

// exactQuantiles does the same on values in ascending order, exactly.
func exactQuantiles(sorted []float64, percentiles []float64) []float64 {
	result := make([]float64, len(percentiles))
	for i, p := range percentiles {
		rank := p * float64(len(sorted)-1)
		lower := int(math.Floor(rank))
		upper := min(lower+1, len(sorted)-1)
		result[i] = sorted[lower] + (sorted[upper]-sorted[lower])*(rank-float64(lower))
	}
	return result
}
