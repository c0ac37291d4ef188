import { percentile } from '../../analysis/histogram.ts';
import { judgedOutput, OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import type { RunSummary } from '../../contract/results.ts';
import { JUDGED_METRICS, type JudgedMetric } from '../../contract/runs.ts';
import { SCENARIOS } from '../../contract/scenarios.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { type RunSteps, readOverTime } from '../../influxdb/run-over-time.ts';
import type { RunOverview } from '../../influxdb/run-overview.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Comparison, ComparisonRow, OverTime, ReportInput } from '../html/input.ts';
import { relativeChange } from '../html/metrics.ts';

/** What is known beside the summary of a run. */
export interface RunSources {
  /** null where InfluxDB could not be asked; then the page says so. */
  readonly influx: InfluxConnection | null;
  /** Newest first, from the records; empty where there are none. */
  readonly overviews: readonly RunOverview[];
  /** What the history says of this run; left out, it is what the run's record holds. */
  readonly comparison?: Comparison | null;
  readonly now: Date;
}

/** All that the page of a run shows. What cannot be read is left out, and said: a page with less is better than none. */
export async function gatherRun(run: RunSummary, sources: RunSources): Promise<ReportInput> {
  const notes: string[] = [];
  const { overviews } = sources;
  const own = overviews.find(({ testid }) => testid === run.testid) ?? null;
  const over_time = await overTime(run, sources.influx, notes);
  if (!sources.influx) {
    notes.push(
      'InfluxDB could not be asked: what this page shows is from summary.json alone. `npx loadstar report` writes it anew.',
    );
  }
  const scenarios: Readonly<Record<string, { readonly title: string }>> = SCENARIOS;
  return {
    generated: sources.now.toISOString(),
    run,
    title: scenarios[run.scenario]?.title ?? run.scenario,
    over_time,
    histogram: own?.histogram ?? null,
    requests: own?.by_request ?? [],
    comparison: sources.comparison === undefined ? recorded(run, own) : sources.comparison,
    history: historyOf(run, overviews),
    notes,
  };
}

async function overTime(run: RunSummary, influx: InfluxConnection | null, notes: string[]): Promise<OverTime | null> {
  if (!influx) return null;
  const { schema } = OUTPUTS[judgedOutput(run.outputs as OutputName[])];
  const span = { testid: run.testid, started: new Date(run.started), ended: new Date(run.ended) };
  try {
    const steps = await readOverTime(influx, schema, span, run.requests);
    return steps && withPercentiles(steps);
  } catch (error) {
    notes.push(`InfluxDB could not be asked how the run developed: ${messageOf(error)}`);
    return null;
  }
}

function withPercentiles({ step_s, steps }: RunSteps): OverTime {
  return {
    step_s,
    steps: steps.map(({ at_s, length_s, requests, failed, users, histogram }) => ({
      at_s,
      throughput_rps: requests / length_s,
      failed_rps: failed / length_s,
      users,
      p50_ms: percentile(histogram, 0.5),
      p95_ms: percentile(histogram, 0.95),
      p99_ms: percentile(histogram, 0.99),
    })),
  };
}

/** The run against what its record says was expected of it. */
function recorded(run: RunSummary, own: RunOverview | null): Comparison | null {
  if (!own) return null;
  const value_of: Readonly<Record<string, number | null>> = {
    ...run.latency,
    throughput_rps: run.throughput_rps,
    ...rates(run),
  };
  const rows = (Object.keys(JUDGED_METRICS) as JudgedMetric[]).flatMap((metric): ComparisonRow[] => {
    const expected = own.expected[metric];
    const value = value_of[metric];
    if (!expected || value === null || value === undefined) return [];
    return [
      {
        metric,
        request: null,
        ...expected,
        value,
        change: relativeChange(expected.baseline, value),
        difference: value - expected.baseline,
        confidence: null,
        verdict: null,
        sentence: null,
      },
    ];
  });
  const baseline = 'the median of the runs before it; usual is within three of their standard deviations';
  return rows.length === 0 ? null : { verdict: own.comparison, sentence: null, baseline, rows };
}

function rates({ error_rate, checks_rate }: RunSummary) {
  return { error_rate, checks_rate };
}

/** The same scenario, profile and target, oldest first, and nothing that came after the run. */
function historyOf(run: RunSummary, overviews: readonly RunOverview[]): RunOverview[] {
  const same = overviews.filter(
    ({ scenario, profile, target, started, values, testid }) =>
      scenario === run.scenario &&
      profile === run.profile &&
      target === run.target.name &&
      Date.parse(started) <= Date.parse(run.started) &&
      // A run that is on, or died, has no figures yet.
      (values.p95_ms !== null || testid === run.testid),
  );
  return same.reverse();
}
