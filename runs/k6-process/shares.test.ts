import { expect, it } from 'vitest';
import { splitShares } from './shares.ts';

it('one generator makes the whole load, with thresholds of its own', () => {
  expect(splitShares('host', 1)).toEqual([{ instance: 'host', args: [], is_first: true }]);
});

it('of a run that InfluxDB judges keep nothing until their end', () => {
  expect(splitShares('host', 1, true)).toEqual([
    { instance: 'host', args: ['--no-thresholds', '--summary-mode', 'disabled'], is_first: true },
  ]);
  for (const { args } of splitShares('host', 2, true)) expect(args.join(' ')).toContain('--summary-mode disabled');
});

it('several have a name and a segment each, of one sequence, and no thresholds', () => {
  const shares = splitShares('host', 3);
  const optionOf = (args: readonly string[], name: string) => args[args.indexOf(name) + 1];
  expect(shares.map(({ instance }) => instance)).toEqual(['host-1', 'host-2', 'host-3']);
  expect(shares.map(({ args }) => optionOf(args, '--execution-segment'))).toEqual(['0:1/3', '1/3:2/3', '2/3:1']);
  for (const { args } of shares) {
    expect(optionOf(args, '--execution-segment-sequence')).toBe('0,1/3,2/3,1');
    expect(args).toContain('--no-thresholds');
  }
  expect(shares.filter(({ is_first }) => is_first)).toHaveLength(1);
});
