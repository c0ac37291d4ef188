import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify } from './process-identity.ts';
import { type Lock, stackLock, withLock } from './process-lock.ts';
import { createUi } from './ui.ts';

let directory: string;
let lock: Lock;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'loadstar-lock-'));
  const ui = createUi({ write: () => true }, false);
  lock = { file: stackLock(directory), ui, signal: new AbortController().signal };
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A process that has ended. */
async function ended() {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' });
  const identity = await identify(child.pid ?? 0);
  const gone = new Promise((done) => child.once('close', done));
  child.kill('SIGKILL');
  await gone;
  return identity;
}

describe('a lock of the state', () => {
  it('lets one at a time in, in any number, and is gone afterwards', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((done) => setTimeout(done, 5));
      inside -= 1;
      return inside;
    };
    const all = Array.from({ length: 8 }, () => withLock(lock, 'testing', work));
    expect(await Promise.all(all)).toEqual(all.map(() => 0));
    expect(most).toBe(1);
    expect(existsSync(lock.file)).toBe(false);
  });

  it('is given back where the work fails', async () => {
    await expect(withLock(lock, 'failing', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(lock.file)).toBe(false);
  });

  it.each([
    ['was killed', async () => ended()],
    ['has a pid that another program has now', async () => ({ pid: process.pid, birth: '1@this' })],
  ])('of a holder that %s is taken over at once', async (_, holder) => {
    writeFileSync(lock.file, JSON.stringify({ ...(await holder()), since: '2026-01-01', doing: 'starting' }));
    expect(await withLock({ ...lock, wait_ms: 2_000 }, 'testing', async () => 'done')).toBe('done');
  });

  it('that a full disk left empty is none', async () => {
    writeFileSync(lock.file, '');
    expect(await withLock({ ...lock, wait_ms: 2_000 }, 'testing', async () => 'done')).toBe('done');
  });

  it('that somebody holds is named: who, since when, and what to do', async () => {
    const holder = { ...(await identify(process.pid)), since: '2026-01-01T00:00:00Z', doing: 'starting the stack' };
    const text = JSON.stringify(holder);
    writeFileSync(lock.file, text);
    await expect(withLock({ ...lock, wait_ms: 50 }, 'testing', async () => 'done')).rejects.toMatchObject({
      found: expect.stringContaining(`pid ${process.pid} is starting the stack since 2026-01-01T00:00:00Z`),
      next: expect.stringContaining(`kill ${process.pid}`),
      exit_code: 4,
    });
    expect(readFileSync(lock.file, 'utf8')).toBe(text);
  });
});
