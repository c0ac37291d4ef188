/** What earlier runs lead one to expect of the next one. */
import { median, medianDeviation } from './statistics.ts';

export interface Baseline {
  readonly baseline: number;
  /** The noise band: values within it are what these runs do anyway. */
  readonly low: number;
  readonly high: number;
}

/** Fewer runs say nothing of their own noise. */
export const LEAST_RUNS = 3;
/** Older runs describe an application that is no more. */
export const MOST_RUNS = 20;
/** The band's half width, in deviations: 3 hold 99.7 % of what is normally distributed. */
const DEVIATIONS = 3;

/**
 * Median of the runs, and around it three robust standard deviations: one odd run moves neither.
 * @param values newest first, in any unit; @returns null below {@link LEAST_RUNS} values
 */
export function baselineOf(values: readonly number[]): Baseline | null {
  const recent = values.slice(0, MOST_RUNS);
  if (recent.length < LEAST_RUNS) return null;
  const baseline = median(recent);
  const noise = DEVIATIONS * medianDeviation(recent);
  return { baseline, low: Math.max(0, baseline - noise), high: baseline + noise };
}
