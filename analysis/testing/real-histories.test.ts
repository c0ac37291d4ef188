import { describe, expect, it } from 'vitest';
import { implantSteps, ownShifts, quietStretches, realHistories, STRICT } from './real-histories.ts';

const benchmarkOf = ({ name }: { name: string }) => name.replace(/_split\d+$/, '');

describe('real histories', () => {
  it('have no benchmark in both parts', () => {
    const develop = new Set(realHistories('develop').map(benchmarkOf));
    const report = new Set(realHistories('report').map(benchmarkOf));
    expect(develop.size).toBeGreaterThan(20);
    expect(report.size).toBeGreaterThan(20);
    expect([...develop].filter((name) => report.has(name))).toEqual([]);
  });

  it('are cut where they shift by themselves, and only implanted steps are left', () => {
    const step = [...new Array(30).fill(100), ...new Array(30).fill(110)];
    expect(ownShifts(step, STRICT)[30]).toBe(1);
    expect(ownShifts(step.reverse(), STRICT)[30]).toBe(-1);
    const stretches = quietStretches('develop').slice(0, 3);
    for (const { name, values, index, size } of implantSteps(stretches, 1)) {
      const original = stretches.find((it) => it.name === name && it.values[0] === values[0]);
      expect(values.slice(0, index)).toEqual(original?.values.slice(0, index));
      const ratio = (values[index] as number) / (original?.values[index] as number);
      expect(ratio).toBeCloseTo(1 + size, 1);
    }
  });
});
