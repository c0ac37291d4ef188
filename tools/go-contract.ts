/** k6/output/contract_gen.go: what the output extension shares with the rest, as Go constants. */
import { BUCKETS } from '../contract/buckets.ts';
import { ENV, type EnvVar } from '../contract/env.ts';
import { MOST_EXACT_VALUES, PROTOCOLS, RUN_TAGS } from '../contract/k6-metrics.ts';
import {
  BATCH_PREFIX,
  HEATMAP_BOUNDS_MS,
  HISTOGRAM,
  LONGEST_TAG_BYTES,
  MEASUREMENT,
  MERGE_COMMAND,
  OVERFLOW_NAME,
  PART_TAG,
} from '../contract/live-schema.ts';
import { METRICS, PERCENTILE_METRICS } from '../contract/metrics.ts';
import { OUTPUT_ENV, OUTPUTS } from '../contract/outputs.ts';
import { MOST_STAGES, PLATEAU_PREFIX, RAMP_PREFIX, STAGE_TAG } from '../contract/stages.ts';

type GoValue = string | number;

const CONSTANTS: Readonly<Record<string, readonly [comment: string, value: GoValue]>> = {
  Name: ['is what --out takes.', OUTPUTS.loadstar.k6_name],
  influxPrefix: ['begins the variables that mean what they mean for xk6-output-influxdb.', OUTPUT_ENV.influxdb],
  ownPrefix: ['begins the variables that exist in this output alone.', OUTPUT_ENV.loadstar],
  defaultBucket: ['is where points go.', BUCKETS.live.name],
  runTag: ['names the run.', RUN_TAGS.run],
  projectTag: ['names the project that the run is of.', RUN_TAGS.project],
  instanceTag: ['names the generator.', RUN_TAGS.generator],
  histogramSuffix: ['ends the measurement of the histograms of a series.', MEASUREMENT.histogram('')],
  scenarioSuffix: ['ends the measurement of a scenario over all its requests.', MEASUREMENT.scenario('')],
  scenarioHistogramSuffix: ['ends the measurement of its histograms.', MEASUREMENT.scenario_histogram('')],
  runSuffix: ['ends the measurement of the run so far.', MEASUREMENT.run('')],
  heatmapSuffix: ['ends the measurement of counts between coarse bounds.', MEASUREMENT.heatmap('')],
  generatorMeasurement: ['is how the generator fares, every second.', MEASUREMENT.generator],
  endMeasurement: ['is a generator that has come to its end.', MEASUREMENT.end],
  sentMeasurement: ['is what InfluxDB must hold of this generator, a point a metric.', MEASUREMENT.sent],
  mergedMeasurement: ['is which batches of a generator a part of the merged points holds.', MEASUREMENT.merged],
  partTag: ['tells merged points of mergers that followed each other apart: together they are all.', PART_TAG],
  identityPrefix: [
    "begins the first line of a batch, a comment in line protocol: its generator's start in Unix nanoseconds, and its number.",
    BATCH_PREFIX,
  ],
  MergeCommand: [
    "is the argument that makes Loadstar's k6 merge what generators write: k6 merge-generators HOST:PORT.",
    MERGE_COMMAND,
  ],
  breachMeasurement: ['is a threshold that begins or ceases to fail.', MEASUREMENT.breach],
  thresholdMeasurement: ['is what a threshold compares with its limit since the run began.', MEASUREMENT.threshold],
  stageTag: ['names the stage that a window over all requests of a scenario lies in.', STAGE_TAG],
  plateauPrefix: ['begins the names of stages with constant load.', PLATEAU_PREFIX],
  rampPrefix: ['begins the names of stages in which the load rises or falls.', RAMP_PREFIX],
  mostStages: ['is of load whose windows are tagged: more are a staircase.', MOST_STAGES],
  relativeAccuracy: ['is how far the value of a bucket may lie from any value in it.', HISTOGRAM.relative_accuracy],
  positivePrefix: ['begins the fields of buckets of positive values.', HISTOGRAM.positive_prefix],
  negativePrefix: ['begins the fields of buckets of negative values.', HISTOGRAM.negative_prefix],
  zeroField: ['counts zeros.', HISTOGRAM.zero_field],
  minField: ['is the exact smallest value.', HISTOGRAM.min_field],
  maxField: ['is the exact largest value.', HISTOGRAM.max_field],
  overflowName: ['is the request name of all series beyond the limit.', OVERFLOW_NAME],
  longestTag: ['is in bytes: a longer value of a tag is cut.', LONGEST_TAG_BYTES],
};

/** A text that is a number of Go's already. */
const NUMBER = /^[0-9.]+$/;

function literal(value: GoValue): string {
  return typeof value === 'number' || NUMBER.test(value) ? String(value) : JSON.stringify(value);
}

function list(values: readonly GoValue[]): string {
  return `{${values.map(literal).join(', ')}}`;
}

/** Defaults of the output's own settings, as docs/configuration.md documents them. */
function defaults(): readonly (readonly [string, string])[] {
  return Object.entries(ENV as Readonly<Record<string, EnvVar>>).flatMap(([name, { default: value }]) =>
    name.startsWith(OUTPUT_ENV.loadstar) && value !== undefined ? [[name, value] as const] : [],
  );
}

export function goContract(): string {
  const constants = Object.entries(CONSTANTS).map(
    ([name, [comment, value]]) => `// ${name} ${comment}\nconst ${name} = ${literal(value)}\n`,
  );
  const percentiles = PERCENTILE_METRICS.map((key) => METRICS[key]);
  const widest = Math.max(...defaults().map(([name]) => name.length));
  const settings = defaults().map(
    ([name, value]) => `\t${JSON.stringify(name)}:${' '.repeat(widest - name.length + 1)}${JSON.stringify(value)},\n`,
  );
  return `// Code generated from contract/ by \`make generate\`. DO NOT EDIT.

package output

${constants.join('\n')}
// windowPercentiles are written with every window and for the run so far.
var windowPercentiles = []float64${list(percentiles.map(({ percentile }) => percentile))}

// percentileFields are their fields.
var percentileFields = []string${list(percentiles.map(({ label }) => label))}

// heatmapBounds_ms are the upper bounds of the coarse histogram.
var heatmapBounds_ms = []float64${list(HEATMAP_BOUNDS_MS)}

// settingDefaults are the documented defaults of the output's own settings.
var settingDefaults = map[string]string{
${settings.join('')}}
`;
}

/** k6/output/requests/contract_gen.go: the table of protocols. */
export function goProtocols(): string {
  const rows = Object.values(PROTOCOLS).map(({ prefix, ...rest }) => {
    const {
      source = '',
      passed = '',
      unanswered = '',
    }: { source?: string; passed?: string; unanswered?: string } = rest;
    const fields = { Prefix: prefix, source, passed, unanswered };
    const stated = Object.entries(fields).filter(([, value]) => value !== '');
    return `\t{${stated.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ')}},\n`;
  });
  return `// Code generated from contract/ by \`make generate\`. DO NOT EDIT.

package requests

// Protocols are in the order in which one that a run speaks has precedence.
var Protocols = []Protocol{
${rows.join('')}}
`;
}

/** k6/output/trends/contract_gen.go: from where on the values of a trend are counted. */
export function goTrends(): string {
  return `// Code generated from contract/ by \`make generate\`. DO NOT EDIT.

package trends

// MostExact is how many values of a trend are kept as they are. They take 0.8 MB at most, and a summary has a hundred
// trends: one for each threshold on a part of a metric too.
const MostExact = ${MOST_EXACT_VALUES}
`;
}
