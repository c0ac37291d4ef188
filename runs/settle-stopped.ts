import { RunStore } from '../influxdb/runs.ts';
import type { CommandContext } from '../lib/context.ts';
import { messageOf, unusableError } from '../lib/errors.ts';
import { userName } from '../lib/user-name.ts';
import { cliConnection } from '../stack/engine/cli-connection.ts';
import { engineContext } from '../stack/engine/engine-context.ts';
import { selectEngine } from '../stack/select.ts';
import { type ActiveRecord, forget, k6sOf, lives } from '../stack/state/active-runs.ts';
import { untilGone } from './stop-run.ts';

/** Longer than k6 waits for InfluxDB at its end (K6_LOADSTAR_DRAIN_TIMEOUT). */
const DRAIN_TIMEOUT_MS = 40_000;

/**
 * Nobody else ends a run whose process has died: its record must not say for ever that it runs.
 * @param name what messages call it
 * @throws LoadstarError (unusable) where k6 does not end
 */
export async function settle(context: CommandContext, record: ActiveRecord, name: string): Promise<void> {
  const { state_dir } = engineContext(context);
  const { ui, stop } = context;
  await ui.step('waiting for k6 to deliver what it measured', () => untilGone(record, DRAIN_TIMEOUT_MS, stop));
  if ((await k6sOf(record)).length > 0) {
    throw unusableError(`k6 of ${name} to end`, 'it still delivers', 'call again, or end its pid yourself');
  }
  try {
    await markStopped(context, record);
  } catch (error) {
    ui.warn(`the record of ${name} still says that it runs: ${messageOf(error)}`);
  }
  if (!(await lives(record.cli))) forget(state_dir, record.cli.pid);
}

async function markStopped(context: CommandContext, { run, cli }: ActiveRecord): Promise<void> {
  // A process that was only hung writes the record itself as soon as it goes on.
  if (run === null || (await lives(cli))) return;
  const engine = await selectEngine(engineContext(context), context.environment.ENGINE);
  const { influx } = await engine.up();
  const store = new RunStore(cliConnection(influx));
  await store.markStopped(
    { ...run, started: new Date(run.started) },
    `stopped by ${userName()} with \`loadstar stop\``,
  );
}
