import type { InfluxConnection } from '../../../influxdb/connection.ts';
import type { CommandContext } from '../../../lib/context.ts';
import { readyStack } from '../../../runs/ready-stack.ts';
import { cliConnection } from '../../../stack/engine/cli-connection.ts';
import { requireRights } from '../../../stack/external/rights.ts';

/** Starts the stack, and connects to the history of runs. @throws LoadstarError (unusable) without the right to use it */
export async function connectToHistory(
  context: CommandContext,
  right: 'read' | 'write' = 'read',
): Promise<InfluxConnection> {
  const stack = await readyStack(context);
  requireRights(stack, { [right]: ['runs'] });
  return cliConnection(stack.influx);
}
