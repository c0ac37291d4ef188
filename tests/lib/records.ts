import type { RunSummary } from '../../contract/results.ts';
import type { RunEnd, RunStart } from '../../influxdb/run-points.ts';

const SECOND_MS = 1_000;
const DURATION_S = 30;

/** A run that started so long ago. */
export function startOf(testid: string, { age_s, ...more }: Partial<RunStart> & { readonly age_s: number }): RunStart {
  const started = new Date(Date.now() - age_s * SECOND_MS);
  return {
    testid,
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
    verdict: '2 of 2 SLOs held over 100 requests',
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
      { indicator: 'p95_ms', request: null, limit: 500, value: 70, ok: true },
      { indicator: 'error_rate', request: null, limit: 0.01, value: 0, ok: true },
    ],
    completeness: { state: 'complete', samples_sent: 1, samples_stored: 1, tolerance: 0, rows: [] },
    output: null,
    overflow: null,
    generator: null,
    comparison: null,
    links: { grafana: null, compare: null, live_view: null },
    ...more,
  };
  return { summary, histograms: {}, requests: [], comparison: null, notified: null };
}
