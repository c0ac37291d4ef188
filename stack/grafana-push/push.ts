/** Brings all that is ours into a Grafana that a team already has, through its HTTP API. */
import type { GrafanaApi, Json } from './api.ts';
import { findDifferences } from './differences.ts';
import type { Resource } from './resources.ts';

export interface Change {
  readonly kind: string;
  readonly name: string;
  readonly change: 'create' | 'change' | 'none';
  /** Paths that differ. */
  readonly paths: readonly string[];
}

/** A thing, what Grafana has of it, and what that comes to. */
export interface Step {
  readonly resource: Resource;
  readonly found: Json | null;
  readonly change: Change;
}

/** Looks at everything before anything is written, so that what refuses the first look has changed nothing. */
export async function planPush(api: GrafanaApi, resources: readonly Resource[]): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const resource of resources) {
    const { kind, name } = resource;
    const found = await resource.read(api);
    const paths = found ? findDifferences(resource.wanted, found) : [];
    const change = !found ? 'create' : paths.length > 0 ? 'change' : 'none';
    steps.push({ resource, found, change: { kind, name, change, paths } });
  }
  return steps;
}

/** Writes what differs, in order: rules need their folder, branches their contact point. */
export async function applyPush(api: GrafanaApi, steps: readonly Step[]): Promise<void> {
  for (const { resource, found, change } of steps) {
    if (change.change !== 'none' || resource.has_secret) await resource.write(api, found);
  }
}
