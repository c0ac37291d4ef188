import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { EXIT, EXIT_PRECEDENCE, type ExitCode } from '../../contract/exit-codes.ts';
import { FALLBACK_OUTPUT, OUTPUTS } from '../../contract/outputs.ts';
import type { RunSummary } from '../../contract/results.ts';
import { bundleScenarios } from '../bundle.ts';
import { addToJobSummary } from '../ci/job-summary.ts';
import type { Demo, Engine, EngineContext, K6Launcher, Stack } from '../engine/engine.ts';
import { selectEngine } from '../engine/select.ts';
import { allDone } from '../lib/all-done.ts';
import { type CommandContext, engineContext } from '../lib/context.ts';
import { usageError } from '../lib/errors.ts';
import { privateDirectory } from '../lib/private-files.ts';
import { tell } from '../notify/notify.ts';
import { isTold } from '../notify/policy.ts';
import { requireSlack, slackAddress } from '../notify/slack.ts';
import { reportToFiles } from '../reporters/files.ts';
import { reportToTerminal } from '../reporters/terminal.ts';
import { writeCaBundle } from './ca-bundle.ts';
import { runConfirmed } from './confirmed-run.ts';
import { SPOOL_DIR } from './files.ts';
import { liveDashboardUrl } from './links.ts';
import { type LiveViewPorts, openLiveView } from './live-view.ts';
import type { RunSetting } from './one-run.ts';
import type { RunOptions } from './options.ts';
import { ownSettings } from './output-env.ts';
import { readyStack } from './ready-stack.ts';
import { baseUrlText, guardTarget, probeTarget } from './target.ts';

export interface RunsResult {
  readonly summaries: readonly RunSummary[];
  readonly exit_code: ExitCode;
}

/** Everything that has to be given back, in the reverse order of taking it. */
type CleanUp = () => Promise<void>;

/**
 * Runs the scenarios one after another, each as a run of its own, against one stack and one target.
 * @throws LoadstarError where the stack or the target cannot be used.
 */
export async function runAll(context: CommandContext, options: RunOptions): Promise<RunsResult> {
  if (options.notify !== 'never') requireSlack(context.environment);
  if (options.base_url) guardTarget(options.base_url, options.allow_hosts);
  const output_settings = ownSettings(context.env);
  const clean_ups: CleanUp[] = [];
  try {
    const setting = { ...(await prepare(context, options, clean_ups)), output_settings };
    const summaries: RunSummary[] = [];
    for (const scenario of options.scenarios) {
      if (context.stop.aborted) break;
      const bundle = join(setting.bundle_dir, `${scenario}.js`);
      const runs = await runConfirmed(setting, scenario, bundle, ({ summary }) =>
        reportToFiles(summary, join(setting.results_dir, summary.testid)),
      );
      summaries.push(...runs.map(({ summary }) => summary));
      await tellOnce(
        setting,
        runs.map(({ summary }) => summary),
      );
      const [{ summary }] = runs;
      await addToJobSummary(context.environment.GITHUB_STEP_SUMMARY, summary, setting.results_url, context.ui);
    }
    reportToTerminal(context.ui, summaries, relative(context.cwd, setting.results_dir) || '.');
    return { summaries, exit_code: worst(context, summaries) };
  } finally {
    for (const cleanUp of clean_ups.reverse()) await cleanUp();
  }
}

/** One message for a run and its repeats: of a repeat alone where there is nothing to say of the run. */
async function tellOnce(setting: RunSetting, summaries: readonly RunSummary[]): Promise<void> {
  const told = summaries.find((summary) => isTold(setting.notify, summary));
  if (told) await tell(setting, told);
}

function worst(context: CommandContext, summaries: readonly RunSummary[]): ExitCode {
  const codes = summaries.map((summary) => summary.exit_code);
  if (context.stop.aborted) codes.push(EXIT.interrupted);
  return EXIT_PRECEDENCE.find((code) => codes.includes(code)) ?? EXIT.passed;
}

type PreparedSetting = Omit<RunSetting, 'output_settings'> & { readonly bundle_dir: string };

async function prepare(context: CommandContext, asked: RunOptions, clean_ups: CleanUp[]): Promise<PreparedSetting> {
  const engine_context = engineContext(context);
  const bundle_dir = await bundle(engine_context, asked, clean_ups);
  const engine = await selectEngine(engine_context, context.environment.ENGINE);
  requireOutputs(engine, asked);
  const { stack, launcher, demo } = await start(context, engine, asked, clean_ups);
  const options = withOutputs(context, launcher, asked);
  const results_dir = join(context.root, 'results');
  for (const note of stack.notes) context.ui.note(note);
  const live_view = stack.grafana ? null : await liveView(context, engine_context.ports.live_view, clean_ups);
  announce(context, stack, live_view);
  const target = targetOf(options, demo, launcher);
  const ca_bundle = options.target.ca_file ? await writeCaBundle(options.target.ca_file, bundle_dir) : null;
  return {
    options,
    engine_name: engine.name,
    stack,
    launcher,
    target,
    results_dir,
    spool_dir: join(engine_context.state_dir, SPOOL_DIR),
    ca_file: ca_bundle ? launcher.path(ca_bundle) : null,
    grafana_url: context.environment.PUBLIC_GRAFANA_URL ?? null,
    live_view,
    notify: options.notify,
    slack: slackAddress(context.environment, stack.inbox),
    results_url: context.environment.RESULTS_URL ?? null,
    ui: context.ui,
    stop: context.stop,
    force: context.force,
    bundle_dir,
  };
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

/** A mistake in the tests shows before anything is started. */
async function bundle(context: EngineContext, options: RunOptions, clean_ups: CleanUp[]): Promise<string> {
  await privateDirectory(context.state_dir);
  await mkdir(join(context.state_dir, 'bundles'), { recursive: true });
  const out_dir = await mkdtemp(join(context.state_dir, 'bundles', 'run-'));
  clean_ups.push(() => rm(out_dir, { recursive: true, force: true }));
  await bundleScenarios(options.scenarios, { root: context.root, out_dir });
  return out_dir;
}

interface Started {
  readonly stack: Stack;
  readonly launcher: K6Launcher;
  readonly demo: Demo | null;
}

/** Stack, k6 and target come up side by side. */
async function start(
  context: CommandContext,
  engine: Engine,
  options: RunOptions,
  clean_ups: CleanUp[],
): Promise<Started> {
  const target: Promise<Demo | null> = options.base_url
    ? probe(context, options.base_url, options)
    : engine.startDemo({ faults: options.demo_faults }).then((demo) => {
        clean_ups.push(() => demo.stop());
        return demo;
      });
  const [stack, launcher, demo] = await allDone([readyStack(context, engine), engine.k6(), target]);
  context.stop.throwIfAborted();
  return { stack, launcher, demo };
}

async function probe({ ui }: CommandContext, url: URL, options: RunOptions): Promise<null> {
  await ui.step(`asking ${baseUrlText(url)}`, () => probeTarget(url, options.target, options.allow_hosts));
  return null;
}

function targetOf(options: RunOptions, demo: Demo | null, launcher: K6Launcher): RunSetting['target'] {
  if (demo) return { base_url: demo.base_url, base_url_for_k6: demo.base_url_for_k6, name: 'demo' };
  if (!options.base_url) throw new Error('unreachable: without a base URL there is a demo');
  const base_url = baseUrlText(options.base_url);
  return { base_url, base_url_for_k6: launcher.url(base_url), name: options.base_url.host };
}

async function liveView(context: CommandContext, port: number, clean_ups: CleanUp[]): Promise<LiveViewPorts> {
  const view = await openLiveView(port, context.ui);
  clean_ups.push(() => view.close());
  return view;
}

function announce({ ui }: CommandContext, stack: Stack, live_view: LiveViewPorts | null): void {
  if (stack.grafana) ui.line(`live: ${liveDashboardUrl(stack.grafana.url)}`);
  if (live_view) ui.line(`live: ${live_view.url} (k6's own dashboard: no Grafana here)`);
}
