import { Command } from 'commander';
import { EXIT, type ExitCode } from '../../contract/exit-codes.ts';
import { RunStore } from '../../influxdb/runs.ts';
import { selectEngine } from '../engine/select.ts';
import type { CommandFactory } from '../lib/command-factory.ts';
import { type CommandContext, engineContext } from '../lib/context.ts';
import { messageOf, unusableError, usageError } from '../lib/errors.ts';
import { userName } from '../lib/user-name.ts';
import { type ActiveRecord, activeRuns, forget, k6sOf, lives } from '../run/active-runs.ts';
import { type StopOutcome, stopRun, untilGone } from '../run/stop-run.ts';

/** `loadstar stop`: the kill switch. */
export const stopCommand: CommandFactory = (context, report) =>
  new Command('stop')
    .description('Stop the load of every run of this checkout, or of one, at once and from any terminal.')
    .argument('[run]', 'id of a run; without it all of them')
    .action((run?: string) => stop(context, run).then(report));

async function stop(context: CommandContext, testid: string | undefined): Promise<ExitCode> {
  const { state_dir } = engineContext(context);
  const running = await activeRuns(state_dir);
  const wanted = testid === undefined ? running : running.filter(({ run }) => run?.testid === testid);
  if (testid !== undefined && wanted.length === 0) {
    const ids = running.flatMap(({ run }) => run?.testid ?? []);
    throw usageError('the id of a run that is under way', `\`${testid}\``, `there are: ${ids.join(', ') || 'none'}`);
  }
  if (wanted.length === 0) {
    context.ui.line('nothing is running');
    return EXIT.passed;
  }
  const place = { state_dir, env: context.env, by: userName() };
  // Side by side: none may load on while another is stopped.
  const stopped = await Promise.all(wanted.map(async (record) => ({ record, ...(await stopRun(place, record)) })));
  for (const { record, outcome, took_ms } of stopped) {
    context.ui.line(`${nameOf(record)}: load stopped after ${(took_ms / 1_000).toFixed(1)} s, ${MEANING[outcome]}`);
  }
  for (const { record, outcome } of stopped) if (outcome !== 'told') await settle(context, record);
  return EXIT.passed;
}

const MEANING: Readonly<Record<StopOutcome, string>> = {
  told: 'its own terminal writes its record',
  left: 'k6 itself was told, as its own process does not answer',
  killed: 'k6 was killed: its last samples are lost',
};

function nameOf({ run, target, cli }: ActiveRecord): string {
  return run?.testid ?? `the call with pid ${cli.pid} against ${target}`;
}

/** Longer than k6 waits for InfluxDB at its end (K6_LOADSTAR_DRAIN_TIMEOUT). */
const DRAIN_TIMEOUT_MS = 40_000;

/** Nobody else ends a run whose process has died: its record must not say for ever that it runs. */
async function settle(context: CommandContext, record: ActiveRecord): Promise<void> {
  const { state_dir } = engineContext(context);
  const { ui, stop } = context;
  await ui.step('waiting for k6 to deliver what it measured', () => untilGone(record, DRAIN_TIMEOUT_MS, stop));
  if ((await k6sOf(record)).length > 0) {
    throw unusableError(`k6 of ${nameOf(record)} to end`, 'it still delivers', 'call again, or end its pid yourself');
  }
  try {
    await markStopped(context, record);
  } catch (error) {
    ui.warn(`the record of ${nameOf(record)} still says that it runs: ${messageOf(error)}`);
  }
  if (!(await lives(record.cli))) forget(state_dir, record.cli.pid);
}

async function markStopped(context: CommandContext, { run, cli }: ActiveRecord): Promise<void> {
  // A process that was only hung writes the record itself as soon as it goes on.
  if (run === null || (await lives(cli))) return;
  const engine = await selectEngine(engineContext(context), context.environment.ENGINE);
  const { influx } = await engine.up();
  const store = new RunStore({ url: influx.url, org: influx.org, token: influx.tokens.cli });
  await store.markStopped(
    { ...run, started: new Date(run.started) },
    `stopped by ${userName()} with \`loadstar stop\``,
  );
}
