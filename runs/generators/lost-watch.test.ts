import { beforeEach, describe, expect, it } from 'vitest';
import { LOST_AFTER_S } from '../../contract/live-schema.ts';
import { LostWatch } from './lost-watch.ts';

const START_MS = Date.parse('2026-11-30T12:00:00Z');
const MS_PER_S = 1_000;
let said: string[];
let watch: LostWatch;
beforeEach(() => {
  said = [];
  watch = new LostWatch({ warn: (text) => said.push(text), line: (text = '') => said.push(text) });
});

/** Each second, what InfluxDB has then: of each generator its newest sign, by its own clock. @param ended who has */
function look(second: number, newest_s: Readonly<Record<string, number>>, ended: readonly string[] = []): string[] {
  said.length = 0;
  const lives = Object.entries(newest_s).map(([instance, last_s]) => ({
    instance,
    last: new Date(START_MS + last_s * MS_PER_S),
  }));
  watch.see({ lives, ended }, START_MS + second * MS_PER_S);
  return [...said];
}

describe('a generator without a sign of life', () => {
  it('is lost within five seconds, named once, with the time, and heard again', () => {
    for (let second = 1; second <= 10; second += 1) expect(look(second, { a: second - 1, b: second - 1 })).toEqual([]);
    let told_s = 0;
    for (let second = 11; second <= 20; second += 1) {
      const lines = look(second, { a: second - 1, b: 9 });
      if (lines.length === 0) continue;
      expect(told_s).toBe(0);
      told_s = second;
      expect(lines).toEqual([expect.stringMatching(/^generator b is lost: no sign of life since 12:00:09 UTC/)]);
    }
    expect(told_s).toBeGreaterThan(0);
    // From its last sign, which was read a second later.
    expect(told_s - 9).toBeLessThanOrEqual(LOST_AFTER_S + 2);
    expect(look(21, { a: 20, b: 20 })).toEqual(['generator b is heard again']);
    expect(look(22, { a: 21, b: 21 })).toEqual([]);
  });

  it('is not lost if it has come to its end', () => {
    for (let second = 1; second <= 20; second += 1) {
      expect(look(second, { a: second - 1, b: Math.min(5, second - 1) }, second > 5 ? ['b'] : [])).toEqual([]);
    }
  });

  it('is not lost because its clock is behind, or ahead, and is if it then falls silent', () => {
    for (let second = 1; second <= 10; second += 1) {
      expect(look(second, { behind: second - 60, ahead: second + 60 })).toEqual([]);
    }
    const lines = Array.from({ length: 6 }, (_, index) => look(11 + index, { behind: -50, ahead: 70 })).flat();
    expect(lines).toEqual([expect.stringContaining('generators behind and ahead are lost')]);
  });

  it('is not lost while what it has waits for an InfluxDB that was away', () => {
    look(1, { a: 0 });
    watch.miss(START_MS + 19 * MS_PER_S);
    expect(look(20, { a: 2 })).toEqual([]);
    expect(look(22, { a: 21 })).toEqual([]);
    const lines = [24, 26, 28].flatMap((second) => look(second, { a: 21 }));
    expect(lines).toHaveLength(1);
  });
});
