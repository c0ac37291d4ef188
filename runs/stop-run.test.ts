import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify } from '../lib/process-identity.ts';
import { type ActiveK6, type ActiveRecord, activeRun, activeRuns } from '../stack/state/active-runs.ts';
import { stopRun } from './stop-run.ts';

let state_dir: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  state_dir = mkdtempSync(join(tmpdir(), 'loadstar-stop-'));
  mkdirSync(join(state_dir, 'calls'));
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

const place = () => ({ state_dir, env: {}, by: 'somebody' });
/** Nobody listens there. */
const NO_REST = '127.0.0.1:1';
/** No process has it: pids end at 2^22. */
const DEAD = { pid: 2 ** 22 + 1, birth: '1' };

function record(more: Partial<ActiveRecord>): ActiveRecord {
  return { cli: DEAD, target: 'demo', since: '2026-01-01T00:00:00Z', run: null, k6: [], stopping: false, ...more };
}

function k6Of(pid: number, birth: string): ActiveRecord['k6'] {
  return [{ kind: 'process', pid, birth, rest: NO_REST }];
}

const write = (one: ActiveRecord) =>
  writeFileSync(join(state_dir, 'calls', `${one.cli.pid}.json`), JSON.stringify(one));

describe('a k6 that its run has left behind', () => {
  it('is found, and told to end', async () => {
    const { child, pid } = await sleeper();
    const left = record({ k6: k6Of(pid, (await identify(pid)).birth) });
    write(left);
    expect(await activeRuns(state_dir)).toEqual([left]);
    const ended = once(child, 'exit');
    const { outcome, took_ms } = await stopRun(place(), left);
    expect(outcome).toBe('left');
    expect(took_ms).toBeLessThan(1_500);
    expect(await ended).toEqual([null, 'SIGINT']);
  });

  it('is killed where it goes on nevertheless, and does not even say so, in time', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    const { child, pid } = await sleeper("trap '' INT;");
    const ended = once(child, 'exit');
    const [k6] = k6Of(pid, (await identify(pid)).birth);
    const rest = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { outcome, took_ms } = await stopRun(place(), record({ k6: [{ ...(k6 as ActiveK6), rest }] }));
    silent.closeAllConnections();
    silent.close();
    expect(outcome).toBe('killed');
    // 1.7 s on a machine with room.
    expect(took_ms).toBeLessThan(4_000);
    expect(await ended).toEqual([null, 'SIGKILL']);
  });
});

it('a process that has got the pid since is never signalled, and the file of the run that is over goes', async () => {
  const { child, pid } = await sleeper();
  const reused = record({ cli: { pid, birth: 'another time' }, k6: k6Of(pid, 'another time') });
  write(reused);
  expect((await stopRun(place(), reused)).outcome).toBe('left');
  expect(child.exitCode).toBeNull();
  expect(child.signalCode).toBeNull();
  expect(await activeRuns(state_dir)).toEqual([]);
  expect(readdirSync(join(state_dir, 'calls'))).toEqual([]);
});

it('the own call is found while it lasts, says when it stops, and who has asked for it', async () => {
  const stop = new AbortController();
  const active = await activeRun({ state_dir, target: 'staging', signal: stop.signal });
  const [found] = await activeRuns(state_dir);
  expect(found).toMatchObject({ target: 'staging', stopping: false, cli: { pid: process.pid } });
  expect(await active.stopped()).toBeNull();
  stop.abort();
  expect((await activeRuns(state_dir))[0]?.stopping).toBe(true);
  // It stops already: told once is enough.
  expect((await stopRun(place(), { ...(found as ActiveRecord), stopping: true })).outcome).toBe('told');
  await active.over();
  expect(await activeRuns(state_dir)).toEqual([]);
});
