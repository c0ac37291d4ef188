// Code generated from contract/ by `make generate`. DO NOT EDIT.

package output

// Name is what --out takes.
const Name = "loadstar"

// influxPrefix begins the variables that mean what they mean for xk6-output-influxdb.
const influxPrefix = "K6_INFLUXDB_"

// ownPrefix begins the variables that exist in this output alone.
const ownPrefix = "K6_LOADSTAR_"

// defaultBucket is where points go.
const defaultBucket = "k6"

// runTag names the run.
const runTag = "testid"

// projectTag names the project that the run is of.
const projectTag = "project"

// instanceTag names the generator.
const instanceTag = "instance"

// histogramSuffix ends the measurement of the histograms of a series.
const histogramSuffix = ".hist"

// scenarioSuffix ends the measurement of a scenario over all its requests.
const scenarioSuffix = ".scenario"

// scenarioHistogramSuffix ends the measurement of its histograms.
const scenarioHistogramSuffix = ".scenario.hist"

// runSuffix ends the measurement of the run so far.
const runSuffix = ".run"

// heatmapSuffix ends the measurement of counts between coarse bounds.
const heatmapSuffix = ".heatmap"

// generatorMeasurement is how the generator fares, every second.
const generatorMeasurement = "loadstar.generator"

// endMeasurement is a generator that has come to its end.
const endMeasurement = "loadstar.end"

// sentMeasurement is what InfluxDB must hold of this generator, a point a metric.
const sentMeasurement = "loadstar.sent"

// mergedMeasurement is which batches of a generator a part of the merged points holds.
const mergedMeasurement = "loadstar.merged"

// partTag tells merged points of mergers that followed each other apart: together they are all.
const partTag = "part"

// identityPrefix begins the first line of a batch, a comment in line protocol: its generator's start in Unix nanoseconds, and its number.
const identityPrefix = "# loadstar "

// MergeCommand is the argument that makes Loadstar's k6 merge what generators write: k6 merge-generators HOST:PORT.
const MergeCommand = "merge-generators"

// breachMeasurement is a threshold that begins or ceases to fail.
const breachMeasurement = "loadstar.breach"

// thresholdMeasurement is what a threshold compares with its limit since the run began.
const thresholdMeasurement = "loadstar.threshold"

// stageTag names the stage that a window over all requests of a scenario lies in.
const stageTag = "stage"

// plateauPrefix begins the names of stages with constant load.
const plateauPrefix = "plateau "

// rampPrefix begins the names of stages in which the load rises or falls.
const rampPrefix = "ramp "

// mostStages is of load whose windows are tagged: more are a staircase.
const mostStages = 20

// relativeAccuracy is how far the value of a bucket may lie from any value in it.
const relativeAccuracy = 0.01

// positivePrefix begins the fields of buckets of positive values.
const positivePrefix = "b"

// negativePrefix begins the fields of buckets of negative values.
const negativePrefix = "n"

// zeroField counts zeros.
const zeroField = "z"

// minField is the exact smallest value.
const minField = "min"

// maxField is the exact largest value.
const maxField = "max"

// overflowName is the request name of all series beyond the limit.
const overflowName = "__other__"

// longestTag is in bytes: a longer value of a tag is cut.
const longestTag = 1024

// windowPercentiles are written with every window and for the run so far.
var windowPercentiles = []float64{0.5, 0.9, 0.95, 0.99}

// percentileFields are their fields.
var percentileFields = []string{"p50", "p90", "p95", "p99"}

// heatmapBounds_ms are the upper bounds of the coarse histogram.
var heatmapBounds_ms = []float64{1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000, 5000}

// settingDefaults are the documented defaults of the output's own settings.
var settingDefaults = map[string]string{
	"K6_LOADSTAR_WINDOW":        "1s",
	"K6_LOADSTAR_SERIES_LIMIT":  "10000",
	"K6_LOADSTAR_MEMORY_LIMIT":  "33554432",
	"K6_LOADSTAR_SPOOL_LIMIT":   "4294967296",
	"K6_LOADSTAR_DRAIN_TIMEOUT": "30s",
	"K6_LOADSTAR_START_TIMEOUT": "1m",
	"K6_LOADSTAR_DEAD_TARGET":   "10s",
}
