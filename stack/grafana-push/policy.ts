/** Our branch in a team's tree of notification policies. */
import { ALERTING } from '../../contract/alerting.ts';
import { usageError } from '../../lib/errors.ts';
import type { Json } from './api.ts';

/** A node of the tree; what we do not know of it is kept as it is. */
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
 * The team's tree with our branch in it: where it is already, it is replaced in its place; else it comes first, so that a
 * broad branch of theirs does not catch our alerts before it. Everything else stays as it is.
 * @throws LoadstarError (usage) where the tree is provisioned from elsewhere: whoever does that would overwrite ours
 */
export function insertBranch(tree: Route, ours: Route): Route {
  if (tree.provenance) {
    throw usageError(
      'a notification policy that may be changed through the API',
      `one that is provisioned from elsewhere (${tree.provenance})`,
      `add a branch for ${label} = ${value} there, and push with --no-policy`,
    );
  }
  const routes = tree.routes ?? [];
  const place = routes.findIndex(isOurs);
  const others = routes.filter((route) => !isOurs(route));
  const before = place < 0 ? [] : routes.slice(0, place).filter((route) => !isOurs(route));
  return { ...tree, routes: [...before, ours, ...others.slice(before.length)] };
}
