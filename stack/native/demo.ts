import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LOOPBACK } from '../../contract/ports.ts';
import { unusableError, usageError } from '../../lib/errors.ts';
import { PORT_TAKEN } from '../../lib/free-port.ts';
import type { Demo, EngineContext } from '../engine/engine.ts';
import { RunRegistry, registeredRunText } from '../state/run-registry.ts';
import { isPortTaken, portTakenError } from './service.ts';

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 3_000;
/** Exit code of the demo for an invalid fault. */
const EXIT_USAGE = 2;

/** Starts the demo clinic as a child process that ends with this process. @throws LoadstarError */
export async function startDemoProcess(context: EngineContext, faults: readonly string[]): Promise<Demo> {
  const port = context.ports.demo;
  const place = { name: 'the demo clinic', port, port_variable: 'DEMO_PORT' };
  if (await isPortTaken(port)) {
    throw portTakenError(place, await describeRuns(context));
  }
  const args = ['--import', 'tsx', join('demo', 'bin.ts'), '--port', String(port), '--host', LOOPBACK];
  const child = spawn(
    context.node_path,
    [...args, '--exit-with-parent', ...faults.flatMap((fault) => ['--fault', fault])],
    { cwd: context.root, env: { PATH: context.env.PATH }, detached: true, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const exited = new Promise<number | null>((done) => child.once('close', done));
  const listening = new Promise<'up'>((up) =>
    createInterface({ input: child.stdout }).on('line', (line) => line.includes('"listening"') && up('up')),
  );
  const timeout = new Promise<'slow'>((slow) => setTimeout(() => slow('slow'), START_TIMEOUT_MS).unref());

  const first = await Promise.race([listening, exited, timeout]);
  if (first !== 'up') {
    child.kill('SIGKILL');
    // Another program may take the port after it was found free.
    if (errors.some((line) => PORT_TAKEN.test(line))) throw portTakenError(place, await describeRuns(context));
    throw startError(first, errors);
  }
  const url = `http://${LOOPBACK}:${port}`;
  return {
    base_url: url,
    base_url_for_k6: url,
    async stop() {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(force);
    },
  };
}

/** Most often another run of this checkout has taken the port. @returns undefined if there is none */
async function describeRuns({ state_dir }: EngineContext): Promise<string | undefined> {
  const runs = (await new RunRegistry(state_dir).runs()).filter(({ is_alive }) => is_alive).map(registeredRunText);
  return runs.length > 0 ? `in progress here: ${runs.join('; ')}` : undefined;
}

function startError(outcome: number | null | 'slow', errors: readonly string[]): Error {
  const text = errors.slice(0, 5).join('\n         ') || 'no message';
  if (outcome === EXIT_USAGE)
    return usageError('valid faults for the demo clinic', text, 'docs/scenarios.md lists the faults');
  const found = outcome === 'slow' ? `no answer in ${START_TIMEOUT_MS / 1_000} s` : text;
  return unusableError(
    'the demo clinic to start',
    found,
    'run the same command again when the machine has CPU to spare',
  );
}
