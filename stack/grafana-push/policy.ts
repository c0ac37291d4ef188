/** A project's branch in a team's tree of notification policies. */
import { ALERTING } from '../../contract/alerting.ts';
import { type Matcher, projectMatchers } from '../../grafana/alerting/notifications.ts';
import { usageError } from '../../lib/errors.ts';
import type { Json } from './api.ts';

/** A node of the tree. Unknown fields are kept. */
export interface Route extends Json {
  readonly receiver?: string;
  readonly routes?: readonly Route[];
  readonly object_matchers?: readonly (readonly [string, string, string])[];
  readonly provenance?: string;
}

const { label, value } = ALERTING.product;
/** What earlier versions pushed: it catches the alerts of all projects. */
const WITHOUT_PROJECT: readonly Matcher[] = [[label, '=', value]];

function hasMatchers({ object_matchers = [] }: Route, wanted: readonly Matcher[]): boolean {
  const texts = (all: readonly (readonly string[])[]) => all.map((it) => JSON.stringify(it)).sort();
  return JSON.stringify(texts(object_matchers)) === JSON.stringify(texts(wanted));
}

/** Whether a node of the tree sends to a contact point. */
export function sendsTo(route: Route, receiver: string): boolean {
  return route.receiver === receiver || (route.routes ?? []).some((it) => sendsTo(it, receiver));
}

/**
 * Replaces the branch of a project in the team's tree, or inserts it first, so that no broad branch of the team catches its
 * alerts. A branch of a version without projects gives way to it. Everything else stays unchanged.
 * @throws LoadstarError (usage) if the tree is provisioned, because provisioning would overwrite the branch
 */
export function insertBranch(tree: Route, ours: Route, project: string): Route {
  if (tree.provenance) {
    throw usageError(
      'a notification policy that can be changed through the API',
      `a provisioned one (${tree.provenance})`,
      `add a branch for ${label} = ${value} and ${ALERTING.project_label} = ${project} where it is provisioned, and push with --no-policy`,
    );
  }
  const isOurs = (route: Route) => hasMatchers(route, projectMatchers(project)) || hasMatchers(route, WITHOUT_PROJECT);
  const routes = tree.routes ?? [];
  const place = routes.findIndex(isOurs);
  const others = routes.filter((route) => !isOurs(route));
  const before = place < 0 ? [] : routes.slice(0, place).filter((route) => !isOurs(route));
  return { ...tree, routes: [...before, ours, ...others.slice(before.length)] };
}
