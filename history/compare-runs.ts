import { compareGroups, type GroupMetric } from '../analysis/compare-groups.ts';
import { isComparable } from '../analysis/index.ts';
import { BASELINE } from '../contract/baselines.ts';
import { metricChange, metricName, metricValue } from '../contract/metric-text.ts';
import type { Comparison, MetricComparison } from '../contract/results.ts';
import type { InfluxConnection } from '../influxdb/connection.ts';
import { readRunFigures } from '../influxdb/run-figures.ts';
import { type RunRecord, RunStore } from '../influxdb/runs.ts';
import type { ChosenRuns } from './choose-runs.ts';
import { toJudge } from './to-judge.ts';

/** Two groups of runs, compared: what `loadstar compare --json` prints. */
export interface RunsComparison {
  readonly schema_version: 1;
  readonly before: ComparedSide;
  readonly after: ComparedSide;
  /** What the verdicts rest on, in one sentence. */
  readonly evidence: string;
  /** What has to be known before believing them. */
  readonly warnings: readonly string[];
  readonly comparison: Comparison;
}

export interface ComparedSide {
  readonly name: string;
  readonly runs: readonly Pick<
    RunRecord,
    'testid' | 'scenario' | 'profile' | 'target' | 'branch' | 'started' | 'status'
  >[];
}

/** @throws whatever the client throws when InfluxDB does not answer */
export async function compareRuns(
  connection: InfluxConnection,
  before: ChosenRuns,
  after: ChosenRuns,
): Promise<RunsComparison> {
  const noise = await noiseRuns(connection, before.runs, after.runs);
  const read = async (runs: readonly RunRecord[]) => {
    const figures = await readFigures(connection, runs);
    return runs.map((run) => toJudge(run, figures.get(run.testid)));
  };
  const [a, b, others] = await Promise.all([read(before.runs), read(after.runs), read(noise)]);
  const judged = compareGroups(a, b, { noise_from: others });
  const metrics = judged.metrics.map(toMetricComparison);
  return {
    schema_version: 1,
    before: side(before),
    after: side(after),
    evidence: evidence(before.runs.length, after.runs.length, noise.length, judged.metrics),
    warnings: [...differences(before.runs, after.runs), ...unfit([...before.runs, ...after.runs])],
    comparison: {
      verdict: judged.verdict,
      sentence: sentence(judged.verdict, metrics),
      baseline: {
        kind: 'run',
        runs: before.runs.length,
        testid: before.runs.at(-1)?.testid ?? null,
        branch: before.runs[0]?.branch ?? null,
      },
      metrics,
    },
  };
}

/** Runs of different scenarios, profiles and targets are found one kind at a time. */
async function readFigures(connection: InfluxConnection, runs: readonly RunRecord[]) {
  const kinds = new Map<string, RunRecord[]>();
  for (const run of runs) {
    const kind = JSON.stringify([run.scenario, run.profile, run.target]);
    kinds.set(kind, [...(kinds.get(kind) ?? []), run]);
  }
  const found = await Promise.all([...kinds.values()].map((alike) => readRunFigures(connection, alike)));
  return new Map(found.flatMap((figures) => [...figures]));
}

/** Runs like those before: they say how much runs of one build differ, which two runs cannot. */
async function noiseRuns(
  connection: InfluxConnection,
  before: readonly RunRecord[],
  after: readonly RunRecord[],
): Promise<RunRecord[]> {
  const [first] = before;
  if (!first) return [];
  const compared = new Set([...before, ...after].map(({ testid }) => testid));
  const runs = await new RunStore(connection).history(
    { ...first, started: new Date(Date.now()) },
    first.branch,
    BASELINE.longest_history,
  );
  return runs
    .filter((run) => run.configuration === first.configuration && !compared.has(run.testid))
    .filter((run) => isComparable(toJudge(run)))
    .slice(0, BASELINE.histogram_runs)
    .reverse();
}

function side({ name, runs }: ChosenRuns): ComparedSide {
  return {
    name,
    runs: runs.map(({ testid, scenario, profile, target, branch, started, status }) => ({
      testid,
      scenario,
      profile,
      target,
      branch,
      started,
      status,
    })),
  };
}

function toMetricComparison(it: GroupMetric): MetricComparison {
  const { metric, request, before, after, change, difference, low, high, confidence, verdict } = it;
  const figures = {
    metric,
    request,
    baseline: before,
    value: after,
    change,
    difference,
    low,
    high,
    confidence,
    verdict,
  };
  return { ...figures, sentence: metricSentence({ ...figures, sentence: '' }) };
}

function metricSentence(it: MetricComparison): string {
  const { metric, baseline, value, verdict } = it;
  if (baseline === null) return `${metricName(it)} is ${metricValue(metric, value)}; there was none before.`;
  if (value === null) return `${metricName(it)} was ${metricValue(metric, baseline)}; there is none now.`;
  const moved = `${metricName(it)}: ${metricValue(metric, baseline)} → ${metricValue(metric, value)}, ${metricChange(metric, it)}`;
  return `${moved}: ${verdict}.`;
}

function sentence(verdict: Comparison['verdict'], metrics: readonly MetricComparison[]): string {
  if (verdict === 'same') return 'No figure differs by more than noise and by enough to matter.';
  return metrics[0]?.sentence ?? 'The runs have no figures in common.';
}

function evidence(before: number, after: number, noise: number, metrics: readonly GroupMetric[]): string {
  const runs = (count: number) => `${count} ${count === 1 ? 'run' : 'runs'}`;
  const groups = `${runs(before)} against ${runs(after)}`;
  if (metrics.every((metric) => metric.evidence === 'samples')) {
    return `${groups}, by the requests within them alone: how much runs of one build differ is not known from so few.`;
  }
  const others = noise > 0 ? `, and by ${runs(noise)} like those before` : '';
  return `${groups}; how much runs of one build differ is known from the groups themselves${others}.`;
}

const COMPARED = ['scenario', 'profile', 'target', 'configuration'] as const;

/** What makes the comparison one of apples with pears. */
function differences(before: readonly RunRecord[], after: readonly RunRecord[]): string[] {
  return COMPARED.flatMap((name) => {
    const values = [...new Set([...before, ...after].map((run) => run[name] ?? 'unknown'))];
    return values.length > 1 ? [`the runs differ in their ${name}: ${values.join(' / ')}`] : [];
  });
}

function unfit(runs: readonly RunRecord[]): string[] {
  return runs
    .filter((run) => !isComparable(toJudge(run)))
    .map(({ testid, status, completeness, generator_saturated }) => {
      const why = generator_saturated
        ? 'its generator was saturated'
        : `it is ${completeness === 'incomplete' ? completeness : status}`;
      return `${testid} is weak evidence: ${why}`;
    });
}
