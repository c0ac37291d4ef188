package output

import (
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"go.k6.io/k6/lib"
	"go.k6.io/k6/lib/executor"
	"go.k6.io/k6/lib/types"
	"go.k6.io/k6/metrics"
)

// stage is a part of a scenario's load, in time since the scenario's load began.
type stage struct {
	name     string
	from, to time.Duration
}

// load is the planned load of one scenario, and when it began.
type load struct {
	stages []stage
	// first is when the first iteration is due.
	first time.Duration
	// firstIteration is the earliest start of an iteration that samples have shown, in Unix nanoseconds; 0 before there is one.
	firstIteration atomic.Int64
}

// stageMargin is how exactly the start of the load is known: k6 tells outputs no start, only samples.
const stageMargin = 100 * time.Millisecond

// planLoads reads the stages of each scenario from k6's options. Scenarios with a fixed number of iterations have none.
func planLoads(options lib.Options) map[string]*load {
	loads := map[string]*load{}
	tuple, err := lib.NewExecutionTuple(options.ExecutionSegment, options.ExecutionSegmentSequence)
	if err != nil {
		return loads // k6 has refused such segments before
	}
	for name, config := range options.Scenarios {
		if planned := planLoad(config, tuple); planned != nil {
			loads[name] = planned
		}
	}
	return loads
}

func planLoad(config lib.ExecutorConfig, tuple *lib.ExecutionTuple) *load {
	switch c := config.(type) {
	case executor.ConstantVUsConfig:
		return newLoad(c.VUs.Int64, constant(c.Duration.TimeDuration(), c.VUs.Int64), 0)
	case executor.RampingVUsConfig:
		return newLoad(c.StartVUs.Int64, c.Stages, firstUser(c, tuple))
	case *executor.ConstantArrivalRateConfig:
		return newLoad(c.Rate.Int64, constant(c.Duration.TimeDuration(), c.Rate.Int64), 0)
	case *executor.RampingArrivalRateConfig:
		return newLoad(c.StartRate.Int64, c.Stages, firstArrival(c, tuple))
	}
	return nil
}

func constant(duration time.Duration, target int64) []executor.Stage {
	only := executor.Stage{Duration: types.NullDurationFrom(duration)}
	only.Target.Int64 = target
	return []executor.Stage{only}
}

// newLoad names the stages. One that begins at once (a duration of 0) is a jump, and stages at the same target are one.
func newLoad(target int64, planned []executor.Stage, first time.Duration) *load {
	made := &load{first: first}
	var at time.Duration
	plateaus, ramps, wasFlat := 0, 0, false
	for _, s := range planned {
		from, duration := target, s.Duration.TimeDuration()
		target = s.Target.Int64
		isFlat := from == target && target > 0
		switch {
		case duration <= 0:
			// Plateaus on both sides of a jump are two.
			wasFlat = wasFlat && isFlat
			continue
		case isFlat && wasFlat:
			made.stages[len(made.stages)-1].to += duration
		case isFlat:
			plateaus++
			made.stages = append(made.stages, stage{plateauPrefix + strconv.Itoa(plateaus), at, at + duration})
		default:
			ramps++
			made.stages = append(made.stages, stage{rampPrefix + strconv.Itoa(ramps), at, at + duration})
		}
		wasFlat = isFlat
		at += duration
	}
	if len(made.stages) == 0 || len(made.stages) > mostStages {
		return nil
	}
	return made
}

// firstUser is when this generator's first user begins: in its share of a ramp that begins at 0 it is not at once.
func firstUser(config executor.RampingVUsConfig, tuple *lib.ExecutionTuple) time.Duration {
	for _, step := range config.GetExecutionRequirements(tuple) {
		if step.PlannedVUs > 0 {
			return step.TimeOffset
		}
	}
	return 0
}

// firstArrival is when this generator's first iteration is due: k6 begins one whenever the area below the rate has grown by
// one (lib/executor/ramping_arrival_rate.go), so the first is not at once.
func firstArrival(config *executor.RampingArrivalRateConfig, tuple *lib.ExecutionTuple) time.Duration {
	start, _, _ := tuple.GetStripedOffsets()
	missing, unit := float64(start+1), config.TimeUnit.TimeDuration().Seconds()
	var at float64
	from := float64(config.StartRate.Int64) / unit
	for _, s := range config.Stages {
		to, duration := float64(s.Target.Int64)/unit, s.Duration.TimeDuration().Seconds()
		if area := (from + to) / 2 * duration; area >= missing {
			if slope := (to - from) / duration; slope != 0 {
				at += (math.Sqrt(from*from+2*slope*missing) - from) / slope
			} else {
				at += missing / to
			}
			break
		} else {
			missing -= area
		}
		at, from = at+duration, to
	}
	return time.Duration(at * float64(time.Second))
}

// shows takes a sample of the scenario.
func (l *load) shows(metric *metrics.Metric, at int64, value float64) {
	at = begunAt(metric, at, value)
	// Only the aggregator writes, under its lock.
	if known := l.firstIteration.Load(); known == 0 || at < known {
		l.firstIteration.Store(at)
	}
}

// stageOf names the stage that holds a window whole; "" for a window of two stages, or of none.
func (l *load) stageOf(start time.Time, window time.Duration) string {
	if l == nil || l.firstIteration.Load() == 0 {
		return ""
	}
	at := time.Duration(start.UnixNano()-l.firstIteration.Load()) + l.first
	for _, s := range l.stages {
		if at >= s.from+stageMargin && at+window <= s.to-stageMargin {
			return s.name
		}
	}
	return ""
}
