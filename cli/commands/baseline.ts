import { Command } from 'commander';
import { isComparable, judge, LEAST_RUNS } from '../../analysis/index.ts';
import { BASELINE, type PinnedBaseline } from '../../contract/baselines.ts';
import { EXIT } from '../../contract/exit-codes.ts';
import { metricBand, metricLabel, metricValue } from '../../contract/metric-text.ts';
import { COMMAND } from '../../contract/package-name.ts';
import { type KindFilter, matches, RunChooser } from '../../history/choose-runs.ts';
import { type JudgedHistory, readHistory } from '../../history/history.ts';
import { toJudge } from '../../history/to-judge.ts';
import { BaselineStore, isOfKind } from '../../influxdb/baselines.ts';
import { type RunRecord, RunStore } from '../../influxdb/runs.ts';
import type { CommandContext } from '../../lib/context.ts';
import { usageError } from '../../lib/errors.ts';
import { readUserName } from '../../lib/user-name.ts';
import { projectName } from '../../project/project-name.ts';
import { plainTable } from '../../report/terminal/table.ts';
import type { CommandFactory } from './lib/command-factory.ts';
import { connectToHistory } from './lib/connect.ts';

/** `loadstar baseline set|show|clear`: the runs that new runs are compared with. */
export const baselineCommand: CommandFactory = (context, report) => {
  const done = () => report(EXIT.passed);
  return new Command('baseline')
    .description('Manage baselines: the earlier runs that a new run is compared with.')
    .addCommand(
      new Command('set')
        .description(
          'Start the baseline of a scenario, profile, target and branch at this run. Earlier runs no longer count.',
        )
        .argument('<run>', 'run id, or newest')
        .option('--why <text>', 'reason, shown by `loadstar baseline show`')
        .option('--who <name>', 'person who sets the baseline (default: the user of this machine)')
        .action((run: string, flags: { why?: string; who?: string }) => setBaseline(context, run, flags).then(done)),
    )
    .addCommand(
      addFilters(new Command('show').description('Show the baseline of each scenario, profile, target and branch.'))
        .option('--json', 'print the baselines as JSON')
        .action((flags: KindFilter & { json?: true }) => showBaselines(context, flags).then(done)),
    )
    .addCommand(
      addFilters(
        new Command('clear').description(
          'Remove a baseline that `loadstar baseline set` set, and return to a rolling baseline.',
        ),
      ).action((flags: KindFilter) => clearBaselines(context, flags).then(done)),
    );
};

function addFilters(command: Command): Command {
  return command
    .option('--scenario <name>', 'only this scenario')
    .option('--profile <name>', 'only this profile')
    .option('--target <name>', 'only this target')
    .option('--branch <name>', 'only this branch of the app');
}

function mainBranch(context: CommandContext): string {
  return context.environment.BASELINE_BRANCH ?? BASELINE.main_branch;
}

async function setBaseline(context: CommandContext, id: string, { why, who }: { why?: string; who?: string }) {
  const connection = await connectToHistory(context, 'write');
  const { runs } = await new RunChooser(connection, await projectName(context), {}, mainBranch(context)).choose(
    id,
    null,
  );
  const [run, ...more] = runs;
  if (!run || more.length > 0)
    throw usageError(
      'the id of one run',
      `\`${id}\`, which matches ${runs.length}`,
      `\`${COMMAND} runs\` lists the ids`,
    );
  if (run.ab_run) {
    throw usageError('an ordinary run', `${run.testid}, a side of \`loadstar ab\``, 'set one of `loadstar run`');
  }
  if (run.confirms) {
    throw usageError('a run that is no repeat', `${run.testid}, which repeats ${run.confirms}`, `set ${run.confirms}`);
  }
  if (!isComparable(toJudge(run))) {
    const found = `${run.testid}: ${run.status}, data ${run.completeness ?? 'unknown'}${run.generator_saturated ? ', load generator saturated' : ''}`;
    throw usageError(
      'a run that ended as planned, with complete data and no saturated load generator',
      found,
      'choose another run',
    );
  }
  const pinned: PinnedBaseline = {
    ...kindOf(run),
    testid: run.testid,
    started: run.started,
    set_at: new Date().toISOString(),
    who: who ?? readUserName(),
    why: why ?? null,
  };
  await new BaselineStore(connection).set(pinned);
  context.ui.result.line(`baseline of ${kindText(run)}: ${run.testid}, set by ${pinned.who}${why ? ` (${why})` : ''}`);
  context.ui.result.note(`earlier runs no longer count; \`${COMMAND} baseline clear\` undoes this`);
}

async function clearBaselines(context: CommandContext, filter: KindFilter): Promise<void> {
  const store = new BaselineStore(await connectToHistory(context, 'write'));
  const found = (await store.list(await projectName(context))).filter((pinned) => matches(pinned, filter));
  const kinds = [...new Set(found.map(kindText))];
  if (kinds.length === 0) return context.ui.result.line('no baseline is set: all baselines are rolling');
  if (kinds.length > 1 && Object.keys(filter).length === 0) {
    throw usageError(
      'options that select one baseline',
      kinds.join('; '),
      'add --scenario, --profile, --target or --branch',
    );
  }
  await store.clear(found);
  for (const kind of kinds) context.ui.result.line(`baseline of ${kind}: rolling again`);
}

/** A row of `baseline show`. */
interface Shown {
  readonly project: string;
  readonly scenario: string;
  readonly profile: string;
  readonly target: string;
  readonly branch: string | null;
  readonly kind: 'rolling' | 'pinned';
  readonly pinned: PinnedBaseline | null;
  /** Branch whose runs they are. */
  readonly runs_of_branch: string | null;
  readonly runs: number;
  /** Runs that a verdict needs at least. */
  readonly least_runs: number;
  /** By metric, over all requests; null where there are not enough runs. */
  readonly levels: Readonly<Record<string, { baseline: number; low: number; high: number }>>;
}

async function showBaselines(context: CommandContext, { json, ...filter }: KindFilter & { json?: true }) {
  const connection = await connectToHistory(context);
  const runs = await new RunStore(connection).list(MOST_RUNS_LOOKED_AT, await projectName(context));
  const newest = newestOfKinds(runs.filter((run) => matches(run, filter)));
  const shown: Shown[] = [];
  for (const run of newest) {
    const question = { ...run, started: new Date() };
    shown.push(describeBaseline(run, await readHistory(connection, question, mainBranch(context))));
  }
  if (json) return context.print(JSON.stringify(shown, null, 2));
  if (shown.length === 0) return context.ui.result.line('no baseline yet: start a run with `make load-test`');
  context.ui.result.line(baselineTable(shown));
}

const MOST_RUNS_LOOKED_AT = 1_000;

function newestOfKinds(newest_first: readonly RunRecord[]): RunRecord[] {
  const kinds: RunRecord[] = [];
  for (const run of newest_first) {
    const known = kinds.some((kind) => isOfKind(kind, run));
    if (!known && run.confirms === null && run.ab_run === null && isComparable(toJudge(run))) kinds.push(run);
  }
  return kinds;
}

function describeBaseline(run: RunRecord, history: JudgedHistory): Shown {
  const { pinned, branch, to_judge } = history;
  const last = to_judge.at(-1);
  const judged = last ? judge(to_judge, last, { by_request: false }).metrics : [];
  const levels = judged.flatMap(({ metric, baseline, low, high }) =>
    baseline === null || low === null || high === null ? [] : [[metric, { baseline, low, high }] as const],
  );
  return {
    ...kindOf(run),
    kind: pinned ? 'pinned' : 'rolling',
    pinned,
    runs_of_branch: branch,
    runs: to_judge.length,
    least_runs: LEAST_RUNS,
    levels: Object.fromEntries(levels),
  };
}

const SHOWN_LEVELS = [metricLabel('p95_ms'), 'usual', metricLabel('throughput_rps'), metricLabel('error_rate')];

function baselineTable(shown: readonly Shown[]): string {
  const head = ['scenario', 'profile', 'target', 'branch', 'baseline', 'runs', ...SHOWN_LEVELS];
  return plainTable(head, shown.map(baselineRow), 5);
}

function baselineRow({
  scenario,
  profile,
  target,
  branch,
  pinned,
  runs_of_branch,
  runs,
  least_runs,
  levels,
}: Shown): string[] {
  const { p95_ms, throughput_rps, error_rate } = levels;
  const set_by = pinned ? `${pinned.testid}, set by ${pinned.who} ${pinned.set_at.slice(0, 10)}` : 'rolling';
  const why = pinned?.why ? `: ${pinned.why}` : '';
  const origin = runs_of_branch === branch ? '' : ` (of ${runs_of_branch ?? 'no branch'})`;
  return [
    scenario,
    profile,
    target,
    branch ?? '–',
    `${set_by}${why}${origin}`,
    runs < least_runs ? `${runs} of ${least_runs}` : String(runs),
    metricValue('p95_ms', p95_ms?.baseline ?? null),
    metricBand('p95_ms', p95_ms?.low ?? null, p95_ms?.high ?? null),
    metricValue('throughput_rps', throughput_rps?.baseline ?? null),
    metricValue('error_rate', error_rate?.baseline ?? null),
  ];
}

function kindOf({ project, scenario, profile, target, branch }: RunRecord) {
  return { project, scenario, profile, target, branch };
}

function kindText({
  scenario,
  profile,
  target,
  branch,
}: Pick<RunRecord, 'scenario' | 'profile' | 'target' | 'branch'>) {
  return `${scenario}, ${profile}, ${target}${branch ? `, ${branch}` : ''}`;
}
