/** Stages of a run's load, as the output tags its windows and as SLOs name them. */

/** Tag of the windows over all requests of a scenario; missing where a window is of two stages, or of none. */
export const STAGE_TAG = 'stage';

/** Begins the names of stages with constant load, which are counted from 1. */
export const PLATEAU_PREFIX = 'plateau ';

/** Begins the names of stages in which the load rises or falls. */
export const RAMP_PREFIX = 'ramp ';

/** Load with more stages than this is a staircase, whose steps the runner judges one by one: its windows have no tag. */
export const MOST_STAGES = 20;

/** All plateaus together, without their warm-up. */
export const STEADY = 'steady';

/** @param number from 1, in the order of the run */
export function plateauName(number: number): string {
  return `${PLATEAU_PREFIX}${number}`;
}

export function isPlateau(stage: string): boolean {
  return stage.startsWith(PLATEAU_PREFIX);
}
