/** Judges a run by what its generators have left in InfluxDB, wherever they ran. */
import { BUCKETS } from '../../contract/buckets.ts';
import { K6_EXIT } from '../../contract/exit-codes.ts';
import { DEFAULT_OUTPUT } from '../../contract/outputs.ts';
import type { RunSummary, SloResult } from '../../contract/results.ts';
import { BEFORE_START_MS, HEARTBEAT_S, type RunId } from '../../contract/runs.ts';
import { sloOutcome } from '../../contract/slo-text.ts';
import { VERSIONS } from '../../contract/versions.ts';
import { configurationOf } from '../../history/configuration.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { readEnds, readLives } from '../../influxdb/generators.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { type BegunRun, RunStore } from '../../influxdb/runs.ts';
import type { CommandContext } from '../../lib/context.ts';
import { unusableError } from '../../lib/errors.ts';
import { shownPath } from '../../lib/shown-path.ts';
import type { Printer } from '../../lib/ui.ts';
import { plannedDuration_s } from '../../profiles/options.ts';
import { shapeFor } from '../../profiles/shape.ts';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import { addToJobSummary } from '../../report/ci/job-summary.ts';
import { reportToTerminal } from '../../report/terminal/terminal.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { Stack } from '../../stack/engine/engine.ts';
import { judgeRun } from '../judge/judge-run.ts';
import { resultContext } from '../judge/result-context.ts';
import { planStages } from '../judge/run-record.ts';
import type { RunIdentity } from '../judge/run-summary.ts';
import { writeRun } from '../judge/write-run.ts';
import { notify, willNotify } from '../notify/notify.ts';
import { slackAddress } from '../notify/slack.ts';
import { withAborts } from '../options/limits.ts';
import type { AbortWatch } from './abort-watch.ts';
import { awaitEnd, isSilent, type Progress } from './await-end.ts';
import type { FinishOptions } from './finish-options.ts';
import { LostWatch } from './lost-watch.ts';
import { type MergedRun, readFiguresSoFar, readMergedRun } from './merged-run.ts';
import { sloWindows, warnOfNoAnswer } from './slo-windows.ts';
import { closeMerger, type MergerAccess, stopGenerators, waitUntilSlo } from './stop-generators.ts';

const MS_PER_S = 1_000;

export interface FinishRequest {
  readonly context: CommandContext;
  /** Prints the results for people. */
  readonly printer: Printer;
  readonly stack: Stack;
  readonly engine_name: string;
  readonly testid: RunId;
  readonly options: FinishOptions;
  readonly scenario: CatalogueScenario;
  /** The namespace of the Job in Kubernetes that this call is; null: it is none. */
  readonly k8s_namespace: string | null;
  /** null if nobody has written the start of the run. */
  readonly begun: BegunRun | null;
}

/**
 * Waits for the generators, judges what they have left, and completes the record. A second call finds the same, and sends
 * no second notification.
 * @throws LoadstarError (unusable) if InfluxDB has nothing of the run
 */
export async function finishRun(request: FinishRequest): Promise<RunSummary> {
  const { context, stack, options, scenario, begun, testid } = request;
  const { ui, environment, stop, force } = context;
  const { run, breach } = await awaitRun(request).finally(async () => {
    const merger = mergerOf(request);
    // That of a run in Kubernetes is its own, and may wait for a generator that never came.
    if (merger && request.k8s_namespace !== null) await closeMerger(merger);
  });
  if (breach) ui.line(`ended early: over all generators, ${sloOutcome(breach)}`);
  const merged = await readMergedRun(cliConnection(stack.influx), {
    ...run,
    slos: scenario.slos,
    expected: options.instances,
  });
  for (const it of merged.stopped) ui.line(`stopped before the end of its load: ${it}`);
  const called = resultContext(context, stack);
  // The generators ran elsewhere, and not on this call's image.
  const results = { ...called, machine: { ...called.machine, image: null } };
  const finished = await judgeRun(results, identify(request, run, merged), scenario.slos, {
    outcome: {
      exit_code: breach ? K6_EXIT.thresholds_have_failed : K6_EXIT.ok,
      summary: merged.summary,
      exceptions: 0,
      errors: [],
    },
    breach,
    report: merged.report,
    load: merged.load,
    sent: merged.sent,
    generators: merged.generators,
    // All that was sent is there, and less load than planned was made.
    interrupted: begun?.status === 'interrupted' || stop.aborted || merged.stopped.length > 0,
    ...(merged.ended ? { ended: merged.ended } : {}),
  });
  const { summary } = finished;
  const slack = slackAddress(environment, stack.inbox);
  const results_url = environment.RESULTS_URL ?? null;
  const notification = { notify: options.notify, slack, results_url, results, ui, stop, force };
  const is_news = begun?.notified !== true;
  const { has_page } = await writeRun(results, finished, is_news ? willNotify(notification, summary) : null);
  if (is_news) await notify(notification, summary);
  await addToJobSummary(environment.GITHUB_STEP_SUMMARY, summary, results_url, ui);
  const with_page = new Set(has_page ? [testid] : []);
  const { k8s_namespace: namespace } = request;
  const elsewhere = namespace ? { namespace, influx: stack.influx } : undefined;
  reportToTerminal(request.printer, [summary], shownPath(context.cwd, results.results_dir), with_page, elsewhere);
  return summary;
}

/** What the record does not say is as this call says. */
function identify(
  { options, scenario, testid }: FinishRequest,
  run: RunStart,
  { k6_version: version, generators }: MergedRun,
): RunIdentity {
  const k6_version = version ?? VERSIONS.k6;
  const shape = shapeFor(scenario, { ...options, outputs: [DEFAULT_OUTPUT], instances: generators.expected });
  const configuration = run.configuration ?? configurationOf(scenario.name, shape, k6_version);
  const { app, target } = options;
  const known = { ...run, testid, app_version: app.version, app_commit: app.commit, configuration };
  return { run: known, target, k6_version };
}

/** Until its generators have ended. Meanwhile the record says that it runs, where no runner says so. */
async function awaitRun(request: FinishRequest): Promise<{ run: RunStart; breach: SloResult | null }> {
  const { context, testid, options, begun, scenario } = request;
  const connection = cliConnection(request.stack.influx);
  const store = new RunStore(connection);
  const since = new Date(begun ? begun.run.started.getTime() - BEFORE_START_MS : Date.now() - KEPT_MS);
  // Once its record is begun the start is fixed: one that began before, and was seen later, must not make a second record.
  let known = begun?.run ?? null;
  let heartbeat_ms = 0;
  const lost = new LostWatch(context.ui);
  const watch = async ({ lives, ended }: Progress) => {
    const now = new Date();
    const alive = lives.some(({ instance, last }) => !ended.includes(instance) && !isSilent(last, now));
    if (!alive || now.getTime() - heartbeat_ms < HEARTBEAT_S * MS_PER_S) return;
    if (known) await store.writeHeartbeat(known, now);
    else {
      const began = loadBegins(lives);
      if (!began) return;
      const run = runStart(request, began);
      const stages = planStages(shapeFor(scenario, options), run.started);
      await store.begin(run, { slos: scenario.slos, stages });
      known = run;
    }
    heartbeat_ms = now.getTime();
  };
  const merger = mergerOf(request);
  const { outcome: progress, breach } = await context.ui.step(`waiting for the generators of ${testid}`, (at) =>
    waitUntilSlo(
      merger && {
        ...sloWatch(request, connection),
        end: (reason, ended) => stopGenerators(merger, { testid, reason, ui: context.ui }, ended),
      },
      (onLoad) =>
        awaitEnd({
          expected: options.instances,
          wait_s: options.wait_s,
          stop: context.stop,
          async read() {
            const [lives, ends] = await Promise.all([
              readLives(connection, testid, since),
              readEnds(connection, testid, since),
            ]);
            return { lives, ended: ends.map(({ instance }) => instance) };
          },
          onMiss: () => lost.miss(Date.now()),
          async onLook(progress) {
            at(`${progress.ended.length} of ${options.instances ?? progress.lives.length} have ended`);
            lost.see(progress, Date.now());
            const began = loadBegins(progress.lives);
            if (began) onLoad(began);
            await watch(progress);
          },
        }),
    ),
  );
  if (known) return { run: known, breach };
  // Without load it began with the first sign of a generator.
  const { lives } = progress;
  const began = loadBegins(lives) ?? earliest(lives.map(({ first }) => first));
  if (began) return { run: runStart(request, began), breach };
  throw unusableError(
    `generators of the run ${testid} in the bucket ${BUCKETS.live.name}`,
    `none within ${options.wait_s} s`,
    `check the id, \`--tag testid=${testid}\` and \`--out loadstar\` of k6, and which InfluxDB it writes to`,
  );
}

function mergerOf({ options, stack }: FinishRequest): MergerAccess | null {
  return options.merger_url ? { url: options.merger_url, token: stack.influx.tokens.cli } : null;
}

/** SLOs that end the run, over all of its generators. */
function sloWatch({ context, testid, options, scenario }: FinishRequest, connection: InfluxConnection): AbortWatch {
  return {
    ...sloWindows(connection, testid),
    slos: withAborts(scenario.slos, options.abort_after_s),
    read: (load) => readFiguresSoFar(connection, { testid, started: load.from }, scenario.slos, load),
    onUnreadable: (error) => warnOfNoAnswer(context.ui, error),
  };
}

/** Live data are kept for so long. */
const KEPT_MS = BUCKETS.live.retention_s * MS_PER_S;

/** When the load began: pods may start long before it, and wait for each other. So plan, marks and alerts are of the load. */
function loadBegins(lives: Progress['lives']): Date | null {
  return earliest(lives.flatMap(({ load_began }) => load_began ?? []));
}

function earliest(times: readonly Date[]): Date | null {
  return times.length > 0 ? new Date(Math.min(...times.map((time) => time.getTime()))) : null;
}

/** What a runner would have written. The run began with its load: so each call finds the same record. */
function runStart({ testid, options, engine_name }: FinishRequest, started: Date): RunStart {
  const planned_ms = plannedDuration_s(options) * MS_PER_S;
  return {
    testid,
    project: options.project,
    scenario: options.scenario,
    profile: options.profile,
    target: options.target.name,
    branch: options.app.branch,
    started,
    planned_end: new Date(started.getTime() + planned_ms),
    app_version: options.app.version,
    app_commit: options.app.commit,
    engine: engine_name,
    outputs: [DEFAULT_OUTPUT],
  };
}
