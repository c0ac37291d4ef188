package output

import (
	"math"
	"slices"

	"github.com/DataDog/sketches-go/ddsketch/mapping"
)

// smallestValue is where zero begins. k6's times are ms: this is a femtosecond.
const smallestValue = 1e-9

// bucketing is the shared mapping of values to bucket numbers: bucket i holds [γ^i, γ^(i+1)), γ = (1+α)/(1-α)
// (Masson, Rim, Lee: DDSketch, VLDB 2019).
var bucketing = func() *mapping.LogarithmicMapping {
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
		return 1, bucketing.Index(value)
	case value < -smallestValue:
		return -1, bucketing.Index(-value)
	default:
		return 0, 0
	}
}

// bucketEnd is where the next bucket upwards begins.
func bucketEnd(sign, index int) float64 {
	switch sign {
	case 1:
		return bucketing.LowerBound(index + 1)
	case -1:
		return -bucketing.LowerBound(index)
	default:
		return smallestValue
	}
}

// histogram counts values by bucket, and keeps the smallest and the largest exactly. Sums of histograms are histograms:
// that is what makes percentiles mergeable.
type histogram struct {
	positive, negative buckets
	zero               int64
	least, most        float64
}

func newHistogram() *histogram {
	return &histogram{least: math.Inf(1), most: math.Inf(-1)}
}

// buckets are counts of neighbouring buckets, from the first one on: what a metric measures lies close together.
type buckets struct {
	first  int
	counts []int64
}

func (b *buckets) add(index int, count int64) {
	switch at := index - b.first; {
	case len(b.counts) == 0:
		b.first, b.counts = index, append(b.counts, count)
	case at < 0:
		// Below, with room for as many again.
		room := max(-at, len(b.counts))
		grown := make([]int64, room+len(b.counts))
		copy(grown[room:], b.counts)
		b.first, b.counts = b.first-room, grown
		b.counts[index-b.first] += count
	case at >= len(b.counts):
		b.counts = append(b.counts, make([]int64, at+1-len(b.counts))...)
		b.counts[at] += count
	default:
		b.counts[at] += count
	}
}

// each calls back for the buckets that hold something, in ascending order.
func (b *buckets) each(call func(index int, count int64)) {
	for at, count := range b.counts {
		if count != 0 {
			call(b.first+at, count)
		}
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
		h.positive.add(index, count)
	case -1:
		h.negative.add(index, count)
	default:
		h.zero += count
	}
}

func (h *histogram) merge(other *histogram) {
	h.zero += other.zero
	h.least, h.most = math.Min(h.least, other.least), math.Max(h.most, other.most)
	other.positive.each(h.positive.add)
	other.negative.each(h.negative.add)
}

// bucketCount is one bucket of a histogram in ascending order of values.
type bucketCount struct {
	value float64
	count int64
}

func (h *histogram) ascending() []bucketCount {
	list := make([]bucketCount, 0, len(h.positive.counts)+len(h.negative.counts)+1)
	h.negative.each(func(index int, count int64) {
		list = append(list, bucketCount{-bucketing.Value(index), count})
	})
	slices.Reverse(list)
	if h.zero > 0 {
		list = append(list, bucketCount{0, h.zero})
	}
	h.positive.each(func(index int, count int64) {
		list = append(list, bucketCount{bucketing.Value(index), count})
	})
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
