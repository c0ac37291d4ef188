/** What a run leaves behind in results/<run-id>/, for people and for other programs. */
import type { GeneratorReport, OutputReport } from './live-schema.ts';
import type { ComparedMetric, LatencyMetric, RequestMetric } from './metrics.ts';
import type { ComparisonVerdict, RunStatus } from './runs.ts';
import type { SloIndicator } from './slo.ts';

/** One element of results.json: exactly these, for a team's own performance page. */
export interface LoadTestResult {
  /** ISO 8601, UTC: when the run started. */
  timestamp: string;
  scenario: string;
  /** ms */
  p50: number;
  /** ms */
  p95: number;
  /** ms */
  p99: number;
  /** requests/s */
  throughput: number;
  /** % of requests, 0 to 100 */
  errorRate: number;
}

/** A row of completeness: what was sent and what is stored, for one metric. */
export interface CompletenessRow {
  metric: string;
  /** What is compared: the sum of a counter, passes and total of a rate, the samples of a trend, extremes of a gauge. */
  quantity: string;
  sent: number;
  stored: number;
  ok: boolean;
}

export interface Completeness {
  /**
   * complete: equal · tolerated: a stock output lost less than its stated tolerance · incomplete: samples are missing, or k6
   * was killed, and nothing says how many (then without rows) · unknown: InfluxDB could not be asked.
   */
  state: 'complete' | 'tolerated' | 'incomplete' | 'unknown';
  /** All samples that our output counted; with a stock output those of trends and rates, which k6 itself counts. */
  samples_sent: number;
  samples_stored: number;
  tolerance: number;
  rows: CompletenessRow[];
}

export interface SloResult {
  indicator: SloIndicator;
  /** `name` tag of the request, or null for the whole scenario. */
  request: string | null;
  /** The trend, where it is not the latency of requests. */
  metric: string | null;
  limit: number;
  /** null where k6 saw no sample. */
  value: number | null;
  ok: boolean;
}

/**
 * held: every SLO that had enough samples · broken: one of them was not held · unjudged: too few samples to say ·
 * starved: the generator had no users for the load, so that it was not offered.
 */
export type StepState = 'held' | 'broken' | 'unjudged' | 'starved';

/** A step of the profile breakpoint, by what was measured in it alone. */
export interface StepResult {
  /** When it began, ISO 8601, UTC. */
  started: string;
  /** What the step asks for: iterations begun a second. */
  offered_per_s: number;
  /** Requests answered a second. */
  throughput_rps: number;
  /** Users with an iteration under way, on average. */
  users: number;
  dropped_iterations: number;
  /** What the generator itself added to one request in a hundred, typically. */
  generator_delay_ms: number;
  state: StepState;
  /** Those that had enough samples. */
  slos: SloResult[];
}

/**
 * Why the search for the limit ended. slo: a step broke an SLO · stalled: the target answered less although more was
 * asked · generator: the load could not be made, or was made by a saturated machine · none: the stairs ended and
 * everything held · capped: the target's configuration allows no more · unreadable: InfluxDB did not say what was measured · cut: k6 ended before, by itself or by a signal.
 */
export type LimitEnd = 'slo' | 'stalled' | 'generator' | 'none' | 'capped' | 'unreadable' | 'cut';

/** What the profile breakpoint found. */
export interface LimitResult {
  end: LimitEnd;
  /** Requests a second at the last step that held; null unless the limit of the target was found (slo, stalled). */
  capacity_rps: number | null;
  /** Users under way then. */
  capacity_users: number | null;
  steps: StepResult[];
}

/** What one request of a run took: percentiles from its histogram, to 1 %; max and errors are exact. */
export type RequestResult = {
  /** Its `name` tag. */
  name: string;
} & Record<RequestMetric, number>;

export type Latency = Record<LatencyMetric, number>;

/** One figure against the history. Units as the metric's name ends; rates are fractions. */
export interface MetricComparison {
  metric: ComparedMetric;
  /** `name` tag of the request, or null for the whole scenario. */
  request: string | null;
  /** null where the history is too short to say. */
  baseline: number | null;
  value: number | null;
  /** Against the baseline, a fraction: 0.1 is a tenth more. null where the baseline is 0 or unknown. */
  change: number | null;
  /** value − baseline, in the unit of the metric. */
  difference: number | null;
  /** The noise band: what these runs do anyway. */
  low: number | null;
  high: number | null;
  /** How sure, 0 to 1. */
  confidence: number | null;
  verdict: ComparisonVerdict;
  /** One sentence for a person. */
  sentence: string;
}

/** A run against its history, for every reporter. */
export interface Comparison {
  verdict: ComparisonVerdict;
  /** One sentence for a person. */
  sentence: string;
  baseline: {
    /** rolling: the last runs · pinned: runs that somebody chose · run: one run, named by the call. */
    kind: 'rolling' | 'pinned' | 'run';
    runs: number;
    /** The run that stands for the baseline where one has to be named, as in links; null without one. */
    testid: string | null;
    branch: string | null;
  };
  metrics: MetricComparison[];
}

/** The generators of a run that has several. */
export interface GeneratorsResult {
  /** How many there should have been. */
  expected: number;
  /** Those that came to their end and said what they had sent, by their `instance` tag. */
  ended: string[];
  /** Those that did not, and have fallen silent: what they sent is not known. */
  lost: string[];
}

/** Who stopped a run from another terminal, and when (ISO 8601, UTC). */
export interface Stopped {
  by: string;
  at: string;
}

/** summary.json: one run, whole. Its JSON Schema is contract/summary.schema.json. */
export interface RunSummary {
  schema_version: 1;
  testid: string;
  /** The run that this one repeats, to confirm its verdict; null for a run of its own. */
  confirms: string | null;
  scenario: string;
  profile: string;
  target: { base_url: string; name: string };
  app: { version: string | null; commit: string | null; branch: string | null };
  engine: string;
  outputs: string[];
  k6_version: string;
  started: string;
  ended: string;
  /** As the profile says; a graceful stop may take longer. */
  planned_end: string;
  duration_s: number;
  status: RunStatus;
  /** One sentence for a person. */
  verdict: string;
  /** Somebody ended it from elsewhere with `loadstar stop`; absent otherwise. */
  stopped?: Stopped;
  exit_code: number;
  k6_exit_code: number | null;
  requests: number;
  throughput_rps: number;
  /** Fraction of failed requests. */
  error_rate: number;
  /** Fraction of passed checks; null where the scenario has none. */
  checks_rate: number | null;
  iterations: number;
  dropped_iterations: number;
  /** Iterations that a script exception ended; k6 does not fail a run for them. */
  script_exceptions: number;
  vus_max: number;
  data_sent_bytes: number;
  data_received_bytes: number;
  /** k6's own exact values; of several generators from their merged histograms, within 1 %. null without a request. */
  latency: Latency | null;
  slos: SloResult[];
  /** Profile breakpoint alone. Its `slos` are those of the last step that held, or of the first that broke if none did. */
  limit?: LimitResult;
  /** Several generators alone, or those that ran elsewhere: every figure is then of all of them together. */
  generators?: GeneratorsResult;
  /** Empty where InfluxDB could not be asked. */
  by_request: RequestResult[];
  completeness: Completeness;
  /** What our output reports of itself; null with a stock output alone. */
  output: Pick<
    OutputReport,
    'points' | 'bytes' | 'sent_bytes' | 'series' | 'spooled_batches' | 'rejected_batches' | 'lost_points'
  > | null;
  /** Series beyond the limit were counted under one name; null where there were none. */
  overflow: { limit: number; tag: string; values: number; examples: string[] } | null;
  /** How the load generator itself fared; null with a stock output alone. */
  generator: GeneratorReport | null;
  /** Against the history; null where it was not asked, or could not be. */
  comparison: Comparison | null;
  /** compare: the dashboard that holds the run against its baseline. */
  links: { grafana: string | null; compare: string | null; live_view: string | null };
}
