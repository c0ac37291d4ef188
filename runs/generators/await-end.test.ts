import { HttpError } from '@influxdata/influxdb-client';
import { describe, expect, it } from 'vitest';
import { awaitEnd, isOver, type Progress } from './await-end.ts';

const now = new Date('2026-11-24T12:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
const life = (instance: string, last: Date) => ({ instance, first: ago(60), last, load_began: null });

describe('there is nothing to wait for', () => {
  it.each<[string, Progress, number | null, boolean]>([
    ['nobody was seen', { lives: [], ended: [] }, null, false],
    ['one runs', { lives: [life('a', ago(1)), life('b', ago(1))], ended: ['a'] }, null, false],
    ['all have ended', { lives: [life('a', ago(1))], ended: ['a'] }, null, true],
    ['one is yet to come', { lives: [life('a', ago(1))], ended: ['a'] }, 2, false],
    ['one fell silent a second ago too few', { lives: [life('a', ago(29))], ended: [] }, 1, false],
    ['one fell silent, the other has ended', { lives: [life('a', ago(31)), life('b', ago(1))], ended: ['b'] }, 2, true],
    [
      'more came than there should be, and have ended',
      { lives: [life('a', now), life('b', now)], ended: ['a', 'b'] },
      1,
      true,
    ],
  ])('%s', (_, progress, expected, over) => {
    expect(isOver(progress, expected, now)).toBe(over);
  });
});

it('ends with its time, whoever is missing', async () => {
  const looks: Progress[] = [];
  const progress = await awaitEnd({
    expected: 1,
    wait_s: 0,
    stop: new AbortController().signal,
    read: async () => ({ lives: [], ended: [] }),
    onLook: async (look) => void looks.push(look),
    onMiss: () => undefined,
  });
  expect(progress.lives).toEqual([]);
  expect(looks).toHaveLength(1);
});

const waiting = (answers: (() => Progress)[], wait_s: number) => ({
  expected: 1,
  wait_s,
  every_ms: 5,
  stop: new AbortController().signal,
  read: async () => (answers.shift() ?? gone)(),
  onLook: async () => undefined,
  onMiss: () => undefined,
});
const gone = (): Progress => {
  throw new Error('connection refused');
};
const refused = (): Progress => {
  throw new HttpError(401, 'unauthorized');
};
const over = (): Progress => ({ lives: [life('a', now)], ended: ['a'] });

it('goes on while InfluxDB is away, but not beyond its time', async () => {
  expect(await awaitEnd(waiting([gone, gone, over], 30))).toEqual(over());
  await expect(awaitEnd(waiting([], 0))).rejects.toThrow('connection refused');
});

it('does not wait for an InfluxDB that refuses', async () => {
  await expect(awaitEnd(waiting([refused, over], 30))).rejects.toThrow('unauthorized');
});
