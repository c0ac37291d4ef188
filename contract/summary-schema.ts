/**
 * summary.json: one run, whole. The types of contract/results.ts and the published JSON Schema (summary.schema.json) derive
 * from here. k6 scripts and pages import the types alone, so zod is in none of them.
 */
import { z } from 'zod';
import { abResult, abRun } from './ab-schema.ts';
import { causes } from './causes.ts';
import { examples } from './examples.ts';
import { PROTOCOL_NAMES } from './k6-metrics.ts';
import { COMPARED_METRICS, LATENCY_METRICS, PERCENTILE_METRICS, REQUEST_METRICS } from './metrics.ts';
import { generatorDelay, generatorReport, outputCounts, refusedHost } from './output-report.ts';
import { COMPARISON_VERDICTS, RUN_STATUSES } from './runs.ts';
import { INDICATORS, type SloIndicator } from './slo.ts';

const nullableText = z.string().nullable();
const nullableNumber = z.number().nullable();
/** ISO 8601, UTC. */
const time = z.iso.datetime();

function numbersOf<K extends string>(metrics: readonly K[]) {
  return Object.fromEntries(metrics.map((metric) => [metric, z.number()])) as Record<K, z.ZodNumber>;
}

const sloResult = z.strictObject({
  indicator: z.enum(Object.keys(INDICATORS) as SloIndicator[]),
  /** `name` tag of the request, or null for the whole scenario. */
  request: nullableText,
  /** The trend, if it is not the latency of requests. */
  metric: nullableText,
  /** The part of the run that it is of: a stage by its name, or `steady`. Left out for the whole run. */
  during: z.string().exactOptional(),
  /** The length of the windows that it is of, such as `30s`; `value` is then that of the worst one. */
  over: z.string().exactOptional(),
  limit: z.number(),
  /** The limit itself fails, as with `<` in a threshold of k6. Left out if it passes. */
  strict: z.literal(true).exactOptional(),
  /** The threshold of a k6 script that it is of (indicator `threshold`), such as `p(90)<300`; `metric` has its selector. */
  expression: z.string().exactOptional(),
  /** null if there was no sample, or too few of them in every window. */
  value: nullableNumber,
  /** k6 passes a threshold without a sample: `ok` with the value null is no data. */
  ok: z.boolean(),
  /** Why the threshold has no sample, if a tag of its selector says it: `no sample has kind:nobody; kind is reader`. */
  hint: z.string().exactOptional(),
  /** How much of the value can be the generator's own delay, at most, in the unit of the metric; left out if it cannot have failed the SLO. */
  generator_effect: z.number().exactOptional(),
});

/** A step of the profile breakpoint, by what was measured in it alone. */
const stepResult = z.strictObject({
  started: time,
  /** What the step asks for: iterations begun a second. */
  offered_per_s: z.number(),
  /** Requests answered a second. */
  throughput_rps: z.number(),
  /** Users with an iteration under way, on average. */
  users: z.number(),
  dropped_iterations: z.int(),
  /** What the generator itself added to one request in a hundred, typically. */
  generator_delay_ms: z.number(),
  /**
   * passed: every SLO that had enough samples passed · failed: one of them failed · unjudged: too few samples to say ·
   * starved: the generator had no users for the load, so that it was not offered.
   */
  state: z.enum(['passed', 'failed', 'unjudged', 'starved']),
  /** Those that had enough samples. */
  slos: z.array(sloResult),
});

/** What the profile breakpoint found. */
const limitResult = z.strictObject({
  /**
   * Why the search for the limit ended. slo: a step failed an SLO · stalled: the target answered less although more was
   * asked · generator: the load could not be made, or was made by a saturated machine · none: the stairs ended and every SLO
   * passed · capped: the target's configuration allows no more · unreadable: InfluxDB did not say what was measured · cut: k6
   * ended before, by itself or by a signal.
   */
  end: z.enum(['slo', 'stalled', 'generator', 'none', 'capped', 'unreadable', 'cut']),
  /** Requests a second at the last step that passed; null unless the limit of the target was found (slo, stalled). */
  capacity_rps: nullableNumber,
  /** Users under way then. */
  capacity_users: nullableNumber,
  steps: z.array(stepResult),
});

/**
 * How much the generator's own delay can have moved a figure for the worse, at most, in the unit of the metric. What it
 * cannot have moved is left out.
 */
const generatorEffects = z.partialRecord(z.enum(COMPARED_METRICS), z.number());

/** A stage with constant load, as it was measured without its warm-up. */
const plateauResult = z.strictObject({
  /** As SLOs name it: `plateau 1` is the first of the run. */
  name: z.string(),
  /** The whole plateau. */
  from: time,
  to: time,
  /** How much of its start is warm-up: latency is not yet what it is in the rest. The figures leave it out. */
  warm_up_s: z.number(),
  requests: z.int(),
  throughput_rps: z.number(),
  error_rate: nullableNumber,
  /** From merged histograms, within 1 %; null without a request. */
  p50_ms: nullableNumber,
  p95_ms: nullableNumber,
  p99_ms: nullableNumber,
  /** Most virtual users at once, of all generators. Left out if k6 told none. */
  users: z.int().exactOptional(),
  /** Standard errors that the number of requests alone gives the percentiles, in ms. */
  sampling_errors: z.partialRecord(z.enum(PERCENTILE_METRICS), z.number()).exactOptional(),
});

/** The plateaus of a run as its record stores them. */
export const plateauResults = z.array(plateauResult);

/** What one request of a run took: percentiles from its histogram, to 1 %; max and errors are exact. */
const requestResult = z.strictObject({
  /** Its `name` tag. */
  name: z.string(),
  ...numbersOf(REQUEST_METRICS),
  /** Left out if the delay of the generator is unknown. */
  generator_effects: generatorEffects.exactOptional(),
});

const latency = z.strictObject(numbersOf(LATENCY_METRICS));

const completeness = z.strictObject({
  /**
   * complete: equal · tolerated: a stock output lost less than its stated tolerance · incomplete: samples are missing, or k6
   * was killed, and nothing says how many (then without rows) · unknown: InfluxDB could not be asked.
   */
  state: z.enum(['complete', 'tolerated', 'incomplete', 'unknown']),
  /** All samples that our output counted; with a stock output those of trends and rates, which k6 itself counts. */
  samples_sent: z.int(),
  samples_stored: z.int(),
  tolerance: z.number(),
  /** What was sent and what is stored, for each metric. */
  rows: z.array(
    z.strictObject({
      metric: z.string(),
      /** The sum of a counter, passes and total of a rate, the samples of a trend, extremes of a gauge. */
      quantity: z.string(),
      sent: z.number(),
      stored: z.number(),
      ok: z.boolean(),
    }),
  ),
});

/** One figure and its baseline. Units as the metric's name ends; rates are fractions. */
const metricComparison = z.strictObject({
  metric: z.enum(COMPARED_METRICS),
  /** `name` tag of the request, or null for the whole scenario. */
  request: nullableText,
  /** The plateau that was judged, without its warm-up. Left out for the whole run. */
  plateau: z.string().exactOptional(),
  /** null if the history is too short to say. */
  baseline: nullableNumber,
  value: nullableNumber,
  /** Relative to the baseline, a fraction: 0.1 is a tenth more. null if the baseline is 0 or unknown. */
  change: nullableNumber,
  /** value − baseline, in the unit of the metric. */
  difference: nullableNumber,
  /** The noise band: what these runs do anyway. */
  low: nullableNumber,
  high: nullableNumber,
  verdict: z.enum(COMPARISON_VERDICTS),
  /** One sentence for a person. */
  sentence: z.string(),
});

/** A run compared with its history. */
const comparison = z.strictObject({
  verdict: z.enum(COMPARISON_VERDICTS),
  /** One sentence for a person. */
  sentence: z.string(),
  baseline: z.strictObject({
    /** rolling: the last runs · pinned: runs that a person chose · run: one run, named by the call. */
    kind: z.enum(['rolling', 'pinned', 'run']),
    runs: z.int(),
    /** The run that stands for the baseline where one has to be named, as in links; null without one. */
    testid: nullableText,
    branch: nullableText,
  }),
  metrics: z.array(metricComparison),
});

/** A generator of a run that has several, with what it alone has seen. */
const eachGenerator = z.strictObject({
  /** Its `instance` tag. */
  instance: z.string(),
  state: z.enum(['ended', 'lost']),
  /** The last that was heard of it. */
  last_sign: time,
  /** From its first iteration to the end of its last one, or to its last sign. null: it made no load. */
  load: z.strictObject({ from: time, to: time }).nullable(),
  /** Of the protocol that made requests first. */
  requests: z.int(),
  failed: z.int(),
  /** Within 1 %. null without a request. */
  p95_ms: nullableNumber,
  /** null: unknown. */
  peak_machine_cpu: nullableNumber,
  /** Left out if it is unknown, as of a lost one. */
  delayed: generatorDelay.exactOptional(),
});

/** The generators of a run that has several. */
const generatorsResult = z.strictObject({
  /** How many there should have been. */
  expected: z.int(),
  /** Those that came to their end and said what they had sent, by their `instance` tag. */
  ended: z.array(z.string()),
  /** Those that did not, and have fallen silent: what they sent is not known. */
  lost: z.array(z.string()),
  /** In the order of their names. Left out of one generator, and by older versions. */
  each: z.array(eachGenerator).exactOptional(),
});

const generatorResult = z.strictObject({
  ...generatorReport.shape,
  /**
   * Its own delay can have moved every latency of the run by as much as a change that the verdict reports: the run is not
   * compared. Without `effects`, as an older version wrote it: the CPU of its machine was busy for five seconds.
   */
  saturated: z.boolean(),
  /** Of the figures of the whole run. Left out if the delay is unknown. */
  effects: generatorEffects.exactOptional(),
  /** Written by older versions alone. */
  saturated_s: z.int().exactOptional(),
  longest_s: z.int().exactOptional(),
});

/** Failed requests that got the same answer, or none. */
const failedAnswer = z.strictObject({
  /** HTTP status; 0 where no answer came. */
  status: z.int(),
  /** k6's code, https://grafana.com/docs/k6/latest/javascript-api/error-codes/; 0 if it has none. */
  error_code: z.int(),
  /** `401 Unauthorized`, or the error in the words of k6. */
  error: z.string(),
  count: z.int(),
  /** Of so many: all requests of the run, or of the name. */
  of: z.int(),
  /** When the first of them was. null: the output did not say. */
  first: time.nullable(),
});

/** What failed in the run, the most frequent first. Secrets, query strings and bodies are no part of it. */
const failures = z.strictObject({
  /** How many there were, also of those that are not listed. */
  total: z.strictObject({ requests: z.int(), checks: z.int(), exceptions: z.int() }),
  /** All failed requests by what came back, with the name of the first of each. */
  answers: z.array(z.strictObject({ ...failedAnswer.shape, first_request: z.string() })),
  /** The same by request. */
  requests: z.array(z.strictObject({ name: z.string(), ...failedAnswer.shape })),
  checks: z.array(z.strictObject({ name: z.string(), count: z.int(), of: z.int(), first: time.nullable() })),
  /** Script exceptions by where they were thrown. */
  exceptions: z.array(
    z.strictObject({
      /** Of the first one. */
      message: z.string(),
      /** `loadtests/search.ts:12:5`; null if k6 did not say. */
      place: nullableText,
      count: z.int(),
      first: time.nullable(),
    }),
  ),
});

/** Who stopped a run from another terminal, and when. */
const stopped = z.strictObject({ by: z.string(), at: time });

/** Field `schema_version`: goes up when programs that read the file have to change. */
export const SUMMARY_VERSION = 1;

export const runSummary = z.strictObject({
  schema_version: z.literal(SUMMARY_VERSION),
  testid: z.string(),
  /** Name of the project that it is a run of. Missing before runs had one. */
  project: z.string().exactOptional(),
  /** The run that this one repeats, to confirm its verdict; null for a run of its own. */
  confirms: nullableText,
  scenario: z.string(),
  profile: z.string(),
  target: z.strictObject({ base_url: z.string(), name: z.string() }),
  app: z.strictObject({ version: nullableText, commit: nullableText, branch: nullableText }),
  engine: z.string(),
  /** Kind of the machine that made the load; left out if it is unknown, or any will do (history/machine.ts). */
  machine: z.string().exactOptional(),
  outputs: z.array(z.string()),
  k6_version: z.string(),
  started: time,
  ended: time,
  /** As the profile says; a graceful stop may take longer. */
  planned_end: time,
  duration_s: z.number(),
  status: z.enum(RUN_STATUSES),
  /** One sentence for a person. */
  verdict: z.string(),
  /** Present if a person ended it from another terminal with `loadstar stop`. */
  stopped: stopped.exactOptional(),
  exit_code: z.int(),
  k6_exit_code: z.int().nullable(),
  /** What requests and their latencies are of; left out: HTTP. */
  protocol: z.enum(PROTOCOL_NAMES).exactOptional(),
  requests: z.int(),
  throughput_rps: z.number(),
  /** Fraction of failed requests. */
  error_rate: z.number(),
  /** Fraction of passed checks; null if the scenario has none. */
  checks_rate: nullableNumber,
  iterations: z.int(),
  dropped_iterations: z.int(),
  /** Iterations that a script exception ended. */
  script_exceptions: z.int(),
  /** Their fraction of all iterations, by which the SLO is judged; null without an iteration. Missing before this was measured. */
  exception_rate: nullableNumber.exactOptional(),
  /** Left out if nothing failed, or nobody saw what. Requests and checks are those of the `loadstar` output. */
  failures: failures.exactOptional(),
  /** Examples of failed and of slow requests. Left out without any, and with a stock output alone. */
  examples: examples.exactOptional(),
  /**
   * Most virtual users active at once: the highest `vus` of k6, which samples it every second, as the charts show it. k6's own
   * `vus_max` counts those that are ready, which is more where a scenario reserves them. A run below a second has that alone.
   */
  vus_max: z.int(),
  data_sent_bytes: z.number(),
  data_received_bytes: z.number(),
  /**
   * k6's own: exact up to 100,000 requests, within 0.1 % for more; of several generators from their merged histograms, within
   * 1 %. null without a request.
   */
  latency: latency.nullable(),
  slos: z.array(sloResult),
  /** The steady state: plateaus without their warm-up. Left out without one, and with a stock output alone. */
  plateaus: plateauResults.exactOptional(),
  /** Profile breakpoint alone. `slos` are then those of the last step that passed, or of the first that failed if none did. */
  limit: limitResult.exactOptional(),
  /** Several generators alone, or generators elsewhere: every figure is then of all of them together. */
  generators: generatorsResult.exactOptional(),
  /** Empty if InfluxDB could not be asked. */
  by_request: z.array(requestResult),
  completeness,
  /** What our output reports of itself; null with a stock output alone. */
  output: outputCounts.nullable(),
  /** Series beyond the limit were counted under one name; null if there were none. */
  overflow: z
    .strictObject({ limit: z.int(), tag: z.string(), values: z.int(), examples: z.array(z.string()) })
    .nullable(),
  /** Hosts that the run tried and must not load; left out if there were none. */
  refused_hosts: z.array(refusedHost).exactOptional(),
  /** How the load generator itself fared; null with a stock output alone. */
  generator: generatorResult.nullable(),
  /** Why it failed or regressed, by the telemetry of its target. Left out without a symptom, and without telemetry. */
  causes: causes.exactOptional(),
  /** null if it was not compared, or could not be. */
  comparison: comparison.nullable(),
  /** Present if the run was one side of `loadstar ab`: such runs are in no history. */
  ab_run: abRun.exactOptional(),
  /** Of the head of `loadstar ab` alone. */
  ab: abResult.exactOptional(),
  /** compare: the dashboard that compares the run with its baseline. */
  links: z.strictObject({ grafana: nullableText, compare: nullableText, live_view: nullableText }),
});
