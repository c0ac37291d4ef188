/** Installs Loadstar's resources in an existing Grafana through its HTTP API. */
import type { GrafanaApi, Json } from './api.ts';
import { findDifferences } from './differences.ts';
import type { Resource } from './resources.ts';

export interface Change {
  readonly kind: string;
  readonly name: string;
  readonly change: 'create' | 'change' | 'delete' | 'keep' | 'none';
  /** Paths that differ. */
  readonly paths: readonly string[];
  /** Why it differs and is kept. */
  readonly reason?: string;
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
    const found = await resource.read(api);
    if (resource.wanted || found) steps.push({ resource, found, change: planChange(resource, found) });
  }
  return steps;
}

function planChange({ kind, name, wanted, keep }: Resource, found: Json | null): Change {
  if (!wanted) return { kind, name, change: 'delete', paths: [] };
  if (!found) return { kind, name, change: 'create', paths: [] };
  const paths = findDifferences(wanted, found);
  const reason = paths.length > 0 ? keep?.(found) : null;
  if (reason) return { kind, name, change: 'keep', paths: [], reason };
  return { kind, name, change: paths.length > 0 ? 'change' : 'none', paths };
}

/** Writes the changes in order: rules need their folder, policies their contact point. */
export async function applyPush(api: GrafanaApi, steps: readonly Step[]): Promise<void> {
  for (const { resource, found, change } of steps) {
    const is_same = change.change === 'none' && !(resource.has_secret && !resource.keep?.(found ?? {}));
    if (!is_same && change.change !== 'keep') await resource.write(api, found);
  }
}
