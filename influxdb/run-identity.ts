import type { Point } from '@influxdata/influxdb-client';
import { RecordPoint } from './record-point.ts';

/** What identifies the record of a run, and the points beside it: its tags and the time of its start. */
export interface RunIdentity {
  readonly scenario: string;
  readonly profile: string;
  readonly target: string;
  readonly branch: string | null;
  readonly started: Date;
}

/** Tags must not be empty in InfluxDB. */
export const NO_BRANCH = 'none';

export function identified(measurement: string, run: RunIdentity): Point {
  return new RecordPoint(measurement)
    .tag('scenario', run.scenario)
    .tag('profile', run.profile)
    .tag('target', run.target)
    .tag('branch', run.branch ?? NO_BRANCH)
    .timestamp(run.started);
}
