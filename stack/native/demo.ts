import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LOOPBACK } from '../../contract/ports.ts';
import { runCommand } from '../../lib/command.ts';
import { unusableError, usageError } from '../../lib/errors.ts';
import { PORT_TAKEN } from '../../lib/free-port.ts';
import type { Demo, EngineContext } from '../engine/engine.ts';
import { findPortHolder } from '../engine/port-holder.ts';
import { RunRegistry, registeredRunText } from '../state/run-registry.ts';
import { isPortTaken, portTakenError } from './service.ts';

/** A container on a busy machine takes long. */
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 3_000;

/** A demo in a container: its process here is the client that creates it. */
export interface DemoContainer {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: EngineContext['env'];
  readonly base_url_for_k6: string;
  /** Removes it. It may not exist yet, or no more. */
  remove(): Promise<void>;
}

/** Arguments of Node.js, in the directory of Loadstar. The demo ends with its standard input, however that ends. */
export function demoArgs(host: string, port: number, faults: readonly string[]): string[] {
  return [
    ...['--import', 'tsx', join('demo', 'bin.ts'), '--host', host, '--port', String(port), '--exit-with-parent'],
    ...faults.flatMap((fault) => ['--fault', fault]),
  ];
}

/** Before anything is started. @throws LoadstarError (usage) for a fault that the demo does not understand */
export async function checkDemoFaults(context: EngineContext, faults: readonly string[]): Promise<void> {
  if (faults.length === 0) return;
  const args = [...demoArgs(LOOPBACK, context.ports.demo, faults), '--check'];
  const { node_path, root, env, signal } = context;
  const { ok, reason } = await runCommand(node_path, args, { cwd: root, env: { PATH: env.PATH }, signal });
  signal.throwIfAborted();
  if (!ok) throw usageError('valid faults for the demo clinic', reason, 'docs/scenarios.md lists the faults');
}

/** Two runs on one demo would disturb each other. @throws LoadstarError (unusable) if the port of the demo is taken */
export async function requireDemoPort(context: EngineContext): Promise<void> {
  if (await isPortTaken(context.ports.demo)) throw await demoPortError(context);
}

/** Most often another run of this checkout has taken the port. */
async function demoPortError({ ports, state_dir, env }: EngineContext): Promise<Error> {
  const runs = (await new RunRegistry(state_dir).runs()).filter(({ is_alive }) => is_alive).map(registeredRunText);
  const holder =
    runs.length > 0 ? `in progress here: ${runs.join('; ')}` : ((await findPortHolder(ports.demo, env)) ?? undefined);
  return portTakenError({ name: 'the demo clinic', port: ports.demo, port_variable: 'DEMO_PORT' }, holder);
}

/** Starts the demo clinic, and waits until it listens. It ends with this process. @throws LoadstarError (unusable) */
export async function startDemoProcess(
  context: EngineContext,
  faults: readonly string[],
  container?: DemoContainer,
): Promise<Demo> {
  await requireDemoPort(context);
  const { program, args, env } = container ?? {
    program: context.node_path,
    args: demoArgs(LOOPBACK, context.ports.demo, faults),
    env: { PATH: context.env.PATH },
  };
  const child = spawn(program, args, { cwd: context.root, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const exited = new Promise<number | null>((done) => {
    child.once('error', (error) => {
      errors.push(error.message);
      done(null);
    });
    child.once('close', done);
  });
  const listening = new Promise<'up'>((up) =>
    createInterface({ input: child.stdout }).on('line', (line) => line.includes('"listening"') && up('up')),
  );
  const timeout = new Promise<'slow'>((slow) => setTimeout(() => slow('slow'), START_TIMEOUT_MS).unref());
  const kill = async () => {
    child.kill('SIGKILL');
    await container?.remove();
  };

  const first = await Promise.race([listening, exited, timeout]);
  if (first !== 'up') {
    await kill();
    // Another program may take the port after it was found free.
    if (errors.some((line) => PORT_TAKEN.test(line))) throw await demoPortError(context);
    const found =
      first === 'slow' ? `no answer in ${START_TIMEOUT_MS / 1_000} s` : errors.slice(0, 5).join('\n         ');
    throw unusableError(
      'the demo clinic to start',
      found || `exit code ${first}`,
      'run the same command again when the machine has CPU to spare',
    );
  }
  const url = `http://${LOOPBACK}:${context.ports.demo}`;
  return {
    base_url: url,
    base_url_for_k6: container?.base_url_for_k6 ?? url,
    async stop() {
      child.stdin.end();
      const force = setTimeout(() => void kill(), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(force);
    },
  };
}
