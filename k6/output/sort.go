package output

import (
	"math"
	"slices"
)

const (
	// A pass of the sort looks at this many bits of the values.
	digitBits = 11
	digits    = (64 + digitBits - 1) / digitBits
	// fewValues are sorted faster by comparing them.
	fewValues = 2_048
)

// sorter sorts values by their bits, one digit after the other: thousands of latencies a second, in a fifth of the time that
// comparing them takes. It keeps the memory that it needs.
type sorter struct {
	counts [digits][1 << digitBits]uint32
	spare  []float64
}

// sort sorts in ascending order. There may be no NaN among the values.
func (s *sorter) sort(values []float64) {
	if len(values) < fewValues {
		slices.Sort(values)
		return
	}
	clear(s.counts[:])
	for _, value := range values {
		key := sortKey(value)
		for digit := range s.counts {
			s.counts[digit][digitOf(key, digit)]++
		}
	}
	s.spare = slices.Grow(s.spare[:0], len(values))
	from, to := values, s.spare[:len(values)]
	for digit := range s.counts {
		places := &s.counts[digit]
		// All have this digit in common.
		if int(places[digitOf(sortKey(values[0]), digit)]) == len(values) {
			continue
		}
		var before uint32
		for i, count := range places {
			places[i], before = before, before+count
		}
		for _, value := range from {
			place := &places[digitOf(sortKey(value), digit)]
			to[*place] = value
			*place++
		}
		from, to = to, from
	}
	if &from[0] != &values[0] {
		copy(values, from)
	}
}

// sortKey orders as numbers do: IEEE 754 does so for positive ones, and the other way round for negative ones.
func sortKey(value float64) uint64 {
	bits := math.Float64bits(value)
	return bits ^ (uint64(int64(bits)>>63) | 1<<63) //nolint:gosec // the sign is to fill the mask
}

func digitOf(key uint64, digit int) uint64 {
	return key >> (digit * digitBits) & (1<<digitBits - 1)
}
