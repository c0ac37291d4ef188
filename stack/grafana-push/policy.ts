/** Loadstar's branch in a team's tree of notification policies. */
import { ALERTING } from '../../contract/alerting.ts';
import { usageError } from '../../lib/errors.ts';
import type { Json } from './api.ts';

/** A node of the tree. Unknown fields are kept. */
export interface Route extends Json {
  readonly routes?: readonly Route[];
  readonly object_matchers?: readonly (readonly [string, string, string])[];
  readonly provenance?: string;
}

const { label, value } = ALERTING.product;

function isOurs(route: Route): boolean {
  const matchers = route.object_matchers ?? [];
  return matchers.length === 1 && matchers[0]?.[0] === label && matchers[0][1] === '=' && matchers[0][2] === value;
}

/**
 * Replaces Loadstar's branch in the team's tree, or inserts it first, so that no broad branch of the team catches its
 * alerts. Everything else stays unchanged.
 * @throws LoadstarError (usage) if the tree is provisioned, because provisioning would overwrite the branch
 */
export function insertBranch(tree: Route, ours: Route): Route {
  if (tree.provenance) {
    throw usageError(
      'a notification policy that can be changed through the API',
      `a provisioned one (${tree.provenance})`,
      `add a branch for ${label} = ${value} where it is provisioned, and push with --no-policy`,
    );
  }
  const routes = tree.routes ?? [];
  const place = routes.findIndex(isOurs);
  const others = routes.filter((route) => !isOurs(route));
  const before = place < 0 ? [] : routes.slice(0, place).filter((route) => !isOurs(route));
  return { ...tree, routes: [...before, ours, ...others.slice(before.length)] };
}
