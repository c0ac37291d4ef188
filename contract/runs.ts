import type { ComparedMetric, TrendMetric } from './metrics.ts';

/** The record of a run in the bucket `k6_runs`: one measurement, written at the start, as a heartbeat, and at the end. */
export const RUN_MEASUREMENT = 'run';

/** The run's id, identical on every sample of it. `<UTC time>-<scenario>-<profile>-<4 random characters>`. */
export type RunId = string;

/** A run's files lie in a directory of its id: so an id is one name, and none that leads elsewhere. */
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** Whether a text that came from somewhere else can be the id of a run. */
export function isRunId(text: unknown): text is RunId {
  return typeof text === 'string' && RUN_ID.test(text);
}

/**
 * running: started, no end seen · passed · failed: a threshold failed, also when it aborted the run · interrupted: by a
 * signal · broken: k6, the stack or the target failed · incomplete: samples are missing.
 */
export const RUN_STATUSES = ['running', 'passed', 'failed', 'incomplete', 'broken', 'interrupted'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const HEARTBEAT_S = 5;

/**
 * No sample of a run is older than this before its start. A run whose generators start elsewhere begins with its load: they
 * have written signs of life, and what setup() measured, while they waited for each other.
 */
export const BEFORE_START_MS = 3_600_000;

/**
 * Tags of a record and of all points beside it: with the time of its start they identify it. `project` is on every live
 * sample too (contract/k6-metrics.ts).
 */
export const RUN_TAG_NAMES = ['project', 'scenario', 'profile', 'target', 'branch'] as const;
export type RunTagName = (typeof RUN_TAG_NAMES)[number];

/**
 * Measurements that complete a record. Their points have its tags and its time, so that a run is found by its time alone
 * and the index does not grow with the number of runs.
 */
export const RUN_DETAIL = {
  /** A point a request, tag `name`, with a field a metric that is known by request (contract/metrics.ts). */
  request: 'run_request',
  /** A point an SLO, tags `indicator` and, if it is of one request or of another trend, `name` or `metric`. Fields: testid, limit; from the end of the run on ok, and value if there is a sample. */
  slo: 'run_slo',
  /** The latency histogram of the run, and with the tag `name` of each request: a field a bucket (ms). */
  histogram: 'run_histogram',
  /**
   * What the history says of the run, a point a compared figure: tag `metric`, and `name` where it is of one request;
   * baseline, value, change, difference, low, high (the band), verdict, sentence.
   */
  comparison: 'run_comparison',
  /** The same of a plateau: tags `metric` and `plateau`. */
  plateau: 'run_plateau',
  /**
   * The whole summary.json, from which `loadstar report` writes pages on any machine. Fields: testid, parts (how many), and
   * `part_0` and so on: pieces of its gzip in base64, because InfluxDB takes 64 KiB in a field.
   */
  summary: 'run_summary',
  /** A planned change of load; this one is at the time of the change. Fields: testid, text. */
  stage: 'run_stage',
  /** Somebody made this run the baseline of its kind. Fields: testid, set_at, who, why, cleared (contract/baselines.ts). */
  baseline: 'baseline',
} as const;

/** Field of the record: by how much the level of the history has shifted at this run (a fraction; 0 otherwise). */
export function shiftField(metric: TrendMetric): string {
  return `${metric}_shift`;
}

/** Field of the record, and of the point of a request: how much the generator's own delay can have moved the metric. */
export function generatorEffectField(metric: ComparedMetric): string {
  return `generator_effect_${metric}`;
}

/** Field `comparison` of the record: what the history says of this run. `regressed` alone is an alarm. */
export const COMPARISON_VERDICTS = [
  'improved',
  'same',
  'suspected',
  'regressed',
  'unstable',
  'not enough runs',
] as const;
export type ComparisonVerdict = (typeof COMPARISON_VERDICTS)[number];
