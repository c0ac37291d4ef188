import { isComparable, LEAST_RUNS, RUN_METRICS, type RunMetric, type RunToJudge } from '../analysis/index.ts';
import { atPlateau, figure, measuredFigure } from '../analysis/run-to-judge.ts';
import { median } from '../analysis/statistics.ts';
import { metricName, metricValue } from '../contract/metric-text.ts';
import type { Comparison, MetricComparison } from '../contract/results.ts';
import { readComparison } from '../influxdb/comparisons.ts';
import type { InfluxConnection } from '../influxdb/connection.ts';
import { readRunFigures } from '../influxdb/run-figures.ts';
import type { RunRecord } from '../influxdb/runs.ts';
import { type ChosenRuns, WORDS } from './choose-runs.ts';
import { compareWithHistory } from './comparison.ts';
import { isSameMachine } from './machine.ts';
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
    'testid' | 'project' | 'scenario' | 'profile' | 'target' | 'branch' | 'started' | 'status'
  >[];
}

/**
 * The verdict that the run was given, where it was given against that baseline. Other runs are judged by the same rule, with
 * the runs before as the history.
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function compareRuns(
  connection: InfluxConnection,
  before: ChosenRuns,
  after: ChosenRuns,
): Promise<RunsComparison> {
  const stored = await storedComparison(connection, before, after);
  const comparison = stored ?? (await judged(connection, before.runs, after.runs));
  return {
    schema_version: 1,
    before: side(before),
    after: side(after),
    evidence: evidence(before.runs.length, after.runs.length, stored !== null, comparison),
    warnings: [...differences(before.runs, after.runs), ...unfit([...before.runs, ...after.runs])],
    comparison,
  };
}

/** null where the run was judged against something else, or not at all. */
async function storedComparison(
  connection: InfluxConnection,
  before: ChosenRuns,
  after: ChosenRuns,
): Promise<Comparison | null> {
  const [run, ...others] = after.runs;
  if (!run || others.length > 0) return null;
  const stored = await readComparison(connection, { ...run, started: new Date(run.started) });
  const is_baseline = before.name === WORDS.baseline || before.runs.length === 1;
  return is_baseline && before.runs.some(({ testid }) => testid === stored?.baseline.testid) ? stored : null;
}

async function judged(
  connection: InfluxConnection,
  before: readonly RunRecord[],
  after: readonly RunRecord[],
): Promise<Comparison> {
  const [first] = after;
  if (!first) throw new Error('unreachable: a chosen side has a run');
  const figures = await readFigures(connection, [...before, ...after]);
  const read = (runs: readonly RunRecord[]) => runs.map((run) => toJudge(run, figures.get(run.testid)));
  const [history, [run, ...repeats]] = [read(before), read(after) as [RunToJudge, ...RunToJudge[]]];
  const machines = new Map(before.map(({ testid, machine }) => [testid, machine]));
  const fit = history.filter(isComparable);
  const configured = fit.filter(({ configuration }) => configuration === run.configuration);
  const is_same = ({ testid = '' }: RunToJudge) => isSameMachine(machines.get(testid), first.machine);
  const to_judge = configured.filter(is_same);
  const left_out = {
    configuration: fit.length - configured.length,
    unfit: history.length - fit.length,
    machines: configured.filter((it) => !is_same(it)).flatMap(({ testid = '' }) => machines.get(testid) ?? []),
  };
  const branch = before[0]?.branch ?? null;
  const comparison = compareWithHistory({ run, history: { to_judge, branch, pinned: null, left_out } }, repeats);
  return {
    ...comparison,
    baseline: { kind: 'run', runs: before.length, testid: before.at(-1)?.testid ?? null, branch },
    metrics: [
      ...comparison.metrics.map((metric) => (metric.baseline === null ? plain(metric, history) : metric)),
      ...gone(history, run, comparison.metrics),
    ],
  };
}

/** The change alone, where there is no verdict. */
function plain(metric: MetricComparison, history: readonly RunToJudge[]): MetricComparison {
  const { plateau } = metric;
  const part = (run: RunToJudge) => (plateau === undefined ? run : atPlateau(run, plateau));
  const values = history.flatMap((run) => figure(part(run), metric.metric, metric.request) ?? []);
  if (values.length === 0 || metric.value === null) return metric;
  const baseline = median(values);
  const difference = metric.value - baseline;
  return { ...metric, baseline, difference, change: baseline === 0 ? null : difference / baseline };
}

/** Figures that the runs before alone have: a request that is not made any more must not go unnoticed. */
function gone(history: readonly RunToJudge[], run: RunToJudge, known: readonly MetricComparison[]): MetricComparison[] {
  const names = new Set(history.flatMap(({ by_request = {} }) => Object.keys(by_request)));
  return [...names].sort().flatMap((request) =>
    (Object.keys(RUN_METRICS) as RunMetric[]).flatMap((metric): MetricComparison[] => {
      if (known.some((it) => it.metric === metric && it.request === request)) return [];
      // It is there, but the generator's own delay keeps it from being compared.
      if (measuredFigure(run, metric, request) !== null) return [];
      const values = history.flatMap((run) => figure(run, metric, request) ?? []);
      if (values.length === 0) return [];
      const baseline = median(values);
      const unknown = { value: null, change: null, difference: null, low: null, high: null };
      const sentence = `${metricName({ metric, request })} was ${metricValue(metric, baseline)}; there is none now.`;
      return [{ metric, request, baseline, ...unknown, verdict: 'not enough runs', sentence }];
    }),
  );
}

/** Runs of different projects, scenarios, profiles and targets are found one kind at a time. */
async function readFigures(connection: InfluxConnection, runs: readonly RunRecord[]) {
  const kinds = new Map<string, RunRecord[]>();
  for (const run of runs) {
    const kind = JSON.stringify([run.project, run.scenario, run.profile, run.target]);
    kinds.set(kind, [...(kinds.get(kind) ?? []), run]);
  }
  const found = await Promise.all([...kinds.values()].map((alike) => readRunFigures(connection, alike)));
  return new Map(found.flatMap((figures) => [...figures]));
}

function side({ name, runs }: ChosenRuns): ComparedSide {
  return {
    name,
    runs: runs.map(({ testid, project, scenario, profile, target, branch, started, status }) => ({
      testid,
      project,
      scenario,
      profile,
      target,
      branch,
      started,
      status,
    })),
  };
}

function evidence(before: number, after: number, is_stored: boolean, { verdict, baseline }: Comparison): string {
  const runs = (count: number) => `${count} ${count === 1 ? 'run' : 'runs'}`;
  if (is_stored) return `the verdict that is stored with the run, from ${runs(baseline.runs)} before it`;
  const few = verdict === 'not enough runs' ? `; a verdict needs ${LEAST_RUNS} comparable runs before` : '';
  return `${runs(before)} against ${runs(after)}, judged as a run is judged against its history${few}`;
}

const COMPARED = ['project', 'scenario', 'profile', 'target', 'configuration', 'machine'] as const;

/** What makes the comparison one of apples with pears. */
function differences(before: readonly RunRecord[], after: readonly RunRecord[]): string[] {
  return COMPARED.flatMap((name) => {
    // Runs of an unknown kind of machine are comparable with all.
    const unknown = name === 'machine' ? [] : 'unknown';
    const values = [...new Set([...before, ...after].flatMap((run) => run[name] ?? unknown))];
    return values.length > 1 ? [`the runs differ in their ${name}: ${values.join(' / ')}`] : [];
  });
}

function unfit(runs: readonly RunRecord[]): string[] {
  return runs
    .filter((run) => !isComparable(toJudge(run)))
    .map(({ testid, status, completeness, generator_saturated }) => {
      const why = generator_saturated
        ? 'its load generator was saturated'
        : `it is ${completeness === 'incomplete' ? completeness : status}`;
      return `${testid} is weak evidence: ${why}`;
    });
}
