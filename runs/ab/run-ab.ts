/** `loadstar ab`: two builds at once, in turns, until it is clear whether they differ. */
import { join } from 'node:path';
import { type AbJudgement, FALSE_ALARMS, withGeneratorDelay } from '../../analysis/ab.ts';
import { abResultSentence } from '../../analysis/ab-text.ts';
import { extraDelay_ms } from '../../analysis/generator-delay.ts';
import { EXIT, type ExitCode } from '../../contract/exit-codes.ts';
import { percent, signed } from '../../contract/format.ts';
import type { AbResult, RunSummary } from '../../contract/results.ts';
import type { RunId } from '../../contract/runs.ts';
import { EXIT_PRECEDENCE } from '../../contract/verdicts.ts';
import { SpanReader } from '../../influxdb/span.ts';
import type { CommandContext } from '../../lib/context.ts';
import { shownPath } from '../../lib/shown-path.ts';
import { type Printer, withoutSteps } from '../../lib/ui.ts';
import { type BlockPlan, drawOrder, GROUP_BLOCKS } from '../../profiles/blocks.ts';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import { addToJobSummary } from '../../report/ci/job-summary.ts';
import { compareLink } from '../../report/links.ts';
import { reportAbToTerminal } from '../../report/terminal/ab.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { FinishedRun } from '../judge/judge-run.ts';
import { notify } from '../notify/notify.ts';
import { requireSlack } from '../notify/slack.ts';
import { runScenario } from '../one-run.ts';
import { confirmProduction } from '../options/confirm-production.ts';
import { checkJudgeable } from '../options/judged-data.ts';
import { checkLimits } from '../options/limits.ts';
import { ownSettings } from '../options/output-env.ts';
import { runId } from '../options/run-id.ts';
import type { RunSession } from '../options/run-session.ts';
import { guardTarget } from '../options/target.ts';
import { type CleanUp, type PreparedSession, prepare, register, withTarget, writeAndFinish } from '../run-all.ts';
import { type AbOptions, type AbSideOptions, budgetOption, START_S } from './ab-options.ts';
import { type FollowedBlocks, followBlocks, plannedPairs, WARM_UP_BLOCKS } from './follow-blocks.ts';
import { type StartedBuild, startBuild } from './started-build.ts';

const MS_PER_S = 1_000;

const SIDES = ['base', 'head'] as const;
type SideName = (typeof SIDES)[number];
type BySide<T> = Readonly<Record<SideName, T>>;

export interface AbEnd {
  readonly summary: RunSummary;
  readonly exit_code: ExitCode;
}

/**
 * @param printer prints the results for people
 * @returns the summary of head, which carries the comparison
 * @throws LoadstarError if the stack or a build cannot be used
 */
export async function runAb(
  context: CommandContext,
  options: AbOptions,
  scenario: CatalogueScenario,
  printer: Printer,
): Promise<AbEnd> {
  if (options.head.run.notify !== 'never') requireSlack(context.environment);
  for (const { run } of [options.base, options.head]) {
    if (run.base_url) guardTarget(run.base_url, run.allow_hosts, run.named_target?.name);
    checkJudgeable(run, [scenario]);
    checkLimits(run, [scenario], { time: budgetOption(options) });
    await confirmProduction(context, run);
  }
  const output_settings = ownSettings(context.env);
  // Its directory takes what a build prints before there is a run.
  const testids: BySide<RunId> = { base: idOf(options.base), head: idOf(options.head) };
  const clean_ups: CleanUp[] = [];
  try {
    const own_call = await register(context, options.head.run, clean_ups);
    const builds: StartedBuild[] = [];
    for (const side of SIDES) {
      const build = await startSide(context, side, options[side], testids[side]);
      if (!build) continue;
      builds.push(build);
      clean_ups.push(() => build.stop());
    }
    // Both builds may share a machine, and its telemetry would be of both at once.
    if (SIDES.some((side) => options[side].run.telemetry !== null)) {
      context.ui.note('telemetry: none, because the blocks of base and head take turns: `loadstar run` collects it');
    }
    const head_run = { ...options.head.run, telemetry: null };
    const prepared = await prepare(context, head_run, new Map([[scenario.name, scenario]]), clean_ups);
    const other = await withTarget(prepared, context, options.base.run);
    const sessions = { base: other, head: prepared };
    const plan = planBlocks(options);
    const began_ms = Date.now();
    const over = new AbortController();
    const session = (side: SideName): RunSession => ({
      ...sessions[side],
      output_settings,
      own_call,
      // One line tells of both sides.
      ui: withoutSteps(context.ui),
      // The comparison is that of head: base is no news of its own.
      notify: side === 'base' ? 'never' : sessions.head.notify,
      block_run: {
        side,
        other: testids[side === 'base' ? 'head' : 'base'],
        testid: testids[side],
        // A record is found by its tags and this time.
        started: new Date(began_ms + SIDES.indexOf(side)),
        blocks: { ...plan, side: side === 'base' ? 'A' : 'B' },
        over: over.signal,
      },
    });
    const followed = await loadBoth({
      context,
      options,
      scenario,
      prepared,
      plan,
      testids,
      over,
      run: (side) => runScenario(session(side), scenario, join(prepared.bundle_dir, `${scenario.name}.js`)),
    });
    const { blocks, runs } = followed;
    const ended_build = builds.map((build) => build.failure()).find((failure) => failure !== null) ?? null;
    const result = toResult(options, context, { plan, blocks, runs, testids, ended_build });
    const exit_code = exitCode(context, result, blocks, runs);
    const head = withResult(runs.head, result, exit_code, prepared.results.grafana_url);
    const has_page = await writeAndFinish(session('base'), runs.base);
    const head_has_page = await writeAndFinish(session('head'), head);
    await notify(prepared, head.summary);
    await addToJobSummary(context.environment.GITHUB_STEP_SUMMARY, head.summary, prepared.results_url, context.ui);
    const results_dir = shownPath(context.cwd, prepared.results.results_dir);
    reportAbToTerminal(printer, head.summary, runs.base.summary, results_dir, has_page && head_has_page);
    return { summary: head.summary, exit_code };
  } finally {
    for (const cleanUp of clean_ups.reverse()) await cleanUp();
  }
}

function idOf({ run }: AbSideOptions): RunId {
  return runId(new Date(), run.scenarios[0] ?? '', run.profile);
}

async function startSide(
  context: CommandContext,
  side: SideName,
  { command, run, port }: AbSideOptions,
  testid: RunId,
): Promise<StartedBuild | null> {
  if (command === null || !run.base_url) return null;
  const url = run.base_url;
  const { cwd, env, stop, results_dir } = context;
  const log_file = join(results_dir, testid, BUILD_LOG_FILE);
  return await context.ui.step(`starting ${side}: ${context.clean(command)}`, () =>
    startBuild({ side, command, port, url, cwd, env, log_file }, stop),
  );
}

/** What a build that was started prints. */
const BUILD_LOG_FILE = 'build.log';

function planBlocks({ budget_s, block_s, discarded_s }: AbOptions): BlockPlan {
  const groups = Math.floor(budget_s / (GROUP_BLOCKS * block_s));
  return {
    start_ms: Math.ceil(Date.now() / MS_PER_S + START_S) * MS_PER_S,
    length_ms: block_s * MS_PER_S,
    discarded_ms: discarded_s * MS_PER_S,
    order: drawOrder(groups, Math.random),
  };
}

interface Loaded {
  readonly context: CommandContext;
  readonly options: AbOptions;
  readonly scenario: CatalogueScenario;
  readonly prepared: PreparedSession;
  readonly plan: BlockPlan;
  readonly testids: BySide<RunId>;
  readonly over: AbortController;
  run(side: SideName): Promise<FinishedRun>;
}

/** Both k6 side by side, until the answer is clear, the time is over, or one of them has ended. */
async function loadBoth({ context, options, scenario, prepared, plan, testids, over, run }: Loaded) {
  const { ui, stop } = context;
  const ended = new AbortController();
  const title = `${scenario.name} (${options.head.run.profile}): base and head in turns`;
  return await ui.step(title, async (showDetail) => {
    const following = followBlocks(
      {
        reader: new SpanReader(cliConnection(prepared.stack.influx)),
        plan,
        testids: { A: testids.base, B: testids.head },
        least_change: options.least_change,
        onPair: (pairs, { overall }) => showDetail(progressText(pairs.length, plan, overall)),
      },
      AbortSignal.any([ended.signal, stop]),
    ).finally(() => over.abort());
    const runs = SIDES.map((side) => run(side).finally(() => ended.abort()));
    const [blocks, base, head] = await Promise.all([following, ...runs]);
    return { blocks, runs: { base: base as FinishedRun, head: head as FinishedRun } };
  });
}

/** What the last look has seen, which decides nothing yet. */
function progressText(pairs: number, plan: BlockPlan, overall: AbResult['overall']): string {
  const seen = overall ? `, head ${signed(overall.change, percent)} so far` : '';
  return `${pairs} of ${plannedPairs(plan)} pairs of blocks${seen}`;
}

interface Outcome {
  readonly plan: BlockPlan;
  readonly blocks: FollowedBlocks;
  readonly runs: BySide<FinishedRun>;
  readonly testids: BySide<RunId>;
  /** Which build ended by itself, and how. */
  readonly ended_build: string | null;
}

function toResult(
  options: AbOptions,
  context: CommandContext,
  { plan, blocks, runs, testids, ended_build }: Outcome,
): AbResult {
  const { end, pairs } = blocks;
  const judgement = withoutGenerator(blocks.judgement, runs, options.least_change);
  const side = (name: SideName) => {
    const { command, app } = options[name];
    const { target } = runs[name].summary;
    return { testid: testids[name], target, command: command === null ? null : context.clean(command), app };
  };
  const blocks_done = WARM_UP_BLOCKS + 2 * pairs.length;
  const facts = {
    verdict: judgement.verdict,
    end,
    needed_s: judgement.needed_s,
    overall: judgement.overall,
    requests: [...judgement.requests],
  };
  return {
    base: side('base'),
    head: side('head'),
    ...facts,
    sentence: abResultSentence(facts, ended_build),
    started: new Date(plan.start_ms).toISOString(),
    ended: new Date(plan.start_ms + blocks_done * plan.length_ms).toISOString(),
    budget_s: options.budget_s,
    blocks: {
      length_s: plan.length_ms / MS_PER_S,
      discarded_s: plan.discarded_ms / MS_PER_S,
      warm_up: WARM_UP_BLOCKS,
      order: plan.order.slice(0, blocks_done),
    },
    least_change: options.least_change,
    false_alarms: FALSE_ALARMS,
    not_judged: [...judgement.not_judged],
  };
}

/** A generator of head that was held up more than the other one is no slower build. */
function withoutGenerator(
  judgement: AbJudgement,
  { base, head }: BySide<FinishedRun>,
  least_change: number,
): AbJudgement {
  const delays = [head, base].map(({ summary }) => summary.generator?.delayed);
  const [of_head, of_base] = delays;
  return of_head && of_base ? withGeneratorDelay(judgement, extraDelay_ms(of_head, of_base), least_change) : judgement;
}

/** An unclear answer is none against head. */
function exitCode(
  { stop }: CommandContext,
  { verdict }: AbResult,
  blocks: FollowedBlocks,
  { base, head }: BySide<FinishedRun>,
): ExitCode {
  const codes: number[] = [base.summary.exit_code, head.summary.exit_code];
  if (stop.aborted) codes.push(EXIT.interrupted);
  if (blocks.is_unreadable) codes.push(EXIT.unusable);
  if (verdict === 'regressed') codes.push(EXIT.regression);
  return EXIT_PRECEDENCE.find((code) => codes.includes(code)) ?? EXIT.passed;
}

function withResult(head: FinishedRun, ab: AbResult, exit_code: ExitCode, grafana_url: string | null): FinishedRun {
  const { summary } = head;
  const compare = grafana_url
    ? compareLink(grafana_url, { project: head.run.project, testid: ab.head.testid }, ab.base.testid)
    : null;
  // What went wrong with the run itself comes first.
  const verdict = summary.exit_code === EXIT.passed ? ab.sentence : `${summary.verdict}; ${ab.sentence}`;
  return { ...head, summary: { ...summary, verdict, exit_code, ab, links: { ...summary.links, compare } } };
}
