import { K8S_VERSION, MERGER } from '../../contract/k8s.ts';
import type { RunId } from '../../contract/runs.ts';
import { VERSIONS } from '../../contract/versions.ts';

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

/** Of what adds up the generators of a run: its Job and its Service. */
export function mergerName(testid: RunId): string {
  return `${resourceName(testid)}-merger`;
}

/** As pods of the run's namespace reach it. */
export function mergerUrl(testid: RunId): string {
  return `http://${mergerName(testid)}:${MERGER.port}`;
}

export type Component = 'generator' | 'merger' | 'judge' | 'influxdb' | 'influxdb-setup' | 'grafana' | 'inbox';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export const PART_OF = { 'app.kubernetes.io/part-of': 'loadstar' } as const;
export const COMPONENT_LABEL = 'app.kubernetes.io/component';

/** What a component is, and the version of its image; generators are k6. */
const APPS: Readonly<Record<Component, { readonly name: string; readonly version: string }>> = {
  generator: { name: 'k6', version: VERSIONS.k6_v2 },
  merger: { name: 'k6', version: VERSIONS.k6_v2 },
  judge: { name: 'loadstar', version: K8S_VERSION },
  influxdb: { name: 'influxdb', version: VERSIONS.influxdb },
  'influxdb-setup': { name: 'loadstar', version: K8S_VERSION },
  grafana: { name: 'grafana', version: VERSIONS.grafana },
  inbox: { name: 'loadstar', version: K8S_VERSION },
};

/** Selects the pods of a component. Kubernetes allows no change of a selector, so nothing in it depends on a version. */
export function selectorOf(component: Component): Record<string, string> {
  return { ...PART_OF, [COMPONENT_LABEL]: component };
}

/** Selects the pods of a Job: https://kubernetes.io/docs/reference/labels-annotations-taints/#batchkubernetesio-job-name */
export function jobSelector(name: string): Record<string, string> {
  return { 'batch.kubernetes.io/job-name': name };
}

/** What resources and pods of a component carry. */
export function labels(component: Component): Record<string, string> {
  const { name, version } = APPS[component];
  return {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/version': version,
    'app.kubernetes.io/managed-by': 'loadstar',
    ...selectorOf(component),
  };
}
