package output

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSortsAsComparingDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var s sorter
	for name, draw := range map[string]func(i int) float64{
		"latencies":      func(int) float64 { return math.Exp(3 + random.NormFloat64()) },
		"signed":         func(int) float64 { return random.NormFloat64() * math.Pow(10, float64(random.IntN(600)-300)) },
		"all the same":   func(int) float64 { return 7 },
		"zeros of signs": func(i int) float64 { return math.Copysign(0, float64(i%2)-0.5) },
		"times":          func(i int) float64 { return 1.7e12 + float64(i*7_919%10_007) },
		"descending":     func(i int) float64 { return -float64(i) },
	} {
		// Shorter ones after longer ones, which leave memory behind.
		for _, count := range []int{0, 1, fewValues - 1, 20_000, fewValues, 3_000} {
			values := make([]float64, count)
			for i := range values {
				values[i] = draw(i)
			}
			want := slices.Clone(values)
			slices.Sort(want)
			if s.sort(values); !slices.Equal(values, want) {
				t.Errorf("%s: %d values are in another order", name, count)
			}
		}
	}
}

func BenchmarkSort(b *testing.B) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, count := range []int{fewValues, 20_000} {
		drawn := make([]float64, count)
		for i := range drawn {
			drawn[i] = float64(int64(3e6*math.Exp(random.NormFloat64()))) / 1e6
		}
		values := make([]float64, count)
		var s sorter
		for name, sort := range map[string]func([]float64){"by digits": s.sort, "by comparing": slices.Sort[[]float64]} {
			b.Run(fmt.Sprintf("%s/%d", name, count), func(b *testing.B) {
				for range b.N {
					copy(values, drawn)
					sort(values)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/value")
			})
		}
	}
}
