import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { identify, isRunning } from './process-identity.ts';

it('a process is itself, and not a later one with its pid, nor one of another boot', async () => {
  const me = await identify(process.pid);
  expect(me.birth).toMatch(/./);
  expect(await isRunning(me)).toBe(true);
  expect(await isRunning({ ...me, birth: me.birth.replace(/^\d+/, '1') })).toBe(false);
  expect(await isRunning({ ...me, birth: me.birth.replace(/@.*/, '@another-boot') })).toBe(false);
});

it('a process that has ended does not run, also while nobody has asked how it ended', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' });
  const it = await identify(child.pid ?? 0);
  expect(await isRunning(it)).toBe(true);
  const ended = new Promise((done) => child.once('close', done));
  child.kill('SIGKILL');
  await ended;
  expect(await isRunning(it)).toBe(false);
});
