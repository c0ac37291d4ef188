package output

import (
	"encoding/json"
	"runtime/debug"
	"sort"
	"strings"
	"time"

	"go.k6.io/k6/metrics"
)

// metricTag names the metric of a point of sentMeasurement.
const metricTag = "metric"

// total is what a generator has sent of a metric in the whole run.
type total struct {
	kind      metrics.MetricType
	aggregate aggregate
}

// writeEnd encodes what this generator has sent and how it fared, so that whoever judges the run needs no file of it.
func (o *Output) writeEnd(now time.Time) {
	received, dropped := o.aggregator.counts()
	names := make([]string, 0, len(received))
	for name := range received {
		names = append(names, name)
	}
	sort.Strings(names)
	e := o.writer.encoder
	for _, name := range names {
		sum := o.sent[name]
		if sum == nil {
			// All of its samples were no numbers: there is nothing to store.
			sum = &total{}
		}
		e.start(sentMeasurement, withTag(o.tags, tag{metricTag, name}))
		e.text("type", sum.kind.String())
		e.integer("received", received[name])
		e.integer("dropped", dropped[name])
		e.float("sum", sum.aggregate.sum)
		e.float("min", sum.aggregate.min)
		e.float("max", sum.aggregate.max)
		e.end(now)
	}
	o.writeReport(now)
}

// writeReport encodes the report of the end, but for the samples, and for what waits on disk: once this arrives, nothing does.
func (o *Output) writeReport(now time.Time) {
	r, e := o.report(0), o.writer.encoder
	e.start(endMeasurement, o.tags)
	e.text("k6_version", k6Version())
	if r.Load != nil {
		e.text("load_from", r.Load.From)
		e.text("load_to", r.Load.To)
	}
	if o.stopped != "" {
		e.text("stopped", o.stopped)
	}
	e.integer("points", r.Points)
	e.integer("bytes", r.Bytes)
	e.integer("sent_bytes", r.SentBytes)
	e.integer("series", int64(r.Series))
	e.integer("rejected_batches", r.RejectedBatches)
	e.integer("lost_points", r.LostPoints)
	if r.Refusal != "" {
		e.text("refusal", r.Refusal)
	}
	if r.NoAnswerSeconds > 0 {
		e.integer("no_answer_s", r.NoAnswerSeconds)
	}
	if text, err := json.Marshal(r.RefusedHosts); err == nil && len(r.RefusedHosts) > 0 {
		e.text("refused_hosts", string(text))
	}
	e.integer("seconds", r.Generator.Seconds)
	e.float("peak_machine_cpu", r.Generator.PeakMachineCPU)
	e.integer("peak_resident_bytes", r.Generator.PeakResidentBytes)
	if text, err := json.Marshal(r.Generator.Delayed); err == nil && r.Generator.Delayed != nil {
		e.text("delayed", string(text))
	}
	e.text("cpu_model", r.Machine.CPUModel)
	e.integer("cores", int64(r.Machine.Cores))
	e.integer("memory_bytes", r.Machine.MemoryBytes)
	if text, err := r.Failures.text(); err == nil {
		e.text("failures", text)
	}
	if r.Overflow != nil {
		// Seldom, and read by people: three examples of a kilobyte are the most.
		if text, err := json.Marshal(r.Overflow); err == nil {
			e.text("overflow", string(text))
		}
	}
	e.end(now)
}

// k6Module is a name of its own: where imports are written anew for a later major version, nothing is inserted behind it.
const k6Module = "go.k6.io/k6"

// k6Version is that of the module which this output was built into, as 1.8.1; "" where the binary does not say.
func k6Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, module := range info.Deps {
		// Its major version is a part of the path from 2 on.
		if module.Path == k6Module || strings.HasPrefix(module.Path, k6Module+"/v") {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return ""
}
