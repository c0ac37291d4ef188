/** From the end of k6 to the verdict and the record: the same for one generator, for several, and for those elsewhere. */
import type { MetricTotals } from '../../analysis/completeness.ts';
import { limitSlos } from '../../analysis/steps.ts';
import type { OutputReport } from '../../contract/live-schema.ts';
import { judgedOutput, OUTPUTS } from '../../contract/outputs.ts';
import { PROFILES, type Profile, type ProfileName } from '../../contract/profiles.ts';
import type {
  Comparison,
  Completeness,
  GeneratorsResult,
  LimitResult,
  RunSummary,
  Stopped,
} from '../../contract/results.ts';
import type { Slo } from '../../contract/slo.ts';
import { compareWithHistory, type Evidence } from '../../history/comparison.ts';
import type { RunDetail } from '../../influxdb/run-detail.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import type { RunRecord } from '../../influxdb/runs.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Ui } from '../../lib/ui.ts';
import { compareLink, liveLink } from '../../report/links.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { K6Launcher, Stack } from '../../stack/engine/engine.ts';
import type { OwnCall } from '../../stack/state/run-registry.ts';
import type { K6Outcome } from '../k6-process/k6-run.ts';
import { willTell } from '../notify/notify.ts';
import type { SlackAddress } from '../notify/slack.ts';
import { endedBySlo } from '../options/limits.ts';
import type { RunOptions } from '../options/options.ts';
import { checkCompleteness } from './check-completeness.ts';
import { evidenceOf, type Held } from './evidence.ts';
import { outputFigures } from './output-figures.ts';
import { PATIENCE_MS, Patience } from './patience.ts';
import { detailOf, type EndedRun, markShifts, recordEnd, requestFigures, toRecord } from './run-record.ts';
import { sloResults } from './slo-results.ts';
import { storedHeadline } from './stored-headline.ts';
import { type Headline, headline } from './summary.ts';
import { areWhole, type VerdictFacts, verdict } from './verdict.ts';

/** What judging a run needs to know of the call. */
export interface JudgeSetting {
  readonly options: Pick<RunOptions, 'outputs' | 'app' | 'baseline_branch'> & { readonly profile: ProfileName };
  readonly engine_name: string;
  readonly stack: Pick<Stack, 'influx' | 'grafana'>;
  readonly launcher: Pick<K6Launcher, 'version'>;
  readonly target: { readonly base_url: string; readonly name: string };
  /** For links that colleagues open; null: the stack's own. */
  readonly grafana_url: string | null;
  readonly live_view: { readonly url: string } | null;
  /** Where the run is registered; a run of elsewhere is not. */
  readonly own_call?: Pick<OwnCall, 'finish'>;
  /** When the end of a run is told, and where; null: nowhere. */
  readonly notify: RunOptions['notify'];
  readonly slack: SlackAddress | null;
  /** The record says that somebody has been told: so it shall stay. */
  readonly already_told?: boolean;
  readonly ui: Ui;
  readonly stop: AbortSignal;
}

/** How k6 ended, be it one process or several. */
export interface K6End {
  readonly outcome: K6Outcome;
  /** Profile breakpoint alone. */
  readonly limit?: LimitResult;
  /** What our output said at its end; null where it did not run, or k6 was killed. */
  readonly report: OutputReport | null;
  /** Several generators alone: what they sent together. One process says it in its summary. */
  readonly sent?: ReadonlyMap<string, MetricTotals>;
  readonly generators?: GeneratorsResult;
  /** Somebody stopped it before: the record says so. */
  readonly interrupted?: boolean;
  /** Who did, from another terminal. */
  readonly stopped?: Stopped | null;
  /** When it ended, if not just now. */
  readonly ended?: Date;
}

/** A run that has ended and been judged; it can be judged again when its repeats are there. */
export interface FinishedRun extends EndedRun {
  /** How much longer InfluxDB is waited for. */
  readonly patience: Patience;
  readonly facts: VerdictFacts;
  /** What it is as evidence, be it judged itself or a repeat; null where it is none. */
  readonly evidence: Evidence | null;
}

/** Judges a run by itself and against its history, and completes its record. @param slos what it is held to */
export async function judgeRun(
  setting: JudgeSetting,
  run: RunStart,
  slos: readonly Slo[],
  end: K6End,
): Promise<FinishedRun> {
  // Where our output has waited for it in vain already, nobody waits again.
  const patience = new Patience(setting.stack.influx.url, end.report?.spooled_batches ? 0 : PATIENCE_MS, setting.ui);
  const { summary: own_figures, facts } = await summarize(setting, run, slos, { ...end, patience });
  const { summary, detail, evidence, own } = await holdAgainstHistory(setting, run, own_figures, end, patience);
  const ended = { run, summary, detail, facts, evidence, patience };
  const finished = evidence && !run.confirms ? withComparison(setting, ended, compareWithHistory(evidence)) : ended;
  await endRecord(setting, finished);
  await markOwnShifts(setting, finished, own);
  return finished;
}

/** The run with what its history says of it, and the verdict that follows. */
export function withComparison(setting: JudgeSetting, finished: FinishedRun, comparison: Comparison): FinishedRun {
  const facts = { ...finished.facts, comparison };
  const { status, sentence, exit_code } = verdict(facts);
  const grafana = grafanaUrl(setting);
  const against = comparison.baseline.testid;
  const compare = grafana && against ? compareLink(grafana, finished.run.testid, against) : null;
  const links = { ...finished.summary.links, compare };
  return {
    ...finished,
    facts,
    summary: { ...finished.summary, status, verdict: sentence, exit_code, comparison, links },
  };
}

function isStaircase({ profile: name }: JudgeSetting['options']): boolean {
  const profile: Profile = PROFILES[name];
  return profile.model === 'staircase';
}

function grafanaUrl({ grafana_url, stack }: JudgeSetting): string | null {
  return grafana_url ?? stack.grafana?.url ?? null;
}

/** What the live data says of the run, and what it is held against. A run that cannot be judged is no less a result. */
async function holdAgainstHistory(
  setting: JudgeSetting,
  run: RunStart,
  own_figures: RunSummary,
  { outcome }: K6End,
  patience: Patience,
): Promise<Held & { readonly summary: RunSummary; readonly detail: RunDetail | null }> {
  const connection = cliConnection(setting.stack.influx);
  const { outputs, baseline_branch } = setting.options;
  let detail: RunDetail | null = null;
  let summary = own_figures;
  try {
    const found = await patience.with(() => detailOf(connection, run, outputs));
    detail = found;
    summary = { ...summary, by_request: requestFigures(found, outcome.summary) };
    // Its figures are those of every load up to the limit, wherever that is: they compare with nothing.
    if (isStaircase(setting.options)) return { summary, detail, evidence: null, own: [] };
    const whole = summary;
    const held = await patience.with(() => evidenceOf(connection, run, whole, found, baseline_branch));
    return { summary, detail, ...held };
  } catch (error) {
    setting.ui.warn(`the run could not be held against its history: ${messageOf(error)}`);
    return { summary, detail, evidence: null, own: [] };
  }
}

/** What there is to judge, and how long InfluxDB is waited for. */
type Waited = K6End & { readonly patience: Patience };

async function summarize(
  setting: JudgeSetting,
  run: RunStart,
  objectives: readonly Slo[],
  end: Waited,
): Promise<{ summary: RunSummary; facts: VerdictFacts }> {
  const { options, target } = setting;
  const { outcome: k6, limit, report, generators } = end;
  const ended = end.ended ?? new Date();
  const grafana = grafanaUrl(setting);
  const figures = k6.summary ? headline(k6.summary) : await figuresOfKilled(setting, run, end.patience);
  const slos = limit ? limitSlos(limit) : k6.summary ? sloResults(objectives, k6.summary) : [];
  const complete = await completenessOf(setting, run, end);
  const interrupted = setting.stop.aborted || end.interrupted === true;
  const stopped = end.stopped ?? undefined;
  const { requests } = figures;
  const facts: VerdictFacts = {
    interrupted,
    stopped,
    ended_by_slo: endedBySlo(k6.exit_code, ended, run.planned_end),
    k6,
    requests,
    slos,
    completeness: complete,
    comparison: null,
    limit,
    generators,
  };
  const judged = verdict(facts);
  const summary: RunSummary = {
    schema_version: 1,
    testid: run.testid,
    confirms: run.confirms ?? null,
    scenario: run.scenario,
    profile: run.profile,
    target: { base_url: target.base_url, name: target.name },
    app: options.app,
    engine: setting.engine_name,
    outputs: [...options.outputs],
    k6_version: setting.launcher.version,
    started: run.started.toISOString(),
    ended: ended.toISOString(),
    planned_end: run.planned_end.toISOString(),
    status: judged.status,
    verdict: judged.sentence,
    ...(stopped ? { stopped } : {}),
    exit_code: judged.exit_code,
    k6_exit_code: k6.exit_code,
    script_exceptions: k6.exceptions,
    ...figures,
    slos,
    ...(limit ? { limit } : {}),
    ...(generators ? { generators } : {}),
    by_request: [],
    completeness: complete,
    ...outputFigures(report),
    comparison: null,
    links: {
      grafana: grafana ? liveLink(grafana, run.testid, run.started, ended) : null,
      compare: null,
      live_view: setting.live_view?.url ?? null,
    },
  };
  return { summary, facts };
}

const NO_SUMMARY = { metrics: {}, state: { testRunDurationMs: 0 } };

/** A k6 that did not come to its end tells no figures: those of what has arrived. */
async function figuresOfKilled(setting: JudgeSetting, run: RunStart, patience: Patience): Promise<Headline> {
  const connection = cliConnection(setting.stack.influx);
  try {
    return await patience.with(async () =>
      storedHeadline(connection, run, await detailOf(connection, run, setting.options.outputs)),
    );
  } catch {
    // That InfluxDB does not answer is said with the completeness.
    return headline(NO_SUMMARY);
  }
}

/** For this long a server of somebody else's may have taken points and not show them yet, as InfluxDB Cloud documents. */
const SETTLING_MS = [1_000, 2_000, 4_000, 8_000];

/** What is missing may be on its way; what is there stays. */
async function settled(ask: () => Promise<Completeness>): Promise<Completeness> {
  for (const wait_ms of SETTLING_MS) {
    const answer = await ask();
    if (answer.state !== 'incomplete') return answer;
    await new Promise((done) => setTimeout(done, wait_ms));
  }
  return await ask();
}

async function completenessOf(
  setting: JudgeSetting,
  run: RunStart,
  { outcome, report, sent, generators, patience }: Waited,
): Promise<Completeness> {
  if (generators && outcome.summary === null) return unknown(setting, report);
  const question = { ...run, outputs: setting.options.outputs, k6: outcome.summary, sent, report };
  try {
    const ask = () => patience.with(() => checkCompleteness(cliConnection(setting.stack.influx), question));
    const all_taken = !report || report.spooled_batches + report.rejected_batches + report.lost_points === 0;
    const found = await (setting.engine_name === 'external' && all_taken ? settled(ask) : ask());
    // What a generator sent that did not come to its end, nobody knows.
    return generators && !areWhole(generators) ? { ...found, state: 'incomplete' } : found;
  } catch (error) {
    setting.ui.warn(`InfluxDB could not be asked what it stored: ${messageOf(error)}`);
    return unknown(setting, report);
  }
}

function unknown({ options }: JudgeSetting, report: OutputReport | null): Completeness {
  const { tolerance } = OUTPUTS[judgedOutput(options.outputs)];
  const samples_sent = Object.values(report?.samples ?? {}).reduce((sum, count) => sum + count, 0);
  return { state: 'unknown', samples_sent, samples_stored: 0, tolerance, rows: [] };
}

/**
 * The summary file holds the same: a record that cannot be written is said, and does not hide the result. It stays among
 * those under way until a later call has finished it.
 */
export async function endRecord(setting: JudgeSetting, finished: FinishedRun): Promise<void> {
  const { run, summary, patience } = finished;
  try {
    const notified = toldOf(setting, run.confirms ?? null, summary);
    await patience.with(() => recordEnd(cliConnection(setting.stack.influx), finished, notified));
    // What could not be asked, or waits on disk, is the next call's.
    const whole = summary.completeness.state !== 'unknown' && !summary.output?.spooled_batches;
    if (whole) setting.own_call?.finish(run.testid);
  } catch (error) {
    setting.ui.warn(
      `the record of the run's end could not be written to InfluxDB (${messageOf(error)}): the next call writes it`,
    );
  }
}

/** @returns null to leave what the record says */
function toldOf(setting: JudgeSetting, confirms: string | null, summary: RunSummary): boolean | null {
  if (setting.already_told) return null;
  // A repeat is evidence, and no news of its own.
  return confirms ? false : willTell(setting, summary);
}

/** For dashboards alone. */
async function markOwnShifts(
  setting: JudgeSetting,
  { run, summary }: FinishedRun,
  own: readonly RunRecord[],
): Promise<void> {
  if (own.length === 0) return;
  try {
    await markShifts(cliConnection(setting.stack.influx), [toRecord(run, summary), ...own]);
  } catch (error) {
    setting.ui.warn(`shifts of the history could not be marked: ${messageOf(error)}`);
  }
}
