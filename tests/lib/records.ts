/** Records of runs that a test needs and did not make. */

import { judge } from '../../analysis/index.ts';
import { OWN_PROJECT } from '../../contract/project-name.ts';
import type { Comparison, RunSummary } from '../../contract/results.ts';
import type { RunEnd, RunStart } from '../../influxdb/run-points.ts';
import type { RunStore } from '../../influxdb/runs.ts';

const SECOND_MS = 1_000;
const DURATION_S = 30;

/** A run that started so long ago. */
export function startOf(testid: string, { age_s, ...more }: Partial<RunStart> & { readonly age_s: number }): RunStart {
  const started = new Date(Date.now() - age_s * SECOND_MS);
  return {
    testid,
    project: OWN_PROJECT,
    scenario: 'search',
    profile: 'smoke',
    target: 'demo',
    branch: null,
    started,
    planned_end: new Date(started.getTime() + DURATION_S * SECOND_MS),
    app_version: null,
    app_commit: null,
    engine: 'native',
    outputs: ['loadstar'],
    ...more,
  };
}

/** Its end: a run that passed, but for what is given. */
export function endOf(run: RunStart, more: Partial<RunSummary> = {}): RunEnd {
  const summary: RunSummary = {
    schema_version: 1,
    testid: run.testid,
    project: run.project,
    confirms: run.confirms ?? null,
    scenario: run.scenario,
    profile: run.profile,
    target: { base_url: 'http://127.0.0.1:18080', name: run.target },
    app: { version: run.app_version, commit: run.app_commit, branch: run.branch },
    engine: run.engine,
    outputs: [...run.outputs],
    k6_version: '1.8.1',
    started: run.started.toISOString(),
    ended: run.planned_end.toISOString(),
    planned_end: run.planned_end.toISOString(),
    duration_s: DURATION_S,
    status: 'passed',
    verdict: '2 of 2 SLOs passed over 100 requests',
    exit_code: 0,
    k6_exit_code: 0,
    requests: 100,
    throughput_rps: 3.3,
    error_rate: 0,
    checks_rate: 1,
    iterations: 100,
    dropped_iterations: 0,
    script_exceptions: 0,
    vus_max: 5,
    data_sent_bytes: 1,
    data_received_bytes: 1,
    latency: { min_ms: 1, avg_ms: 30, p50_ms: 30, p90_ms: 60, p95_ms: 70, p99_ms: 100, max_ms: 120 },
    by_request: [],
    slos: [
      { indicator: 'p95_ms', metric: null, request: null, limit: 500, value: 70, ok: true },
      { indicator: 'error_rate', metric: null, request: null, limit: 0.01, value: 0, ok: true },
    ],
    completeness: { state: 'complete', samples_sent: 1, samples_stored: 1, tolerance: 0, rows: [] },
    output: null,
    overflow: null,
    generator: null,
    comparison: null,
    links: { grafana: null, compare: null, live_view: null },
    ...more,
  };
  return { summary, histograms: {}, notified: null };
}

/** The least that the end of a run is made of. */
export const ENDED: RunSummary = {
  schema_version: 1,
  testid: '',
  confirms: null,
  scenario: 'search',
  profile: 'smoke',
  target: { base_url: '', name: 'demo' },
  app: { version: null, commit: null, branch: null },
  engine: 'native',
  outputs: ['loadstar'],
  k6_version: '',
  started: '',
  ended: '',
  planned_end: '',
  duration_s: 1,
  status: 'passed',
  verdict: 'every SLO passed',
  exit_code: 0,
  k6_exit_code: 0,
  requests: 1,
  throughput_rps: 1,
  error_rate: 0,
  checks_rate: null,
  iterations: 1,
  dropped_iterations: 0,
  script_exceptions: 0,
  vus_max: 1,
  data_sent_bytes: 0,
  data_received_bytes: 0,
  latency: null,
  slos: [],
  by_request: [],
  completeness: { state: 'complete', samples_sent: 1, samples_stored: 1, tolerance: 0, rows: [] },
  output: null,
  overflow: null,
  generator: null,
  comparison: null,
  links: { grafana: null, compare: null, live_view: null },
};

const DAY_MS = 24 * 60 * 60 * 1_000;
const LATENCY_SPREAD = [0, 3, -2, 1, -3, 2] as const;

/**
 * Runs of the days before, one a day: latencies that waver a little around one level and then around a higher one.
 * @param of scenario, profile and target as the records have them; the newest of them is a day old
 */
export async function writeHistory(store: RunStore, of: PastRuns, levels_ms: readonly number[]): Promise<void> {
  const latencies = levels_ms.flatMap((level) => LATENCY_SPREAD.map((spread) => level + spread));
  const runs = latencies.map((_, index) => pastRun(of, latencies, index));
  for (let from = 0; from < runs.length; from += AT_ONCE) {
    await Promise.all(runs.slice(from, from + AT_ONCE).map(([start, end]) => store.end(start, end)));
  }
}

interface PastRuns {
  readonly scenario: string;
  readonly profile: string;
  readonly target: string;
  /** Of runs that are held against each other. */
  readonly configuration?: string;
}

/** Writes at once: a thousand connections are too many. */
const AT_ONCE = 10;

function pastRun(of: PastRuns, latencies: readonly number[], index: number): [RunStart, RunEnd] {
  const p95_ms = latencies[index] as number;
  const started = new Date(Date.now() - (latencies.length - index) * DAY_MS);
  const start: RunStart = {
    project: OWN_PROJECT,
    ...of,
    testid: `${of.scenario}-history-${index}`,
    branch: null,
    started,
    planned_end: started,
    app_version: null,
    app_commit: `c0ffee${index}`,
    engine: 'native',
    outputs: ['loadstar'],
  };
  const summary: RunSummary = {
    ...ENDED,
    scenario: of.scenario,
    profile: of.profile,
    target: { base_url: '', name: of.target },
    testid: start.testid,
    started: started.toISOString(),
    ended: new Date(started.getTime() + 30_000).toISOString(),
    latency: {
      min_ms: 1,
      avg_ms: p95_ms / 2,
      p50_ms: p95_ms / 2,
      p90_ms: p95_ms * 0.9,
      p95_ms,
      p99_ms: p95_ms * 1.4,
      max_ms: p95_ms * 2,
    },
    requests: 600,
    throughput_rps: 20 + (index % 3),
    slos: [{ indicator: 'p95_ms', metric: null, request: null, limit: 500, value: p95_ms, ok: true }],
  };
  const judged = judge(latencies.slice(0, index), p95_ms);
  const comparison: Comparison = {
    verdict: judged.verdict,
    sentence: judged.sentence,
    baseline: { kind: 'rolling', runs: index, testid: null, branch: null },
    metrics: [{ ...judged, metric: 'p95_ms', request: null }],
  };
  return [start, { summary: { ...summary, comparison }, histograms: {}, notified: null }];
}
