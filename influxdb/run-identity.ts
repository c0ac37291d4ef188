import { type FluxParameterLike, flux, fluxExpression, type Point } from '@influxdata/influxdb-client';
import type { RunTagName } from '../contract/runs.ts';
import { RecordPoint } from './record-point.ts';

/** What identifies the record of a run, and the points beside it: its tags and the time of its start. */
export interface RunIdentity {
  /** Empty for a record from before records had this tag. */
  readonly project: string;
  readonly scenario: string;
  readonly profile: string;
  readonly target: string;
  readonly branch: string | null;
  readonly started: Date;
}

/** The runs that are compared with each other. */
export type RunKind = Omit<RunIdentity, 'started'>;

/** Tags must not be empty in InfluxDB. */
export const NO_BRANCH = 'none';

/** The tags of a record, and of the points beside it. */
export function runTags({ project, scenario, profile, target, branch }: RunKind): Record<RunTagName, string> {
  return { project, scenario, profile, target, branch: branch ?? NO_BRANCH };
}

export function identified(measurement: string, run: RunIdentity): Point {
  const point = new RecordPoint(measurement).timestamp(run.started);
  for (const [name, value] of Object.entries(runTags(run))) if (value !== '') point.tag(name, value);
  return point;
}

/** What a Flux query filters by to find the records of this kind, and the points beside them. */
export function kindPredicate(kind: RunKind): FluxParameterLike {
  return fluxExpression(
    Object.entries(runTags(kind))
      .map(([name, value]) => hasTag(name as RunTagName, value))
      .join(' and '),
  );
}

/** The same for the records of a project. @param project null: of all */
export function projectPredicate(project: string | null): FluxParameterLike {
  return fluxExpression(project === null ? 'true' : hasTag('project', project));
}

function hasTag(name: RunTagName, value: string): string {
  const tag = fluxExpression(`r.${name}`);
  return String(value === '' ? flux`not exists ${tag}` : flux`${tag} == ${value}`);
}
