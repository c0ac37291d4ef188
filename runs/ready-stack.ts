import { join } from 'node:path';
import { BUNDLES_DIR } from '../contract/run-files.ts';
import type { CommandContext } from '../lib/context.ts';
import { removeAbandonedDirectories } from '../lib/owned-directory.ts';
import { stackLock, withLock } from '../lib/process-lock.ts';
import type { Engine, EngineContext, Stack } from '../stack/engine/engine.ts';
import { engineContext } from '../stack/engine/engine-context.ts';
import { selectEngine } from '../stack/select.ts';
import { requireStateFormat } from '../stack/state/format.ts';
import { TELEGRAF_DIR } from '../stack/telegraf/process.ts';
import { migrateRecords } from './housekeeping/migrate-records.ts';
import { finishEarlierRuns } from './judge/finish-earlier-runs.ts';
import { resultContext } from './judge/result-context.ts';

/**
 * Brings the stack up, and finishes what earlier calls could not: every call that needs InfluxDB begins like this. One call
 * at a time: two that start the same services would get in each other's way.
 */
export async function readyStack(context: CommandContext, engine?: Engine): Promise<Stack> {
  const engine_context = engineContext(context);
  const { state_dir, signal, ui } = engine_context;
  const chosen = engine ?? (await selectEngine(engine_context, context.environment.ENGINE));
  await requireStateFormat(state_dir);
  return await withLock({ file: stackLock(state_dir), ui, signal }, 'bringing the stack up', async () => {
    const stack = await chosen.up();
    await migrateRecords(context, chosen.name, stack);
    await finishEarlierRuns(resultContext(context, stack), state_dir, () => chosen.k6());
    await removeLeftovers(engine_context);
    return stack;
  });
}

/** Scripts of killed calls, and the users whose passwords they would have sent. Their k6 has ended. */
async function removeLeftovers({ state_dir, ui }: EngineContext): Promise<void> {
  const removed = await removeAbandonedDirectories(join(state_dir, BUNDLES_DIR));
  await removeAbandonedDirectories(join(state_dir, TELEGRAF_DIR));
  if (removed > 0) ui.note(`removed scripts and users of ${removed} killed call${removed === 1 ? '' : 's'}`);
}
