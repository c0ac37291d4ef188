import type { CommandContext } from '../lib/context.ts';
import { messageOf, unusableError } from '../lib/errors.ts';
import type { RegisteredCall } from '../stack/state/registered-call.ts';
import { isSameProcess, livingK6 } from '../stack/state/run-registry.ts';
import { readyStack } from './ready-stack.ts';
import { awaitGone } from './stop-run.ts';

/** Longer than k6 waits for InfluxDB at its end (K6_LOADSTAR_DRAIN_TIMEOUT). */
const DRAIN_TIMEOUT_MS = 40_000;

/**
 * Finishes the record of a stopped run whose own process has died: otherwise the record says for ever that it runs.
 * @param name what messages call it
 * @throws LoadstarError (unusable) where k6 does not end
 */
export async function settleStopped(context: CommandContext, call: RegisteredCall, name: string): Promise<void> {
  const { ui, stop } = context;
  await ui.step('waiting for k6 to deliver what it measured', () => awaitGone(call, DRAIN_TIMEOUT_MS, stop));
  if ((await livingK6(call)).length > 0) {
    throw unusableError(`k6 of ${name} to end`, 'it still delivers', 'call again, or end its pid yourself');
  }
  // A process that only hung writes its record itself as soon as it goes on.
  if (call.runs.length === 0 || (await isSameProcess(call.call))) return;
  try {
    await readyStack(context);
  } catch (error) {
    ui.warn(`the record of ${name} still says that it runs: ${messageOf(error)}. The next call finishes it`);
  }
}
