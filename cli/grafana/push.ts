/** Brings all that is ours into a Grafana that a team already has, through its HTTP API. */
import type { GrafanaApi } from './api.ts';
import { differences } from './differences.ts';
import type { Resource } from './resources.ts';

export interface Change {
  readonly kind: string;
  readonly name: string;
  readonly change: 'create' | 'change' | 'none';
  /** Paths that differ. */
  readonly paths: readonly string[];
}

/** Looks at everything before anything is written, so that what refuses the first look has changed nothing. */
export async function compare(api: GrafanaApi, resources: readonly Resource[]): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const resource of resources) {
    const found = await resource.read(api);
    const paths = found ? differences(resource.wanted, found) : [];
    const change = !found ? 'create' : paths.length > 0 ? 'change' : 'none';
    changes.push({ kind: resource.kind, name: resource.name, change, paths });
  }
  return changes;
}

/** Writes what differs, in order: rules need their folder, branches their contact point. */
export async function apply(
  api: GrafanaApi,
  resources: readonly Resource[],
  changes: readonly Change[],
): Promise<void> {
  for (const [index, resource] of resources.entries()) {
    const change = changes[index]?.change;
    if (change !== 'none' || resource.has_secret) await resource.write(api, change !== 'create');
  }
}
