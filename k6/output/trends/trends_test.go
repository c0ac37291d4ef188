package trends

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

func TestPercentilesOfManyValuesAreThoseOfTheValues(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() float64{
		"latencies":    func() float64 { return math.Exp(3 + random.NormFloat64()) },
		"mostly zero":  func() float64 { return math.Max(0, random.Float64()-0.9) },
		"below zero":   func() float64 { return random.NormFloat64() * 100 },
		"far between":  func() float64 { return math.Pow(10, random.Float64()*40-20) },
		"all the same": func() float64 { return 12.5 },
	} {
		values := make([]float64, 300_000)
		for i := range values {
			values[i] = draw()
		}
		m := Merge(values[:MostExact])
		for _, value := range values[MostExact:] {
			m.Add(value)
		}
		slices.Sort(values)
		for _, share := range []float64{0, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
			// A rank between two values may be that of either.
			at := share * float64(len(values)-1)
			low, high := values[int(math.Max(at-1, 0))], values[int(math.Min(at+1, float64(len(values)-1)))]
			low, high = low-relativeAccuracy*math.Abs(low), high+relativeAccuracy*math.Abs(high)
			if got := m.Quantile(share); got < low || got > high {
				t.Errorf("%s: %v of the values is %v, and not from %v to %v", name, share, got, low, high)
			}
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	size := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, roomBefore := size(), room.size
	m := Merge(nil)
	for i := range 3_000_000 {
		m.Add(math.Pow(10, float64(i%600-300)))
	}
	if grown := int64(size()) - int64(before) - int64(room.size-roomBefore); grown > 2<<20 {
		t.Errorf("%d bytes", grown)
	}
	for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		m.Add(value)
	}
	if got := m.Quantile(1); got < 1e298 || math.IsInf(got, 1) {
		t.Errorf("the largest is %v", got)
	}
	if got := Merge(nil).Quantile(0.5); got != 0 {
		t.Errorf("without values it is %v", got)
	}
}

func TestTheCollectorGetsLessRoomThanTheValuesWouldTake(t *testing.T) {
	room.blocks, room.size = nil, 0
	m := Merge(nil)
	for range MostExact - 1 {
		m.Add(1)
	}
	if room.size != 0 {
		t.Errorf("%d bytes for values that are kept", room.size)
	}
	for count := MostExact; count <= 30*MostExact; count++ {
		m.Add(1)
		if room.size > count*8 || room.size < count*8/4 {
			t.Fatalf("%d bytes for %d values", room.size, count)
		}
	}
	for range 10 {
		addRoom(10 * MostExact)
	}
	if room.size != mostRoom {
		t.Errorf("%d bytes in all, and not %d", room.size, mostRoom)
	}
}

func BenchmarkAdd(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 4096)
	for i := range values {
		values[i] = math.Exp(3 + random.NormFloat64())
	}
	m := Merge(nil)
	b.ReportAllocs()
	for i := range b.N {
		m.Add(values[i%len(values)])
	}
}
