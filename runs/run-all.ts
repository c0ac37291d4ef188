import { access, constants, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT, type ExitCode } from '../contract/exit-codes.ts';
import { FALLBACK_OUTPUT, OUTPUTS } from '../contract/outputs.ts';
import type { RunSummary } from '../contract/results.ts';
import { BUNDLES_DIR, SPOOL_DIR, USERS_FILE } from '../contract/run-files.ts';
import { SCENARIOS } from '../contract/scenarios.ts';
import { EXIT_PRECEDENCE } from '../contract/verdicts.ts';
import { waitForAll } from '../lib/all-done.ts';
import type { CommandContext } from '../lib/context.ts';
import { unusableError, usageError } from '../lib/errors.ts';
import { makeOwnedDirectory } from '../lib/owned-directory.ts';
import { privateDirectory, writePrivate } from '../lib/private-files.ts';
import { proxyRules } from '../lib/proxies.ts';
import { environmentSecrets, isSecretHeader, secretForms } from '../lib/redact.ts';
import { shownPath } from '../lib/shown-path.ts';
import type { Printer } from '../lib/ui.ts';
import { bundleScenarios } from '../project/bundle.ts';
import type { CatalogueScenario } from '../project/catalogue.ts';
import { addToJobSummary } from '../report/ci/job-summary.ts';
import { liveDashboardUrl } from '../report/links.ts';
import { reportToTerminal, reportVerdicts } from '../report/terminal/terminal.ts';
import type { Demo, Engine, EngineContext, K6Launcher, Stack } from '../stack/engine/engine.ts';
import { engineContext } from '../stack/engine/engine-context.ts';
import { describeLogin } from '../stack/engine/secrets.ts';
import { requireRights } from '../stack/external/rights.ts';
import { checkDemoFaults } from '../stack/native/demo.ts';
import { selectEngine } from '../stack/select.ts';
import { type OwnCall, RunRegistry } from '../stack/state/run-registry.ts';
import { runConfirmed } from './confirmed-run.ts';
import { checkInstances } from './generators/check-instances.ts';
import type { FinishedRun } from './judge/judge-run.ts';
import { resultContext } from './judge/result-context.ts';
import { writeRun } from './judge/write-run.ts';
import { type CaFile, writeCaBundle } from './k6-process/ca-bundle.ts';
import { placeDataFiles } from './k6-process/data-files.ts';
import { type LiveViewPorts, openLiveView } from './live-view/live-view.ts';
import { notify, willNotify } from './notify/notify.ts';
import { isNotified } from './notify/policy.ts';
import { requireSlack, slackAddress } from './notify/slack.ts';
import { checkScript } from './options/check-script.ts';
import { confirmProduction } from './options/confirm-production.ts';
import { checkJudgeable } from './options/judged-data.ts';
import { checkLimits, plannedTotal_s } from './options/limits.ts';
import type { RunOptions } from './options/options.ts';
import { ownSettings } from './options/output-env.ts';
import { type ProbeByK6, probeByK6 } from './options/probe-by-k6.ts';
import type { RunSession } from './options/run-session.ts';
import { needsTarget, optionsFor, SCRIPT_TARGET, sessionFor } from './options/scenario-session.ts';
import { secretValues } from './options/script-env.ts';
import { checkStaircase } from './options/staircase-options.ts';
import { baseUrlText, guardTarget, probeTarget } from './options/target.ts';
import { readyStack } from './ready-stack.ts';
import { prepareTelemetry } from './telemetry/prepare.ts';

export interface RunsResult {
  readonly summaries: readonly RunSummary[];
  readonly exit_code: ExitCode;
}

/** Everything that has to be given back, in the reverse order of taking it. */
export type CleanUp = () => Promise<void>;

/** How a call goes on after a failure, and what it says. */
export interface RunAllManner {
  /** Prints the results for people. */
  readonly printer: Printer;
  /** One line a run instead of its results in detail. */
  readonly is_quiet: boolean;
  /** Ends the call with the first run that has not passed. */
  readonly is_fail_fast: boolean;
}

/**
 * Runs the scenarios one after another, each as a run of its own, against one stack and one target.
 * @throws LoadstarError where the stack or the target cannot be used.
 */
export async function runAll(
  context: CommandContext,
  options: RunOptions,
  scenarios: ReadonlyMap<string, CatalogueScenario>,
  { printer, is_quiet, is_fail_fast }: RunAllManner,
): Promise<RunsResult> {
  if (options.notify !== 'never') requireSlack(context.environment);
  if (options.base_url) guardTarget(options.base_url, options.allow_hosts, options.named_target?.name);
  const asked = [...scenarios.values()];
  checkScenarios(options, asked);
  checkLimits(options, asked);
  await confirmProduction(context, options);
  const output_settings = ownSettings(context.env);
  const clean_ups: CleanUp[] = [];
  try {
    const own_call = await register(context, options, clean_ups);
    const session = { ...(await prepare(context, options, scenarios, clean_ups)), output_settings, own_call };
    const summaries: RunSummary[] = [];
    const with_page = new Set<string>();
    const waiting = [...session.scenarios];
    for (let scenario = waiting.shift(); scenario !== undefined; scenario = waiting.shift()) {
      if (context.stop.aborted) break;
      const bundle = join(session.bundle_dir, `${scenario.name}.js`);
      const runs = await runConfirmed(sessionFor(session, scenario), scenario, bundle, async (run) => {
        if (await writeAndFinish(session, run)) with_page.add(run.run.testid);
      });
      summaries.push(...runs.map(({ summary }) => summary));
      await notifyOnce(
        session,
        runs.map(({ summary }) => summary),
      );
      const [{ summary }] = runs;
      await addToJobSummary(context.environment.GITHUB_STEP_SUMMARY, summary, session.results_url, context.ui);
      if (is_fail_fast && summary.exit_code !== EXIT.passed) break;
    }
    for (const summary of summaries) warnHeldBack(printer, options, summary);
    const report = is_quiet ? reportVerdicts : reportToTerminal;
    report(printer, summaries, shownPath(context.cwd, session.results.results_dir), with_page);
    if (is_fail_fast && waiting.length > 0 && !context.stop.aborted)
      printer.warn(`--fail-fast: not run after this failure: ${waiting.map(({ name }) => name).join(', ')}`);
    for (const scenario of session.left_out) printer.warn(`${scenario} was skipped: ${NO_BROWSER}`);
    return { summaries, exit_code: worstExitCode(context, summaries) };
  } finally {
    for (const cleanUp of clean_ups.reverse()) await cleanUp();
  }
}

/** @throws LoadstarError (usage) for a scenario that this call cannot run or judge */
function checkScenarios(options: RunOptions, scenarios: readonly CatalogueScenario[]): void {
  for (const scenario of scenarios) {
    const own = optionsFor(options, scenario);
    checkScript(own, scenario);
    checkStaircase(own, [scenario]);
    checkInstances(own, [scenario]);
    checkJudgeable(own, [scenario]);
  }
}

/** Its figures are of the load that the configuration allows: a target that could take more does not show it. */
function warnHeldBack(printer: Printer, options: RunOptions, { testid, throughput_rps }: RunSummary): void {
  const { max_rate_rps, limits_of } = options;
  if (max_rate_rps === null || throughput_rps < max_rate_rps * HELD_BACK_SHARE) return;
  printer.warn(`${testid} ran at the limit of ${max_rate_rps} requests/s of ${limits_of}: the target may take more`);
}

/** Of the limit: ramps up and down make a run that was held at it less on average. */
const HELD_BACK_SHARE = 0.9;

/** From here on `loadstar stop` finds this call. */
export async function register(context: CommandContext, options: RunOptions, clean_ups: CleanUp[]): Promise<OwnCall> {
  const target = options.named_target?.name ?? options.base_url?.host ?? options.demo_name;
  const { state_dir, signal } = engineContext(context);
  const own_call = await new RunRegistry(state_dir).register(target, signal);
  clean_ups.push(async () => own_call.close());
  return own_call;
}

/** @returns whether the run has a page */
export async function writeAndFinish(session: RunSession, finished: FinishedRun): Promise<boolean> {
  const { run, summary } = finished;
  // A repeat is evidence, and no news of its own.
  const notified = run.confirms ? false : willNotify(session, summary);
  const { is_recorded, has_page } = await writeRun(session.results, finished, notified);
  // A later call asks again what could not be asked, and delivers what waits on disk.
  const is_whole = summary.completeness.state !== 'unknown' && !summary.output?.spooled_batches;
  if (is_recorded && is_whole) session.own_call.finish(run.testid);
  return has_page;
}

/** One message for a run and its repeats: of a repeat alone where there is nothing to say of the run. */
async function notifyOnce(session: RunSession, summaries: readonly RunSummary[]): Promise<void> {
  const notified = summaries.find((summary) => isNotified(session.notify, summary));
  if (notified) await notify(session, notified);
}

function worstExitCode(context: CommandContext, summaries: readonly RunSummary[]): ExitCode {
  const codes = summaries.map((summary) => summary.exit_code);
  if (context.stop.aborted) codes.push(EXIT.interrupted);
  return EXIT_PRECEDENCE.find((code) => codes.includes(code)) ?? EXIT.passed;
}

export type PreparedSession = Omit<RunSession, 'output_settings' | 'own_call'> & {
  readonly bundle_dir: string;
  readonly scenarios: readonly CatalogueScenario[];
  readonly left_out: readonly string[];
};

export async function prepare(
  context: CommandContext,
  asked: RunOptions,
  scenarios: ReadonlyMap<string, CatalogueScenario>,
  clean_ups: CleanUp[],
): Promise<PreparedSession> {
  const engine_context = engineContext(context);
  context.ui.hide(secretValues(asked, isSecretHeader));
  const bundle_dir = await bundle(engine_context, scenarios, clean_ups);
  const engine = await selectEngine(engine_context, context.environment.ENGINE);
  requireOutputs(engine, asked);
  await checkDemoFaults(engine_context, asked.demo_faults);
  const needs_demo = [...scenarios.values()].some(needsTarget);
  const { stack, launcher, demo } = await startServers(context, engine, asked, { needs_demo, clean_ups });
  const left_out = withoutBrowser(launcher, scenarios);
  const options = withOutputs(context, launcher, {
    ...asked,
    scenarios: asked.scenarios.filter((name) => !left_out.includes(name)),
  });
  const able = [...scenarios.values()].filter(({ name }) => !left_out.includes(name));
  checkScenarios(options, able);
  requireBuckets(stack, options);
  for (const note of stack.notes) context.ui.note(note);
  // In a network of its own, k6's dashboard is reached by nobody.
  const has_live_view = !stack.grafana && launcher.has_host_network;
  const live_view = has_live_view ? await startLiveViewProxy(context, engine_context.ports.live_view, clean_ups) : null;
  announceStack(context, engine, stack, { live_view, project: options.project });
  if (live_view && options.instances > 1) context.ui.note(`  of the first of ${options.instances} generators alone`);
  const target = describeTarget(options, demo);
  if (launcher.has_host_network && target.base_url_for_k6) warnOfProxy(context, target.base_url_for_k6);
  const files = await writeFiles(context, options, stack, launcher, bundle_dir);
  await probeFromContainer(context, options, { launcher, ca_file: files.ca_file, directory: bundle_dir });
  const data_files = await placeDataFiles(able, launcher, bundle_dir);
  return {
    options,
    planned_s: plannedTotal_s(options, able),
    engine_name: engine.name,
    stack,
    launcher,
    target,
    results: { ...resultContext(context, stack), live_view_url: live_view?.url ?? null },
    spool_dir: join(engine_context.state_dir, SPOOL_DIR),
    environment_secrets: environmentSecrets(context.env).flatMap(secretForms),
    ...files,
    data_files,
    telemetry: await prepareTelemetry(context, engine, stack, { telemetry: options.telemetry, target }),
    live_view,
    notify: options.notify,
    slack: slackAddress(context.environment, stack.inbox),
    results_url: context.environment.RESULTS_URL ?? null,
    ui: context.ui,
    stop: context.stop,
    force: context.force,
    bundle_dir,
    scenarios: able,
    left_out,
  };
}

/**
 * The session for another target with the same scenarios, on the stack and the k6 of this one.
 * @throws LoadstarError if the target does not answer
 */
export async function withTarget(
  session: PreparedSession,
  context: CommandContext,
  options: RunOptions,
): Promise<PreparedSession> {
  if (!options.base_url) throw new Error('unreachable: another target has an address');
  context.ui.hide(secretValues(options, isSecretHeader));
  await probe(context, options.base_url, options);
  const { launcher, stack } = session;
  const target = describeTarget(options, null);
  if (launcher.has_host_network) warnOfProxy(context, target.base_url_for_k6);
  const directory = await mkdtemp(join(session.bundle_dir, 'target-'));
  const files = await writeFiles(context, options, stack, launcher, directory);
  await probeFromContainer(context, options, { launcher, ca_file: files.ca_file, directory });
  return {
    ...session,
    ...files,
    options: { ...options, scenarios: session.options.scenarios, outputs: session.options.outputs },
    target,
    telemetry: null,
    live_view: null,
  };
}

/** What k6 reads beside the bundle, at paths that it can open. */
async function writeFiles(
  context: CommandContext,
  options: RunOptions,
  stack: PreparedSession['stack'],
  launcher: PreparedSession['launcher'],
  directory: string,
): Promise<Pick<RunSession, 'users_file' | 'ca_file'>> {
  const ca_files = caFiles(options, stack);
  const ca_bundle = ca_files.length > 0 ? await writeCaBundle(ca_files, directory, context.env) : null;
  const users_file = await writeUsers(options, directory);
  return {
    users_file: users_file ? launcher.path(users_file) : null,
    ca_file: ca_bundle ? launcher.path(ca_bundle) : null,
  };
}

const NO_BROWSER = 'it needs Chromium, and k6 has none here';

/**
 * Who asks for all scenarios gets those that can run here, and is told of the others.
 * @returns scenarios to leave out. @throws LoadstarError (unusable) where one was asked for by name
 */
function withoutBrowser({ browser }: K6Launcher, scenarios: ReadonlyMap<string, CatalogueScenario>): string[] {
  const in_browser = [...scenarios.values()].flatMap(({ name, needs_browser }) => (needs_browser ? [name] : []));
  const affected = browser ? [] : in_browser;
  if (affected.length === 0 || Object.keys(SCENARIOS).every((name) => scenarios.has(name))) return affected;
  throw unusableError(
    `a browser for ${affected.join(', ')}`,
    NO_BROWSER,
    'install Chromium on this machine, or name one: K6_BROWSER_EXECUTABLE_PATH=/path/to/chromium (ENGINE=native)',
  );
}

/** @throws LoadstarError (usage) for an output that the engine's k6 does not have. */
function requireOutputs(engine: Engine, options: RunOptions): void {
  for (const name of options.outputs) {
    const engines: readonly string[] = OUTPUTS[name].engines;
    // External servers are fed by the k6 of this machine.
    if (engines.includes(engine.name === 'external' ? 'native' : engine.name)) continue;
    throw usageError(
      `an output that the engine ${engine.name} has`,
      `\`${name}\`, which only ${engines.join(' and ')} has`,
      `ENGINE=${engines[0]}, or another OUTPUT`,
    );
  }
}

/** A k6 that is not our build lacks our output: the run goes on with the stock one, aloud. */
function withOutputs({ ui }: CommandContext, launcher: K6Launcher, options: RunOptions): RunOptions {
  const missing = options.outputs.filter((name) => !launcher.outputs.includes(name));
  if (missing.length === 0) return options;
  ui.warn(`this k6 has no output ${missing.join(', ')}: using ${FALLBACK_OUTPUT}, which may lose samples`);
  const kept = options.outputs.filter((name) => launcher.outputs.includes(name));
  return { ...options, outputs: [...new Set([...kept, FALLBACK_OUTPUT])] };
}

/** @throws LoadstarError (unusable) where a server of somebody else's lacks a bucket that these outputs write, or the right */
function requireBuckets(stack: Stack, { outputs }: RunOptions): void {
  const written = outputs.map((name) => OUTPUTS[name].bucket);
  requireRights(stack, { read: [...written, 'runs'], write: [...written, 'runs'] });
}

/** Our own output takes the stack's CA by itself; the stock ones know only whom k6 as a whole trusts. */
function caFiles({ target, outputs }: RunOptions, { influx }: Stack): CaFile[] {
  const stock = outputs.some((name) => OUTPUTS[name].schema !== 'loadstar');
  return [
    ...(target.ca_file ? [{ variable: 'TARGET_CA_FILE', file: target.ca_file } as const] : []),
    ...(stock && influx.ca_file ? [{ variable: 'STACK_CA_FILE', file: influx.ca_file } as const] : []),
  ];
}

/** A proxy is then part of what is measured: nobody should find that out from the figures. k6 in a network of its own has none. */
function warnOfProxy({ env, ui }: CommandContext, base_url: string): void {
  const url = new URL(base_url);
  const proxy = proxyRules(env)(url);
  if (proxy)
    ui.warn(
      `the load goes through the proxy ${proxy.origin}, and is measured with it: NO_PROXY=${url.hostname} loads the target itself`,
    );
}

/** A mistake in the tests shows before anything is started. */
async function bundle(
  context: EngineContext,
  scenarios: ReadonlyMap<string, CatalogueScenario>,
  clean_ups: CleanUp[],
): Promise<string> {
  await privateDirectory(context.state_dir);
  // Results that cannot be kept end the call here, before there is any load.
  await mkdir(context.results_dir, { recursive: true });
  await access(context.results_dir, constants.W_OK);
  const out_dir = await makeOwnedDirectory(join(context.state_dir, BUNDLES_DIR), 'run');
  clean_ups.push(() => rm(out_dir, { recursive: true, force: true }));
  await bundleScenarios([...scenarios.values()], { root: context.root, out_dir });
  return out_dir;
}

/** Beside the bundle, which goes with the run: too much for an environment variable. @returns null where there are no users */
async function writeUsers({ script }: RunOptions, directory: string): Promise<string | null> {
  if (!script.users) return null;
  const file = join(directory, USERS_FILE);
  await writePrivate(file, JSON.stringify(script.users));
  return file;
}

interface Started {
  readonly stack: Stack;
  readonly launcher: K6Launcher;
  readonly demo: Demo | null;
}

/** Stack, k6 and target come up side by side. */
async function startServers(
  context: CommandContext,
  engine: Engine,
  options: RunOptions,
  { needs_demo, clean_ups }: { readonly needs_demo: boolean; readonly clean_ups: CleanUp[] },
): Promise<Started> {
  const target = async (): Promise<Demo | null> => {
    if (options.base_url) return await probe(context, options.base_url, options);
    if (!needs_demo) return null;
    const demo = await engine.startDemo({ faults: options.demo_faults });
    clean_ups.push(() => demo.stop());
    return demo;
  };
  const [stack, launcher, demo] = await waitForAll([readyStack(context, engine), engine.k6(), target()]);
  context.stop.throwIfAborted();
  return { stack, launcher, demo };
}

async function probe({ ui, env }: CommandContext, url: URL, options: RunOptions): Promise<null> {
  await ui.step(`asking ${baseUrlText(url)}`, () => probeTarget(url, options.target, options.allow_hosts, env));
  return null;
}

/** The probe before asked from here, which is where the load comes from unless k6 has a network of its own. */
async function probeFromContainer(
  { ui, stop }: CommandContext,
  options: RunOptions,
  place: Pick<ProbeByK6, 'launcher' | 'ca_file' | 'directory'>,
): Promise<void> {
  if (!options.base_url || place.launcher.has_host_network) return;
  const base_url = baseUrlText(options.base_url);
  await ui.step(`asking ${base_url} from the container of k6`, () => probeByK6({ ...place, options, base_url, stop }));
}

function describeTarget(options: RunOptions, demo: Demo | null): RunSession['target'] {
  if (demo) return { base_url: demo.base_url, base_url_for_k6: demo.base_url_for_k6, name: options.demo_name };
  if (!options.base_url) return SCRIPT_TARGET;
  const base_url = baseUrlText(options.base_url);
  return {
    base_url,
    base_url_for_k6: base_url,
    name: options.named_target?.name ?? options.base_url.host,
  };
}

async function startLiveViewProxy(context: CommandContext, port: number, clean_ups: CleanUp[]): Promise<LiveViewPorts> {
  const view = await openLiveView(port, context.ui);
  clean_ups.push(() => view.close());
  return view;
}

function announceStack(
  context: CommandContext,
  engine: Engine,
  stack: Stack,
  { live_view, project }: { readonly live_view: LiveViewPorts | null; readonly project: string },
): void {
  const { ui } = context;
  const login = describeLogin(engineContext(context), engine.name, context.cwd);
  if (stack.grafana) ui.line(`live: ${liveDashboardUrl(stack.grafana.url, project)}${login ? ` (${login})` : ''}`);
  if (live_view) ui.line(`live: ${live_view.url} (k6's own dashboard: no Grafana here)`);
}
