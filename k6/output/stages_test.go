package output

import (
	"encoding/json"
	"testing"
	"time"

	"go.k6.io/k6/lib"
	"go.k6.io/k6/metrics"
)

// plan reads scenarios as k6 reads them.
func plan(t testing.TB, scenarios string, segment ...string) map[string]*load {
	t.Helper()
	var options lib.Options
	must(t, json.Unmarshal([]byte(`{"scenarios":`+scenarios+`}`), &options))
	if len(segment) == 2 {
		part, err := lib.NewExecutionSegmentFromString(segment[0])
		must(t, err)
		parts, err := lib.NewExecutionSegmentSequenceFromString(segment[1])
		must(t, err)
		options.ExecutionSegment, options.ExecutionSegmentSequence = part, &parts
	}
	return planLoads(options)
}

func TestStagesArePlateausAndRamps(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		config string
		want   []stage
	}{
		"ramps around plateaus": {
			`{"executor":"ramping-vus","startVUs":0,"stages":[{"duration":"10s","target":5},{"duration":"30s","target":5},{"duration":"10s","target":9},{"duration":"20s","target":9},{"duration":"5s","target":0}]}`,
			[]stage{{"ramp 1", 0, 10 * s}, {"plateau 1", 10 * s, 40 * s}, {"ramp 2", 40 * s, 50 * s}, {"plateau 2", 50 * s, 70 * s}, {"ramp 3", 70 * s, 75 * s}},
		},
		"a jump has no length, and parts two plateaus": {
			`{"executor":"ramping-vus","startVUs":2,"stages":[{"duration":"10s","target":2},{"duration":"0s","target":8},{"duration":"10s","target":8}]}`,
			[]stage{{"plateau 1", 0, 10 * s}, {"plateau 2", 10 * s, 20 * s}},
		},
		"stages at the same load are one plateau, and no load is none": {
			`{"executor":"ramping-arrival-rate","startRate":10,"timeUnit":"1s","preAllocatedVUs":1,"stages":[{"duration":"10s","target":10},{"duration":"5s","target":10},{"duration":"0s","target":0},{"duration":"5s","target":0}]}`,
			[]stage{{"plateau 1", 0, 15 * s}, {"ramp 1", 15 * s, 20 * s}},
		},
		"constant users": {`{"executor":"constant-vus","vus":3,"duration":"7s"}`, []stage{{"plateau 1", 0, 7 * s}}},
		"constant rate":  {`{"executor":"constant-arrival-rate","rate":3,"duration":"7s","preAllocatedVUs":1}`, []stage{{"plateau 1", 0, 7 * s}}},
		"iterations":     {`{"executor":"shared-iterations","iterations":3}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			found := plan(t, `{"x":`+c.config+`}`)["x"]
			var stages []stage
			if found != nil {
				stages = found.stages
			}
			if len(stages) != len(c.want) {
				t.Fatalf("expected %v, found %v", c.want, stages)
			}
			for i, want := range c.want {
				if stages[i] != want {
					t.Errorf("expected %v, found %v", want, stages[i])
				}
			}
		})
	}
}

func TestAStaircaseHasNoStages(t *testing.T) {
	steps := ""
	for i := range mostStages + 1 {
		if i > 0 {
			steps += ","
		}
		steps += `{"duration":"0s","target":` + string(rune('1'+i%2)) + `},{"duration":"1s","target":` + string(rune('1'+i%2)) + `}`
	}
	config := `{"x":{"executor":"ramping-arrival-rate","startRate":1,"preAllocatedVUs":1,"stages":[` + steps + `]}}`
	if found := plan(t, config)["x"]; found != nil {
		t.Errorf("expected none, found %d", len(found.stages))
	}
}

func TestTheFirstIterationIsDueLater(t *testing.T) {
	ramp := `{"x":{"executor":"ramping-vus","startVUs":0,"stages":[{"duration":"10s","target":5}]}}`
	arrivals := `{"x":{"executor":"ramping-arrival-rate","startRate":0,"timeUnit":"1s","preAllocatedVUs":1,"stages":[{"duration":"8s","target":4}]}}`
	for name, c := range map[string]struct {
		found map[string]*load
		want  time.Duration
	}{
		"a user every two seconds":            {plan(t, ramp), 2 * time.Second},
		"the second of two generators":        {plan(t, ramp, "1/2:1", "0,1/2,1"), 4 * time.Second},
		"a rate that rises from 0":            {plan(t, arrivals), 2 * time.Second},
		"a rate that begins at two a second":  {plan(t, `{"x":{"executor":"ramping-arrival-rate","startRate":2,"preAllocatedVUs":1,"stages":[{"duration":"8s","target":2}]}}`), 500 * time.Millisecond},
		"users that are there from the start": {plan(t, `{"x":{"executor":"constant-vus","vus":3,"duration":"7s"}}`), 0},
	} {
		if got := c.found["x"].first; got.Round(time.Millisecond) != c.want {
			t.Errorf("%s: expected %s, found %s", name, c.want, got)
		}
	}
}

func TestWindowsAreTaggedByStage(t *testing.T) {
	// The load begins 2 s before its first iteration, at 0.5 s of a window: stages of whole seconds end within windows.
	loads := plan(t, `{"s":{"executor":"ramping-vus","startVUs":0,"stages":[{"duration":"4s","target":2},{"duration":"3s","target":2},{"duration":"4s","target":0}]}}`)
	b := newBenchOf(t, 100, loads)
	latency, iterations := b.metric("http_req_duration", metrics.Trend), b.metric("iteration_duration", metrics.Trend)
	tags := map[string]string{"scenario": "s", "name": "GET /"}
	began := epoch.Add(500 * time.Millisecond)
	b.add(latency, began.Add(2600*time.Millisecond), 100, tags)
	// The iteration slept before its request: its own duration tells when it began.
	b.add(iterations, began.Add(2700*time.Millisecond), 700, tags)
	for second := 3; second < 12; second++ {
		b.add(latency, epoch.Add(time.Duration(second)*time.Second), 100, tags)
	}
	stages := map[int64]string{}
	for _, p := range written(t, b) {
		at := int64(p.at.Sub(epoch) / time.Second)
		switch p.measurement {
		case "http_req_duration" + scenarioSuffix:
			stages[at] = p.tags[stageTag]
		case "http_req_duration" + scenarioHistogramSuffix:
			if p.tags[stageTag] != stages[at] {
				t.Errorf("expected the histogram of %d s in %q, found %q", at, stages[at], p.tags[stageTag])
			}
		case metrics.HTTPReqDurationName, metrics.HTTPReqDurationName + histogramSuffix, metrics.HTTPReqDurationName + runSuffix, metrics.HTTPReqDurationName + heatmapSuffix:
			if p.tags[stageTag] != "" {
				t.Errorf("expected no stage on %s, found %q", p.measurement, p.tags[stageTag])
			}
		}
	}
	for at, want := range map[int64]string{3: "ramp 1", 4: "", 5: "plateau 1", 6: "plateau 1", 7: "", 8: "ramp 2", 10: "ramp 2", 11: ""} {
		if stages[at] != want {
			t.Errorf("expected the window at %d s in %q, found %q", at, want, stages[at])
		}
	}
}
