import { expect, it } from 'vitest';
import { commandContext } from '../lib/context.ts';
import { applyRetention, describeRetention, readRetention } from './retention.ts';

it('is what the environment says, and nothing where it says nothing', () => {
  expect(readRetention({})).toEqual({});
  expect(readRetention({ RETENTION_LIVE: '12h', RETENTION_RAW: '2w', RETENTION_RUNS: 'forever' })).toEqual({
    live: 43_200,
    raw: 1_209_600,
    runs: 0,
  });
});

it.each(['7', '30m', '0d', '-1d', '1.5d', 'for ever'])('%s is none', (text) => {
  expect(() => readRetention({ RETENTION_RAW: text })).toThrow(
    expect.objectContaining({ exit_code: 2, found: `\`${text}\`` }),
  );
});

it('comes from the configuration where the environment says nothing', () => {
  const silent = { write: () => true };
  const signal = new AbortController().signal;
  const context = commandContext({
    args: [],
    env: { RETENTION_LIVE: '1d', RETENTION_RAW: '' },
    cwd: '/',
    root: '/',
    node_path: '',
    stdout: silent,
    stderr: silent,
    stop: signal,
    force: signal,
  });
  const { env } = applyRetention(context, { retention: { live: '90d', raw: '2d' } });
  expect(readRetention(env)).toEqual({ live: 86_400, raw: 172_800 });
});

it('says what a change deletes', () => {
  const sentence = (from_s: number, to_s: number) => describeRetention({ bucket: 'k6', from_s, to_s });
  expect(sentence(172_800, 86_400)).toBe('the bucket k6 keeps 1d from now on, before 2d: what is older is deleted');
  expect(sentence(0, 5_400)).toBe('the bucket k6 keeps 5400 s from now on, before forever: what is older is deleted');
  expect(sentence(86_400, 0)).toBe('the bucket k6 keeps forever from now on, before 1d');
});
