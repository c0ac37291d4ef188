import type { EngineContext } from '../engine/engine.ts';
import type { ComposeEnv } from './compose.ts';
import { runDocker } from './run-docker.ts';

const newest = new WeakMap<EngineContext, Promise<unknown>>();

/**
 * Makes a call of compose that creates the network of the project if it is missing. Two such calls at once would create it
 * twice, and Docker then refuses both by its name. So they wait for each other while there is none.
 */
export async function createNetworkOnce<T>(
  context: EngineContext,
  env: ComposeEnv,
  call: () => Promise<T>,
): Promise<T> {
  const network = `${env.COMPOSE_PROJECT_NAME}_default`;
  const { env: client_env, signal } = context;
  const { ok } = await runDocker({ env: client_env, signal }, ['network', 'inspect', '--format', '{{.Id}}', network]);
  if (ok) return await call();
  const before = newest.get(context);
  const mine = before === undefined ? call() : before.then(call, call);
  newest.set(context, mine);
  return await mine;
}
