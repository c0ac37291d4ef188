import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { limitSlos } from '../../analysis/steps.ts';
import type { OutputReport } from '../../contract/live-schema.ts';
import { RUN_TAGS } from '../../contract/metrics.ts';
import type { NotifyWhen } from '../../contract/notify.ts';
import { OUTPUTS } from '../../contract/outputs.ts';
import { PROFILES, type Profile, type StaircaseProfile } from '../../contract/profiles.ts';
import type { Comparison, Completeness, LimitResult, RunSummary } from '../../contract/results.ts';
import { HEARTBEAT_S, type RunId } from '../../contract/runs.ts';
import type { Slo } from '../../contract/slo.ts';
import type { RunDetail } from '../../influxdb/run-detail.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { type RunRecord, RunStore } from '../../influxdb/runs.ts';
import { SpanReader } from '../../influxdb/span.ts';
import { plannedDuration_s, stepsOf } from '../../k6/lib/options.ts';
import { shapeFor } from '../../k6/lib/shape.ts';
import { compareWithHistory, type Evidence } from '../baseline/comparison.ts';
import { configurationOf } from '../baseline/configuration.ts';
import type { K6Launcher, Stack } from '../engine/engine.ts';
import { messageOf, unusableError } from '../lib/errors.ts';
import { freePort } from '../lib/free-port.ts';
import { readOptional } from '../lib/private-files.ts';
import type { Ui } from '../lib/ui.ts';
import { willTell } from '../notify/notify.ts';
import type { SlackAddress } from '../notify/slack.ts';
import type { CatalogueScenario } from '../project/catalogue.ts';
import { stepLine } from '../reporters/limit.ts';
import type { RunsUnderWay } from '../state/runs-under-way.ts';
import { checkCompleteness, judgedOutput } from './check-completeness.ts';
import { evidenceOf, type Held } from './evidence.ts';
import { K6_LOG_FILE, K6_SUMMARY_FILE, OUTPUT_REPORT_FILE } from './files.ts';
import { type LimitSearch, runToLimit } from './find-limit.ts';
import { type K6Job, type K6Outcome, runK6 } from './k6-run.ts';
import { compareLink, liveLink } from './links.ts';
import type { RunOptions } from './options.ts';
import { outputArgs } from './output-env.ts';
import { outputFigures } from './output-figures.ts';
import { Patience } from './patience.ts';
import { runId } from './run-id.ts';
import {
  detailOf,
  type EndedRun,
  markShifts,
  plannedStages,
  recordEnd,
  requestFigures,
  toRecord,
} from './run-record.ts';
import { scriptEnv, secretValues } from './script-env.ts';
import { STAIRCASE_WINDOW } from './staircase-options.ts';
import { storedHeadline } from './stored-headline.ts';
import { type Headline, headline, sloResults } from './summary.ts';
import { type VerdictFacts, verdict } from './verdict.ts';

const MS_PER_S = 1_000;
/** InfluxDB restarts in two or three seconds; where our output has waited for it in vain already, nobody waits again. */
const PATIENCE_MS = 15_000;

/** What all runs of one call share. */
export interface RunSetting {
  readonly options: RunOptions;
  readonly engine_name: string;
  readonly stack: Stack;
  readonly launcher: K6Launcher;
  readonly target: { readonly base_url: string; readonly base_url_for_k6: string; readonly name: string };
  readonly results_dir: string;
  /** Where our output keeps what InfluxDB does not take. */
  readonly spool_dir: string;
  readonly under_way: RunsUnderWay;
  /** The user's own settings for our output. */
  readonly output_settings: Readonly<Record<string, string>>;
  /** The accounts of the configuration, as k6 sees the path; null: none. */
  readonly users_file: string | null;
  /** PEM bundle for k6, as k6 sees the path; null: the system's. */
  readonly ca_file: string | null;
  readonly grafana_url: string | null;
  readonly live_view: { readonly url: string; readonly env: Readonly<Record<string, string>> } | null;
  /** When the end of a run is told, and where; null: nowhere. */
  readonly notify: NotifyWhen;
  readonly slack: SlackAddress | null;
  /** Where colleagues find the files of the run; null: they are on this machine alone. */
  readonly results_url: string | null;
  readonly ui: Ui;
  readonly stop: AbortSignal;
  readonly force: AbortSignal;
}

/** A run that has ended and been judged; it can be judged again when its repeats are there. */
export interface FinishedRun extends EndedRun {
  /** How much longer InfluxDB is waited for. */
  readonly patience: Patience;
  readonly facts: VerdictFacts;
  /** What it is as evidence, be it judged itself or a repeat; null where it is none. */
  readonly evidence: Evidence | null;
}

/**
 * One scenario, from the record of its start to the record of its end.
 * @param confirms the run that this one repeats: it is not judged itself, but evidence on that one
 */
export async function runScenario(
  setting: RunSetting,
  scenario: CatalogueScenario,
  bundle: string,
  confirms: RunId | null = null,
): Promise<FinishedRun> {
  const run = runStart(setting, scenario, confirms);
  const store = new RunStore(influx(setting, 'cli'));
  const directory = join(setting.results_dir, run.testid);
  await mkdir(directory, { recursive: true });
  const { target, launcher, results_dir } = setting;
  const slos = staircase(setting.options) ? [] : scenario.slos;
  const known = { run, results_dir, target, k6_version: launcher.version, slos };
  await setting.under_way.begin(known);
  await beginRecord(setting, store, run, new Patience(setting.stack.influx.url, PATIENCE_MS, setting.ui));

  const heart = startHeart(setting, store, run);
  let end: K6End;
  try {
    const job = await k6Job(setting, run, { bundle, directory, scenario });
    // Without it a later call does not know this k6: no reason to lose the run.
    const onStart = (pid: number) => setting.under_way.begin(known, pid).catch(() => undefined);
    end = await runToEnd(setting, store, run, scenario.slos, { ...job, onStart });
  } finally {
    heart.stop();
  }
  const report = await readReport(directory);
  const patience = new Patience(setting.stack.influx.url, report?.spooled_batches ? 0 : PATIENCE_MS, setting.ui);
  const { summary, facts } = await summarize(setting, run, scenario.slos, end, { report, patience });
  const { detail, evidence, own } = await holdAgainstHistory(setting, run, summary, patience);
  const by_request = detail ? requestFigures(detail) : [];
  const ended = { run, summary: { ...summary, by_request }, detail, facts, evidence, patience };
  const finished = evidence && !confirms ? withComparison(setting, ended, compareWithHistory(evidence)) : ended;
  await endRecord(setting, finished);
  await markOwnShifts(setting, finished, own);
  return finished;
}

function staircase({ profile: name }: RunOptions): StaircaseProfile | null {
  const profile: Profile = PROFILES[name];
  return profile.model === 'staircase' ? profile : null;
}

interface K6End {
  readonly outcome: K6Outcome;
  /** Profile breakpoint alone. */
  readonly limit?: LimitResult;
}

/** To the end of the profile; a staircase, to the step that is too high. */
async function runToEnd(
  setting: RunSetting,
  store: RunStore,
  run: RunStart,
  slos: readonly Slo[],
  job: K6Job,
): Promise<K6End> {
  const { launcher, ui, options } = setting;
  const profile = staircase(options);
  if (!profile) return { outcome: await runK6(launcher, job, ui) };
  const search: LimitSearch = {
    reader: new SpanReader(influx(setting, 'cli')),
    testid: run.testid,
    steps: stepsOf(shapeFor(run.scenario, options)),
    factor: profile.factor,
    slos: slos.map((slo) => ({ ...slo, scenario: run.scenario })),
    onStep(step) {
      const text = stepLine(step);
      ui.note(`  ${text}`);
      // A mark on the dashboards: without it the run is none the worse.
      store.markStage(run, { at: new Date(step.started), text }).catch(() => undefined);
    },
  };
  return await runToLimit(search, ({ onLoad, stop }) =>
    runK6(launcher, { ...job, onLoad, stop: AbortSignal.any([job.stop, stop]) }, ui),
  );
}

/** The run with what its history says of it, and the verdict that follows. */
export function withComparison(setting: RunSetting, finished: FinishedRun, comparison: Comparison): FinishedRun {
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

function grafanaUrl({ grafana_url, stack }: RunSetting): string | null {
  return grafana_url ?? stack.grafana?.url ?? null;
}

/** What the live data says of the run, and what it is held against. A run that cannot be judged is no less a result. */
async function holdAgainstHistory(
  setting: RunSetting,
  run: RunStart,
  summary: RunSummary,
  patience: Patience,
): Promise<Held & { readonly detail: RunDetail | null }> {
  const connection = influx(setting, 'cli');
  const { outputs, baseline_branch } = setting.options;
  let detail: RunDetail | null = null;
  try {
    detail = await patience.with(() => detailOf(connection, run, outputs));
    // Its figures are those of every load up to the limit, wherever that is: they compare with nothing.
    if (staircase(setting.options)) return { detail, evidence: null, own: [] };
    const known = detail;
    const held = await patience.with(() => evidenceOf(connection, run, summary, known, baseline_branch));
    return { detail, ...held };
  } catch (error) {
    setting.ui.warn(`the run could not be held against its history: ${messageOf(error)}`);
    return { detail, evidence: null, own: [] };
  }
}

function runStart(setting: RunSetting, scenario: CatalogueScenario, confirms: RunId | null): RunStart {
  const { options } = setting;
  const started = new Date();
  const planned_ms = plannedDuration_s(options.profile, options.duration_s) * MS_PER_S;
  return {
    testid: runId(started, scenario.name, options.profile),
    scenario: scenario.name,
    profile: options.profile,
    target: setting.target.name,
    branch: options.app.branch,
    started,
    planned_end: new Date(started.getTime() + planned_ms),
    app_version: options.app.version,
    app_commit: options.app.commit,
    engine: setting.engine_name,
    outputs: options.outputs,
    configuration: configurationOf(scenario.name, shapeFor(scenario.name, options), setting.launcher.version),
    confirms,
  };
}

function influx(setting: RunSetting, role: 'cli') {
  const { url, org, tokens } = setting.stack.influx;
  return { url, org, token: tokens[role] };
}

async function beginRecord({ options }: RunSetting, store: RunStore, run: RunStart, patience: Patience): Promise<void> {
  try {
    const stages = plannedStages(shapeFor(run.scenario, options), run.started);
    await patience.with(() => store.begin(run, stages));
  } catch (error) {
    throw unusableError(
      'InfluxDB to take the record of the run',
      messageOf(error),
      'see `npx loadstar status`, then `make down` and try again',
      error,
    );
  }
}

/** Tells InfluxDB that the run lives, and the person at once when InfluxDB does not. */
function startHeart({ options, ui, stop }: RunSetting, store: RunStore, run: RunStart): { stop(): void } {
  const keeps = OUTPUTS[judgedOutput(options.outputs)].tolerance === 0;
  const consequence = keeps ? 'samples wait for it' : 'samples of this run are being lost';
  let warned = false;
  const timer = setInterval(() => {
    store.beat(run, new Date()).catch((error: unknown) => {
      if (!warned) ui.warn(`InfluxDB does not answer (${messageOf(error)}): ${consequence}`);
      warned = true;
    });
  }, HEARTBEAT_S * MS_PER_S);
  // What the stop itself does to the figures must not page: so at once, and again with all the rest at the end.
  const interrupted = () => void store.interrupt(run).catch(() => undefined);
  stop.addEventListener('abort', interrupted);
  return {
    stop() {
      clearInterval(timer);
      stop.removeEventListener('abort', interrupted);
    },
  };
}

interface JobFiles {
  readonly bundle: string;
  readonly directory: string;
  readonly scenario: CatalogueScenario;
}

async function k6Job(setting: RunSetting, run: RunStart, { bundle, directory, scenario }: JobFiles) {
  const { options, launcher, stack } = setting;
  const output = outputArgs(options.outputs, {
    influx: stack.influx,
    spool_dir: launcher.path(setting.spool_dir),
    report_file: launcher.path(join(directory, OUTPUT_REPORT_FILE)),
    own: { ...setting.output_settings, ...(staircase(options) ? { K6_LOADSTAR_WINDOW: STAIRCASE_WINDOW } : {}) },
  });
  const summary_file = join(directory, K6_SUMMARY_FILE);
  const tags = { [RUN_TAGS.run]: run.testid, [RUN_TAGS.generator]: hostname() };
  return {
    args: [
      'run',
      '--address',
      `127.0.0.1:${await freePort()}`,
      '--log-format',
      'json',
      ...Object.entries(tags).flatMap(([tag, value]) => ['--tag', `${tag}=${value}`]),
      ...output.args,
      launcher.path(bundle),
    ],
    env: {
      ...scriptEnv(options, {
        base_url: setting.target.base_url_for_k6,
        own_hosts: launcher.own_hosts,
        slos: scenario.slos,
        users_file: setting.users_file,
        summary_file: launcher.path(summary_file),
      }),
      ...output.env,
      ...setting.live_view?.env,
      ...(scenario.needs_browser ? launcher.browser : {}),
      ...(setting.ca_file ? { SSL_CERT_FILE: setting.ca_file } : {}),
    },
    secrets: secretValues(options),
    log_file: join(directory, K6_LOG_FILE),
    summary_file,
    title: `${run.scenario} (${run.profile}) against ${setting.target.name}`,
    planned_s: Math.round((run.planned_end.getTime() - run.started.getTime()) / MS_PER_S),
    stop: setting.stop,
    force: setting.force,
  };
}

async function summarize(
  setting: RunSetting,
  run: RunStart,
  objectives: readonly Slo[],
  { outcome: k6, limit }: K6End,
  { report, patience }: { readonly report: OutputReport | null; readonly patience: Patience },
): Promise<{ summary: RunSummary; facts: VerdictFacts }> {
  const { options, target } = setting;
  const ended = new Date();
  const grafana = grafanaUrl(setting);
  const figures = k6.summary ? headline(k6.summary) : await figuresOfKilled(setting, run, patience);
  const slos = limit ? limitSlos(limit) : k6.summary ? sloResults(objectives, k6.summary) : [];
  const complete = await completenessOf(setting, run, { k6, report, patience });
  const interrupted = setting.stop.aborted;
  const { requests } = figures;
  const facts: VerdictFacts = { interrupted, k6, requests, slos, completeness: complete, comparison: null, limit };
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
    exit_code: judged.exit_code,
    k6_exit_code: k6.exit_code,
    script_exceptions: k6.exceptions,
    ...figures,
    slos,
    ...(limit ? { limit } : {}),
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
async function figuresOfKilled(setting: RunSetting, run: RunStart, patience: Patience): Promise<Headline> {
  const connection = influx(setting, 'cli');
  try {
    return await patience.with(async () =>
      storedHeadline(connection, run, await detailOf(connection, run, setting.options.outputs)),
    );
  } catch {
    // That InfluxDB does not answer is said with the completeness.
    return headline(NO_SUMMARY);
  }
}

async function completenessOf(
  setting: RunSetting,
  run: RunStart,
  { k6, report, patience }: { k6: K6Outcome; report: OutputReport | null; patience: Patience },
): Promise<Completeness> {
  const question = { ...run, outputs: setting.options.outputs, k6: k6.summary, report };
  try {
    return await patience.with(() => checkCompleteness(influx(setting, 'cli'), question));
  } catch (error) {
    setting.ui.warn(`InfluxDB could not be asked what it stored: ${messageOf(error)}`);
    const { tolerance } = OUTPUTS[judgedOutput(setting.options.outputs)];
    const samples_sent = Object.values(report?.samples ?? {}).reduce((sum, count) => sum + count, 0);
    return { state: 'unknown', samples_sent, samples_stored: 0, tolerance, rows: [] };
  }
}

/** null where our output did not run, or k6 was killed. */
async function readReport(directory: string): Promise<OutputReport | null> {
  const text = await readOptional(join(directory, OUTPUT_REPORT_FILE));
  return text === null ? null : (JSON.parse(text) as OutputReport);
}

/**
 * The summary file holds the same: a record that cannot be written is said, and does not hide the result. It stays among
 * those under way until a later call has finished it.
 */
export async function endRecord(setting: RunSetting, finished: FinishedRun): Promise<void> {
  const { run, summary, patience } = finished;
  try {
    // A repeat is evidence, and no news of its own.
    const notified = run.confirms ? false : willTell(setting, summary);
    await patience.with(() => recordEnd(influx(setting, 'cli'), finished, notified));
    // What could not be asked, or waits on disk, is the next call's.
    const whole = summary.completeness.state !== 'unknown' && !summary.output?.spooled_batches;
    if (whole) await setting.under_way.end(run.testid);
  } catch (error) {
    setting.ui.warn(
      `the record of the run's end could not be written to InfluxDB (${messageOf(error)}): the next call writes it`,
    );
  }
}

/** For dashboards alone. */
async function markOwnShifts(
  setting: RunSetting,
  { run, summary }: FinishedRun,
  own: readonly RunRecord[],
): Promise<void> {
  if (own.length === 0) return;
  try {
    await markShifts(influx(setting, 'cli'), [toRecord(run, summary), ...own]);
  } catch (error) {
    setting.ui.warn(`shifts of the history could not be marked: ${messageOf(error)}`);
  }
}
