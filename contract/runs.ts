/** The record of a run in the bucket `k6_runs`: one measurement, written at the start, as a heartbeat, and at the end. */
export const RUN_MEASUREMENT = 'run';

/** The run's id, identical on every sample of it. `<UTC time>-<scenario>-<profile>-<4 random characters>`. */
export type RunId = string;

/**
 * running: started, no end seen · passed · failed: a threshold failed, also when it aborted the run · interrupted: by a
 * signal · broken: k6, the stack or the target failed · incomplete: samples are missing.
 */
export type RunStatus = 'running' | 'passed' | 'failed' | 'incomplete' | 'broken' | 'interrupted';

export const HEARTBEAT_S = 5;

export const RUN_TAG_NAMES = ['scenario', 'profile', 'target', 'branch'] as const;
