package output

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// distributions are shapes that latencies really have, and some that they should not have.
var distributions = map[string]func(r *rand.Rand) float64{
	"uniform":    func(r *rand.Rand) float64 { return r.Float64() * 1000 },
	"log-normal": func(r *rand.Rand) float64 { return 30 * math.Exp(0.5*r.NormFloat64()) },
	"two peaks": func(r *rand.Rand) float64 {
		if r.Float64() < 0.9 {
			return 5 + r.Float64()
		}
		return 2000 + 500*r.Float64()
	},
	"heavy tail":   func(r *rand.Rand) float64 { return 10 / math.Pow(1-r.Float64(), 0.8) },
	"constant":     func(*rand.Rand) float64 { return 42 },
	"mostly zero":  func(r *rand.Rand) float64 { return math.Max(0, r.Float64()-0.9) },
	"sub-µs":       func(r *rand.Rand) float64 { return 1e-4 * r.Float64() },
	"both signs":   func(r *rand.Rand) float64 { return 100 * r.NormFloat64() },
	"huge numbers": func(r *rand.Rand) float64 { return 1e12 * r.Float64() },
}

var percentiles = []float64{0, 0.5, 0.9, 0.95, 0.99, 0.999, 1}

// expectWithin holds merged percentiles against exact ones: 1 % of the larger neighbouring rank, which is what linear
// interpolation between two ranks can promise where the ranks have different signs or sizes.
func expectWithin(t *testing.T, name string, got, sorted []float64) {
	t.Helper()
	exact := exactQuantiles(sorted, percentiles)
	for i, p := range percentiles {
		rank := p * float64(len(sorted)-1)
		low, high := sorted[int(math.Floor(rank))], sorted[int(math.Ceil(rank))]
		allowed := relativeAccuracy*math.Max(math.Abs(low), math.Abs(high)) + smallestValue
		if math.Abs(got[i]-exact[i]) > allowed*(1+1e-9) {
			t.Errorf("%s of %d: p%g expected %g ± %g, found %g", name, len(sorted), p*100, exact[i], allowed, got[i])
		}
	}
}

func TestMergedPercentilesAreWithinOnePercent(t *testing.T) {
	for name, draw := range distributions {
		for _, size := range []int{1, 2, 5, 17, 100, 1_000, 100_000} {
			r := rand.New(rand.NewPCG(1, uint64(size)))
			merged := newHistogram()
			var all []float64
			// Three generators, many windows.
			for part := range 3 {
				count := size/3 + btoi(part < size%3)
				for count > 0 {
					window := make([]float64, min(count, 1+r.IntN(500)))
					for i := range window {
						window[i] = draw(r)
					}
					count -= len(window)
					slices.Sort(window)
					h := newHistogram()
					h.addSorted(window)
					merged.merge(h)
					all = append(all, window...)
				}
			}
			slices.Sort(all)
			expectWithin(t, name, merged.quantiles(percentiles), all)
		}
	}
}

func TestFiveMillionValues(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	r := rand.New(rand.NewPCG(7, 7))
	values := make([]float64, 5_000_000)
	for i := range values {
		values[i] = distributions["log-normal"](r)
	}
	slices.Sort(values)
	h := newHistogram()
	h.addSorted(values)
	expectWithin(t, "log-normal", h.quantiles(percentiles), values)
}

func TestExactPercentilesAreThoseOfK6(t *testing.T) {
	// From k6 v1.8.1's own definition: rank p·(n-1), linear in between.
	got := exactQuantiles([]float64{10, 20, 30, 40}, []float64{0.5, 0.95, 1})
	want := []float64{25, 38.5, 40}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-9 {
			t.Errorf("expected %v, found %v", want, got)
		}
	}
}

func TestEmptyHistogramHasNoPercentiles(t *testing.T) {
	if got := newHistogram().quantiles([]float64{0.5}); got[0] != 0 {
		t.Errorf("expected 0, found %v", got)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
