import { join } from 'node:path';
import { BASELINE } from '../../contract/baselines.ts';
import type { Engine, Stack } from '../engine/engine.ts';
import { selectEngine } from '../engine/select.ts';
import { type CommandContext, engineContext } from '../lib/context.ts';
import { deliverEarlier } from './deliver.ts';

/** Brings the stack up, and delivers what earlier runs could not: every call that needs InfluxDB begins like this. */
export async function readyStack(context: CommandContext, engine?: Engine): Promise<Stack> {
  const engine_context = engineContext(context);
  const stack = await (engine ?? (await selectEngine(engine_context, context.environment.ENGINE))).up();
  await deliverEarlier({
    state_dir: engine_context.state_dir,
    results_dir: join(context.root, 'results'),
    influx: stack.influx,
    baseline_branch: context.environment.BASELINE_BRANCH ?? BASELINE.main_branch,
    ui: context.ui,
  });
  return stack;
}
