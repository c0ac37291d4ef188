import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { K6_EXIT } from '../contract/exit-codes.ts';
import { judgedOutput, OUTPUTS } from '../contract/outputs.ts';
import { COMMAND } from '../contract/package-name.ts';
import type { StaircaseProfile } from '../contract/profiles.ts';
import { SCRIPT_SUMMARY_FILE } from '../contract/run-files.ts';
import { HEARTBEAT_S, type RunId } from '../contract/runs.ts';
import type { Slo } from '../contract/slo.ts';
import { sloOutcome } from '../contract/slo-text.ts';
import { configurationOf } from '../history/configuration.ts';
import type { RunStart } from '../influxdb/run-points.ts';
import { RunStore } from '../influxdb/runs.ts';
import { SpanReader } from '../influxdb/span.ts';
import { messageOf, unusableError } from '../lib/errors.ts';
import { freePorts } from '../lib/free-port.ts';
import { readOptional } from '../lib/private-files.ts';
import { plannedDuration_s, profileOf, stepsOf } from '../profiles/options.ts';
import { shapeFor } from '../profiles/shape.ts';
import type { CatalogueScenario } from '../project/catalogue.ts';
import { stepLine } from '../report/text/limit.ts';
import { cliConnection } from '../stack/engine/cli-connection.ts';
import { startMerger } from '../stack/engine/merger.ts';
import { type LimitSearch, runToLimit } from './find-limit.ts';
import { type AbortWatch, runWatched } from './generators/abort-watch.ts';
import { runTogether } from './generators/run-together.ts';
import { sloWindows, warnOfNoAnswer } from './generators/slo-windows.ts';
import { type FinishedRun, judgeRun, type K6End } from './judge/judge-run.ts';
import { PATIENCE_MS, Patience } from './judge/patience.ts';
import { planStages } from './judge/run-record.ts';
import { takeExamples } from './k6-process/examples.ts';
import { type JobFiles, k6Job } from './k6-process/k6-job.ts';
import { isResult, type K6Job, runK6 } from './k6-process/k6-run.ts';
import { readOutputReport } from './k6-process/read-outputs.ts';
import { splitShares } from './k6-process/shares.ts';
import { isJudgedByStore } from './options/judged-data.ts';
import { withAborts } from './options/limits.ts';
import type { RunOptions } from './options/options.ts';
import { runId } from './options/run-id.ts';
import type { RunSession } from './options/run-session.ts';
import { startTelemetry } from './telemetry/telemetry.ts';

const MS_PER_S = 1_000;

/**
 * One scenario, from the record of its start to the record of its end.
 * @param confirms the run that this one repeats: it is not judged itself, but evidence on that one
 */
export async function runScenario(
  session: RunSession,
  scenario: CatalogueScenario,
  bundle: string,
  confirms: RunId | null = null,
): Promise<FinishedRun> {
  const telemetry = await beginTelemetry(session, scenario);
  const run = runStart(session, scenario, { confirms, testid: telemetry?.testid });
  const store = new RunStore(cliConnection(session.stack.influx));
  const directory = join(session.results.results_dir, run.testid);
  await mkdir(directory, { recursive: true });
  const { target, launcher, results } = session;
  const identity = { run, target, k6_version: launcher.version };
  // Those of a staircase are judged step by step; half of the load of a block run is none.
  const judged_slos = staircase(session.options) || session.block_run ? [] : scenario.slos;
  session.own_call.begin({ ...identity, results_dir: results.results_dir, slos: judged_slos });
  await beginRecord(session, store, run, scenario);

  const slos = session.block_run ? [] : withAborts(scenario.slos, session.options.abort_after_s);
  const heartbeat = startHeartbeat(session, store, run);
  let end: K6End | null = null;
  try {
    end = await runToEnd(session, store, run, { bundle, directory, scenario: { ...scenario, slos } });
    // The time after the load, in which telemetry goes on, is none of the run.
    end = { ...end, ended: new Date(), interrupted: session.stop.aborted };
  } finally {
    await telemetry?.running.finish(end !== null);
    heartbeat.stop();
  }
  await showScriptSummary(session, directory);
  const { interrupted = false } = end;
  const stopped = interrupted ? await session.own_call.stopRequest() : null;
  const is_over = !interrupted && session.block_run?.over.aborted === true;
  const ends_by_iterations = session.options.script_load?.ends_by_iterations === true;
  return await judgeRun(session.results, identity, slos, { ...end, is_over, ends_by_iterations, stopped });
}

/** What the handleSummary of a k6 script has printed, as k6 would have shown it. */
async function showScriptSummary({ ui }: RunSession, directory: string): Promise<void> {
  const text = await readOptional(join(directory, SCRIPT_SUMMARY_FILE));
  if (text) ui.line(text.trimEnd());
}

async function beginTelemetry(session: RunSession, scenario: CatalogueScenario) {
  const { telemetry, stack, ui, stop, options } = session;
  if (!telemetry) return null;
  const testid = runId(new Date(), scenario.name, options.profile);
  const of_run = { testid, influx: stack.influx, ui, stop };
  return { testid, running: await startTelemetry(telemetry, of_run) };
}

function staircase(options: RunOptions): StaircaseProfile | null {
  const profile = profileOf(options);
  return profile.model === 'staircase' ? profile : null;
}

/** To the end of the profile, by one process or by several. */
async function runToEnd(session: RunSession, store: RunStore, run: RunStart, files: JobFiles): Promise<K6End> {
  const { options, output_settings, launcher, stack } = session;
  const by_store = isJudgedByStore(options, files.scenario);
  const shares = splitShares(output_settings.K6_LOADSTAR_INSTANCE ?? hostname(), options.instances, by_store);
  const ports = await freePorts(shares.length);
  const { slos } = files.scenario;
  const merger = shares.length > 1 ? await startMerger(launcher, stack.influx) : null;
  const jobs = await Promise.all(
    shares.map(async (share, index): Promise<K6Job> => {
      const port = ports[index] as number;
      if (!merger) return await k6Job(session, run, files, share, port);
      const directory = join(files.directory, `generator-${index + 1}`);
      await mkdir(directory, { recursive: true });
      const meeting = { merger_url: merger.url, generators: shares.length };
      return await k6Job(session, run, { ...files, directory, meeting }, share, port);
    }),
  );
  const [job] = jobs;
  if (!job) throw new Error('unreachable: a run has a generator');
  const end =
    merger || by_store
      ? await runTogether(session, run, slos, jobs, async () => await merger?.close())
      : {
          ...(await runAlone(session, store, run, files.scenario, job)),
          report: await readOutputReport(files.directory),
        };
  const sources = jobs.map(({ summary_file, secrets }) => ({ directory: dirname(summary_file), secrets }));
  return { ...end, examples: await takeExamples(sources, options.named_target?.traces?.url ?? null) };
}

/** A staircase, to the step that is too high. */
async function runAlone(
  session: RunSession,
  store: RunStore,
  run: RunStart,
  scenario: CatalogueScenario,
  job: K6Job,
): Promise<Omit<K6End, 'report'>> {
  const { launcher, ui, options } = session;
  const profile = staircase(options);
  if (!profile) return await runUntilSlo(session, run, scenario.slos, job);
  const search: LimitSearch = {
    reader: new SpanReader(cliConnection(session.stack.influx)),
    testid: run.testid,
    steps: stepsOf(shapeFor(scenario, options)),
    factor: profile.factor,
    allowed: { rps: options.max_rate_rps, users: options.max_vus },
    // A step is a part of its own: SLOs of parts are of the whole step. k6 judges thresholds, and no step.
    slos: scenario.slos
      .filter(({ threshold }) => !threshold)
      .map(({ during: _, over: _over, ...slo }) => ({ ...slo, scenario: run.scenario })),
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

/** To the end of the profile, or to where an SLO over the last seconds ends it. k6 itself looks at those of the whole run. */
async function runUntilSlo(
  { launcher, ui, stack }: RunSession,
  run: RunStart,
  slos: readonly Slo[],
  job: K6Job,
): Promise<Omit<K6End, 'report'>> {
  const watch: AbortWatch = {
    ...sloWindows(cliConnection(stack.influx), run.testid),
    slos,
    onUnreadable: (error) => warnOfNoAnswer(ui, error),
  };
  const { outcome, breach } = await runWatched(watch, ({ stop, onLoad }) =>
    runK6(launcher, { ...job, onLoad, stop: AbortSignal.any([job.stop, stop]) }, ui),
  );
  if (!breach) return { outcome };
  ui.line(`ended early: ${sloOutcome(breach)}`);
  const exit_code = isResult(outcome.exit_code) ? K6_EXIT.thresholds_have_failed : outcome.exit_code;
  return { outcome: { ...outcome, exit_code }, breach };
}

/** @param testid of a run whose telemetry has begun before its load */
function runStart(
  session: RunSession,
  scenario: CatalogueScenario,
  { confirms, testid }: { readonly confirms: RunId | null; readonly testid: RunId | undefined },
): RunStart {
  const { options, block_run } = session;
  const started = block_run?.started ?? new Date();
  const planned_ms = plannedDuration_s(options) * MS_PER_S;
  return {
    testid: block_run?.testid ?? testid ?? runId(started, scenario.name, options.profile),
    project: options.project,
    scenario: scenario.name,
    profile: options.profile,
    target: session.target.name,
    branch: options.app.branch,
    started,
    planned_end: new Date(started.getTime() + planned_ms),
    app_version: options.app.version,
    app_commit: options.app.commit,
    engine: session.engine_name,
    outputs: options.outputs,
    configuration: configurationOf(scenario.name, shapeFor(scenario, options), session.launcher.version),
    confirms,
    ab_run: block_run ? { side: block_run.side, other: block_run.other } : null,
  };
}

async function beginRecord(
  { options, stack, ui }: RunSession,
  store: RunStore,
  run: RunStart,
  scenario: CatalogueScenario,
): Promise<void> {
  const patience = new Patience(stack.influx.url, PATIENCE_MS, ui);
  try {
    const stages = planStages(shapeFor(scenario, options), run.started);
    const slos = run.ab_run ? [] : scenario.slos;
    await patience.with(() => store.begin(run, { slos, stages }));
  } catch (error) {
    throw unusableError(
      'InfluxDB to take the record of the run',
      messageOf(error),
      `see \`${COMMAND} status\`, then \`make down\` and try again`,
      error,
    );
  }
}

/** Tells InfluxDB that the run lives, and the person at once when InfluxDB does not. */
function startHeartbeat({ options, ui, stop }: RunSession, store: RunStore, run: RunStart): { stop(): void } {
  const keeps = OUTPUTS[judgedOutput(options.outputs)].tolerance === 0;
  const consequence = keeps ? 'samples wait for it' : 'samples of this run are being lost';
  let warned = false;
  const timer = setInterval(() => {
    store.writeHeartbeat(run, new Date()).catch((error: unknown) => {
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
