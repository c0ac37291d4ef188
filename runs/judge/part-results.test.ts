import { describe, expect, it } from 'vitest';
import { stepsOfWindow } from './part-results.ts';
import { plateausOfRun } from './plateaus.ts';

describe('the windows of an SLO', () => {
  it.each([
    [30, 1, 3, 10],
    [45, 1, 3, 15],
    [5, 1, 1, 5],
    [600, 1, 60, 10],
    [60, 2, 6, 10],
    // Steps of half of it: nothing shorter is whole windows of the output.
    [20, 10, 10, 2],
    [30, 60, 60, 1],
  ])('of %d s, from windows of %d s: %d s a step, %d steps', (over_s, window_s, step_s, width) => {
    expect(stepsOfWindow(over_s, window_s)).toEqual({ step_s, width });
  });
});

describe('plateaus', () => {
  const at = (second: number) => new Date(1_700_000_000_000 + second * 1_000);
  const stage = (name: string, from: number, to: number) => ({ name, from: at(from), to: at(to) });

  it('begin after their own warm-up, and ramps are none', () => {
    const windows = Array.from({ length: 70 }, (_, second) => ({
      at: at(second),
      mean_ms: (second < 14 ? 900 : 100) + (second % 3),
    }));
    const stages = [stage('ramp 1', 0, 9), stage('plateau 1', 10, 40), stage('plateau 2', 41, 70)];
    expect(
      plateausOfRun({ protocol: 'http' as const, window_s: 1, span: { from: at(0), to: at(70) }, stages, windows }),
    ).toEqual([
      { name: 'plateau 1', whole: { from: at(10), to: at(40) }, steady: { from: at(14), to: at(40) } },
      { name: 'plateau 2', whole: { from: at(41), to: at(70) }, steady: { from: at(41), to: at(70) } },
    ]);
  });
});
