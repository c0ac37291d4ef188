/** Judges a run by what its generators have left in InfluxDB, wherever they ran. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BUCKETS } from '../../contract/buckets.ts';
import { DEFAULT_OUTPUT } from '../../contract/outputs.ts';
import type { RunSummary } from '../../contract/results.ts';
import { HEARTBEAT_S, type RunId } from '../../contract/runs.ts';
import { VERSIONS } from '../../contract/versions.ts';
import { configurationOf } from '../../history/configuration.ts';
import { readEnds, readLives } from '../../influxdb/generators.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { type BegunRun, RunStore } from '../../influxdb/runs.ts';
import type { CommandContext } from '../../lib/context.ts';
import { messageOf, unusableError } from '../../lib/errors.ts';
import { shownPath } from '../../lib/shown-path.ts';
import { plannedDuration_s } from '../../profiles/options.ts';
import { shapeFor } from '../../profiles/shape.ts';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import { reportToFiles } from '../../report/files/files.ts';
import { reportToPages } from '../../report/pages/pages.ts';
import { reportToTerminal } from '../../report/terminal/terminal.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import type { Stack } from '../../stack/engine/engine.ts';
import { type FinishedRun, type JudgeSetting, judgeRun } from '../judge/judge-run.ts';
import { plannedStages } from '../judge/run-record.ts';
import { tell } from '../notify/notify.ts';
import { slackAddress } from '../notify/slack.ts';
import { awaitEnd, isSilent, type Progress } from './await-end.ts';
import type { FinishOptions } from './finish-options.ts';
import { readMergedRun } from './merged-run.ts';

const MS_PER_S = 1_000;

export interface FinishQuestion {
  readonly context: CommandContext;
  readonly stack: Stack;
  readonly engine_name: string;
  readonly testid: RunId;
  readonly options: FinishOptions;
  readonly scenario: CatalogueScenario;
  /** null where nobody has written the start of the run. */
  readonly begun: BegunRun | null;
}

/**
 * Waits for the generators, judges what they have left, and completes the record. A second time it finds the same, and
 * tells nobody again.
 * @throws LoadstarError (unusable) where InfluxDB has nothing of the run
 */
export async function finishRun(question: FinishQuestion): Promise<RunSummary> {
  const { context, options, scenario, begun, testid } = question;
  const { ui } = context;
  const run = await awaitRun(question);
  const connection = cliConnection(question.stack.influx);
  const merged = await readMergedRun(connection, { ...run, slos: scenario.slos, expected: options.instances });
  const { summary: k6, report, generators, sent } = merged;
  const k6_version = merged.k6_version ?? VERSIONS.k6;
  const shape = shapeFor(scenario, { ...options, outputs: [DEFAULT_OUTPUT], instances: generators.expected });
  const whole_run = { ...run, configuration: run.configuration ?? configurationOf(scenario.name, shape, k6_version) };
  const setting = settingOf(question, k6_version);
  const was_interrupted = begun?.status === 'interrupted';
  const finished = await judgeRun(setting, whole_run, scenario.slos, {
    outcome: { exit_code: 0, summary: k6, exceptions: 0, errors: [] },
    report,
    sent,
    generators,
    interrupted: was_interrupted,
    ...(merged.ended ? { ended: merged.ended } : {}),
  });
  const { results_dir } = question.context;
  const with_page = await writeResults(question, finished, results_dir);
  if (!begun?.notified)
    await tell(
      { ...setting, force: question.context.force, results_dir, results_url: resultsUrl(context) },
      finished.summary,
    );
  reportToTerminal(
    ui,
    [finished.summary],
    shownPath(question.context.cwd, results_dir),
    new Set(with_page ? [testid] : []),
  );
  return finished.summary;
}

function resultsUrl({ environment }: CommandContext): string | null {
  return environment.RESULTS_URL ?? null;
}

/** Until its generators have ended. Meanwhile the record says that it runs, where no runner says so. */
async function awaitRun(question: FinishQuestion): Promise<RunStart> {
  const { context, testid, options, begun } = question;
  const connection = cliConnection(question.stack.influx);
  const store = new RunStore(connection);
  const since = new Date(begun ? begun.run.started.getTime() - MARGIN_MS : Date.now() - KEPT_MS);
  // Once its record is begun the start is fixed: one that began before, and was seen later, must not make a second record.
  let known = begun?.run ?? null;
  let beaten_ms = 0;
  const watch = async ({ lives, ended }: Progress) => {
    const now = new Date();
    const alive = lives.some(({ instance, last }) => !ended.includes(instance) && !isSilent(last, now));
    if (!alive || now.getTime() - beaten_ms < HEARTBEAT_S * MS_PER_S) return;
    if (known) await store.beat(known, now);
    else {
      const run = startOf(question, lives);
      if (!run) return;
      const { scenario } = question;
      const stages = plannedStages(shapeFor(scenario, options), run.started);
      await store.begin(run, { slos: scenario.slos, stages });
      known = run;
    }
    beaten_ms = now.getTime();
  };
  const progress = await context.ui.step(`waiting for the generators of ${testid}`, (at) =>
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
      async onLook(progress) {
        at(`${progress.ended.length} of ${options.instances ?? progress.lives.length} have ended`);
        await watch(progress);
      },
    }),
  );
  const run = known ?? startOf(question, progress.lives);
  if (run) return run;
  throw unusableError(
    `generators of the run ${testid} in the bucket ${BUCKETS.live.name}`,
    `none within ${options.wait_s} s`,
    `check the id, \`--tag testid=${testid}\` and \`--out loadstar\` of k6, and which InfluxDB it writes to`,
  );
}

/** Live data are kept for so long. */
const KEPT_MS = BUCKETS.live.retention_s * MS_PER_S;
const MARGIN_MS = 60_000;

/** What a runner would have written. The run began with its first generator: so each call finds the same record. */
function startOf({ testid, options, engine_name }: FinishQuestion, lives: Progress['lives']): RunStart | null {
  if (lives.length === 0) return null;
  const started = new Date(Math.min(...lives.map(({ first }) => first.getTime())));
  const planned_ms = plannedDuration_s(options.profile, options.duration_s) * MS_PER_S;
  return {
    testid,
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

function settingOf({ context, stack, options, engine_name, begun }: FinishQuestion, k6_version: string): JudgeSetting {
  const { environment, ui, stop } = context;
  return {
    options: { ...options, outputs: [DEFAULT_OUTPUT] },
    engine_name: begun?.run.engine ?? engine_name,
    stack,
    launcher: { version: k6_version },
    target: options.target,
    grafana_url: environment.PUBLIC_GRAFANA_URL ?? null,
    live_view: null,
    notify: options.notify,
    slack: slackAddress(environment, stack.inbox),
    already_told: begun?.notified ?? false,
    ui,
    stop,
  };
}

/** A container may have no place to write to: the record in InfluxDB has the verdict all the same. */
async function writeResults(question: FinishQuestion, finished: FinishedRun, results_dir: string): Promise<boolean> {
  const { context, testid } = question;
  const { summary } = finished;
  const directory = join(results_dir, testid);
  try {
    await mkdir(directory, { recursive: true });
    await reportToFiles(summary, directory);
  } catch (error) {
    context.ui.warn(`no files of this run were written: ${messageOf(error)}`);
    return false;
  }
  const place = { results_dir, influx: cliConnection(question.stack.influx), now: new Date() };
  return await reportToPages(context.ui, place, summary);
}
