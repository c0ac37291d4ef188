import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify } from '../lib/process-identity.ts';
import type { RegisteredCall, RegisteredK6 } from '../stack/state/registered-call.ts';
import { RunRegistry } from '../stack/state/run-registry.ts';
import { stopRun } from './stop-run.ts';

let state_dir: string;
let registry: RunRegistry;
const children: ChildProcess[] = [];
beforeEach(() => {
  state_dir = mkdtempSync(join(tmpdir(), 'loadstar-stop-'));
  mkdirSync(join(state_dir, 'runs'));
  registry = new RunRegistry(state_dir);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(state_dir, { recursive: true });
});

/** A process of its own group, as k6 is. @returns its pid */
async function sleeper(script = ''): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn('sh', ['-c', `${script} echo up; sleep 60 & wait; sleep 60`], { detached: true });
  children.push(child);
  await once(child.stdout, 'data');
  return { child, pid: child.pid ?? 0 };
}

const request = () => ({ registry, env: {}, by: 'somebody' });
/** Nobody listens there. */
const NO_REST = '127.0.0.1:1';
/** No process has it: pids end at 2^22. */
const DEAD = { pid: 2 ** 22 + 1, birth: '1' };

/** A call with one run whose record is not finished. */
function callWith(k6: RegisteredK6, call = DEAD): RegisteredCall {
  const started = '2026-01-01T00:00:00.000Z';
  const run = {
    testid: 'left',
    scenario: 'search',
    profile: 'smoke',
    target: 'demo',
    branch: null,
    started,
    planned_end: started,
    app_version: null,
    app_commit: null,
    engine: 'native',
    outputs: ['loadstar'],
  };
  const unfinished = { run, results_dir: 'results', target: { base_url: '', name: 'demo' }, k6_version: '', slos: [] };
  const runs = [{ ...unfinished, k6: [k6] }];
  return { name: '1-2', call, target: 'demo', since: started, stopping: false, runs };
}

function k6Process(pid: number, birth: string): RegisteredK6 {
  return { kind: 'process', pid, birth, rest: NO_REST };
}

describe('a k6 that its run has left behind', () => {
  it('is found, gets the signal, and its record will say who stopped it', async () => {
    const { child, pid } = await sleeper();
    const left = callWith(k6Process(pid, (await identify(pid)).birth));
    registry.write(left);
    expect(await registry.activeCalls()).toEqual([left]);
    expect(await registry.runs()).toMatchObject([{ is_alive: false, orphans: [{ pid }] }]);
    const ended = once(child, 'exit');
    const { outcome, took_ms } = await stopRun(request(), left);
    expect(outcome).toBe('orphaned');
    expect(await registry.runs()).toMatchObject([{ stopped: { by: 'somebody' } }]);
    expect(took_ms).toBeLessThan(1_500);
    expect(await ended).toEqual([null, 'SIGINT']);
  });

  it('is killed where it goes on nevertheless, and does not even say so, in time', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    const { child, pid } = await sleeper("trap '' INT;");
    const ended = once(child, 'exit');
    const k6 = k6Process(pid, (await identify(pid)).birth);
    const rest = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { outcome, took_ms } = await stopRun(request(), callWith({ ...k6, rest }));
    silent.closeAllConnections();
    silent.close();
    expect(outcome).toBe('killed');
    // 1.7 s on a machine with room.
    expect(took_ms).toBeLessThan(4_000);
    expect(await ended).toEqual([null, 'SIGKILL']);
  });
});

it('a container that is being created counts until its client is gone', async () => {
  const { pid } = await sleeper('trap "exit 0" TERM; (sleep 0.4; kill -TERM $$) &');
  const client = { pid, birth: (await identify(pid)).birth };
  const left = callWith({ kind: 'container', name: 'loadstar-k6-never-created', rest: NO_REST, client });
  registry.write(left);
  expect(await registry.activeCalls()).toEqual([left]);
  const { outcome, took_ms } = await stopRun(request(), left);
  expect(outcome).toBe('orphaned');
  expect(took_ms).toBeGreaterThan(300);
  expect(await registry.activeCalls()).toEqual([]);
});

it('a process that has got the pid since is never signalled, and the file goes with its last run', async () => {
  const { child, pid } = await sleeper();
  const birth = 'another time';
  const reused = callWith(k6Process(pid, birth), { pid, birth });
  registry.write(reused);
  expect((await stopRun(request(), reused)).outcome).toBe('orphaned');
  expect(child.exitCode).toBeNull();
  expect(child.signalCode).toBeNull();
  expect(await registry.activeCalls()).toEqual([]);
  await registry.finish('left');
  expect(readdirSync(join(state_dir, 'runs'))).toEqual([]);
});

it('the own call is found while it lasts, says when it stops, and who has asked for it', async () => {
  const stop = new AbortController();
  const own_call = await registry.register('staging', stop.signal);
  const [found] = await registry.activeCalls();
  expect(found).toMatchObject({ target: 'staging', stopping: false, call: { pid: process.pid } });
  expect(await own_call.stopRequest()).toBeNull();
  stop.abort();
  expect((await registry.activeCalls())[0]?.stopping).toBe(true);
  // It stops already: one signal is enough.
  expect((await stopRun(request(), { ...(found as RegisteredCall), stopping: true })).outcome).toBe('notified');
  own_call.close();
  expect(await registry.calls()).toEqual([]);
});
