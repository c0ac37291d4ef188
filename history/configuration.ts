import { createHash } from 'node:crypto';
import type { OutputName } from '../contract/outputs.ts';
import { type LoadShape, loadOf, plannedDuration_s } from '../profiles/options.ts';

const HASH_LENGTH = 10;

/** What makes the load of a run, and what measures it. */
export interface Configured extends LoadShape {
  readonly outputs: readonly OutputName[];
  /** Generators that share the load; left out, one. */
  readonly instances?: number;
}

/** Not in k6's scenarios: so that runs without one keep the hash that they have. */
function capOf({ max_rate_rps }: Configured): object {
  return max_rate_rps === null || max_rate_rps === undefined ? {} : { max_rate_rps };
}

/**
 * Whatever must be equal for two runs of a scenario to be comparable: users and stages as k6 gets them, the outputs, which
 * cost the generator differently, the number of generators, and the k6. Readable, and with a hash of what is too long to read.
 */
export function configurationOf(scenario: string, shape: Configured, k6_version: string): string {
  const outputs = [...shape.outputs].sort();
  const load = loadOf(scenario, shape);
  const { instances = 1 } = shape;
  // One generator is left out: runs from before there could be more stay comparable.
  const generators = instances > 1 ? { instances } : {};
  const hash = createHash('sha256')
    .update(JSON.stringify({ load, outputs, k6_version, ...generators, ...capOf(shape) }))
    .digest('hex');
  const duration_s = Math.round(plannedDuration_s(shape));
  const words = [
    `${duration_s} s`,
    `scale ${shape.scale}`,
    outputs.join('+'),
    ...(instances > 1 ? [`${instances} generators`] : []),
    `k6 ${k6_version}`,
  ];
  return `${words.join(', ')} (${hash.slice(0, HASH_LENGTH)})`;
}
