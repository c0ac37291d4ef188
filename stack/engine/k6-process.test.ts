import { expect, it } from 'vitest';
import { startK6Process } from './k6-process.ts';

const end = (code: number, container?: { name: string; remove(): Promise<void> }) => {
  const input = { program: 'sh', args: ['-c', `exit ${code}`], cwd: '/', env: process.env, onLine: () => undefined };
  return startK6Process(input, container).exited;
};
const container = { name: 'k6', remove: async () => undefined };

it('takes a killed container as a killed process, and keeps every other code', async () => {
  expect(await end(137, container)).toBeNull();
  expect(await end(99, container)).toBe(99);
  expect(await end(137)).toBe(137);
});
