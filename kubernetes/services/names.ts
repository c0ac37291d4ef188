import type { RunId } from '../../contract/runs.ts';

/** Kubernetes' rule for most names: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const LONGEST_LABEL = 63;

export function isDnsLabel(name: string): boolean {
  return DNS_LABEL.test(name) && name.length <= LONGEST_LABEL;
}

/**
 * The name of a run's resources, from the time and the random part of its id. Ids have capitals, and may be too long: the
 * operator appends up to `-initializer` and `-service-<n>`, and a Service's name has to begin with a letter.
 */
export function resourceName(testid: RunId): string {
  const [time = '', ...rest] = testid.split('-');
  return `k6-${time.toLowerCase()}-${rest.at(-1) ?? ''}`;
}

export type Component = 'generator' | 'judge' | 'influxdb' | 'influxdb-setup' | 'grafana' | 'inbox';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export const PART_OF = { 'app.kubernetes.io/part-of': 'loadstar' } as const;
export const COMPONENT_LABEL = 'app.kubernetes.io/component';

export function labels(component: Component): Record<string, string> {
  return { ...PART_OF, [COMPONENT_LABEL]: component };
}
