/** Installs Loadstar's resources in an existing Grafana through its HTTP API. */
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

/** A resource, what Grafana has of it, and the change that it needs. */
export interface Step {
  readonly resource: Resource;
  readonly found: Json | null;
  readonly change: Change;
}

/** Compares all resources before anything is written, so that a failed read changes nothing. */
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

/** Writes the changes in order: rules need their folder, policies their contact point. */
export async function applyPush(api: GrafanaApi, steps: readonly Step[]): Promise<void> {
  for (const { resource, found, change } of steps) {
    if (change.change !== 'none' || resource.has_secret) await resource.write(api, found);
  }
}
