import { findWarmUp } from '../../analysis/warm-up.ts';
import { isPlateau } from '../../contract/stages.ts';
import type { RunWindows, TimeSpan } from '../../influxdb/windows.ts';

/** A plateau of a run. Its steady part begins after its warm-up. */
export interface Plateau {
  readonly name: string;
  readonly whole: TimeSpan;
  readonly steady: TimeSpan;
}

const MS_PER_S = 1_000;

/** The plateaus of a run, each with the warm-up that its windows show. */
export function plateausOfRun({ stages, windows, window_s }: RunWindows): Plateau[] {
  const window_ms = window_s * MS_PER_S;
  return stages
    .filter(({ name }) => isPlateau(name))
    .map(({ name, from, to }) => {
      const means = new Map(windows.map(({ at, mean_ms }) => [at.getTime(), mean_ms]));
      const count = Math.round((to.getTime() - from.getTime()) / window_ms);
      const values = Array.from({ length: count }, (_, index) => means.get(from.getTime() + index * window_ms) ?? null);
      const start = new Date(from.getTime() + findWarmUp(values) * window_ms);
      return { name, whole: { from, to }, steady: { from: start, to } };
    });
}
