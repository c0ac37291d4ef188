/** Who may talk to whom. What is not here may not. https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { INetworkPolicyEgressRule } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicyEgressRule';
import type { INetworkPolicyPeer } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicyPeer';
import type { INetworkPolicyPort } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicyPort';
import { K6_API_PORT, K8S_SERVICES, MERGER } from '../contract/k8s.ts';
import type { RunId } from '../contract/runs.ts';
import {
  COMPONENT_LABEL,
  type Component,
  jobSelector,
  labels,
  mergerName,
  PART_OF,
  resourceName,
  selectorOf,
} from './services/names.ts';
import type { RunSetting } from './test-run.ts';

const DNS_PORT = 53;
const HTTP_PORT = 80;
const HTTPS_PORT = 443;
/** Kubernetes' own, of control planes that do not listen on 443. */
const API_SERVER_PORT = 6_443;

export const DNS: INetworkPolicyEgressRule = {
  ports: [
    { protocol: 'UDP', port: DNS_PORT },
    { protocol: 'TCP', port: DNS_PORT },
  ],
};

function tcp(port: number): INetworkPolicyPort {
  return { protocol: 'TCP', port };
}

/** Anywhere: addresses outside of the cluster are no names here. */
export function allowAnywhere(...ports: number[]): INetworkPolicyEgressRule {
  return { ports: ports.map(tcp) };
}

function toPeer(component: Component): INetworkPolicyPeer {
  return { podSelector: { matchLabels: selectorOf(component) } };
}

export function toService(component: 'influxdb' | 'inbox'): INetworkPolicyEgressRule {
  return { to: [toPeer(component)], ports: [tcp(K8S_SERVICES[component].port)] };
}

export const TO_KUBERNETES = allowAnywhere(HTTPS_PORT, API_SERVER_PORT);
export const TO_HTTPS = allowAnywhere(HTTPS_PORT);

export function effectivePort(url: URL): number {
  if (url.port) return Number(url.port);
  return url.protocol === 'https:' ? HTTPS_PORT : HTTP_PORT;
}

/** Of one run: deleted with it. */
export function runPolicies(setting: RunSetting, target: URL, has_merger: boolean): INetworkPolicy[] {
  const to_merger = has_merger ? [{ to: [jobPods(mergerName(setting.testid))], ports: [tcp(MERGER.port)] }] : [];
  return [
    generatorPolicy(setting, target, to_merger),
    judgePolicy(setting, to_merger),
    ...(has_merger ? [mergerPolicy(setting)] : []),
  ];
}

function jobPods(name: string) {
  return { podSelector: { matchLabels: jobSelector(name) } };
}

/** The operator gives this label to runners, initializer and starter alike. */
function operatorPods(testid: RunId) {
  return { podSelector: { matchLabels: { k6_cr: resourceName(testid) } } };
}

/** Generators and judge of the run call it. */
function mergerPolicy({ testid, namespace }: RunSetting): INetworkPolicy {
  const name = mergerName(testid);
  const from = [operatorPods(testid), jobPods(`${resourceName(testid)}-finish`)];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels: labels('merger') },
    spec: {
      ...jobPods(name),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from, ports: [tcp(MERGER.port)] }],
      egress: [DNS],
    },
  };
}

/**
 * Generators reach the target and DNS. A target in the cluster is its whole namespace: the port of a Service is not the one
 * of its pods, and policies see pods. Everybody reaches k6's REST API, because the starter asks once, as soon as its pod is
 * there: some networks know a new pod seconds later, and refuse it as a stranger until then. The run would never start.
 */
function generatorPolicy(setting: RunSetting, target: URL, more: readonly INetworkPolicyEgressRule[]): INetworkPolicy {
  const name = resourceName(setting.testid);
  const own = operatorPods(setting.testid);
  const api = [tcp(K6_API_PORT)];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `${name}-generators`, namespace: setting.namespace, labels: labels('generator') },
    spec: {
      ...own,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: api }],
      egress: [DNS, { to: [own], ports: api }, targetRule(target), ...more],
    },
  };
}

function targetRule(target: URL): INetworkPolicyEgressRule {
  const namespace = /^[^.]+\.([^.]+)\.svc(\..+)?$/.exec(target.hostname)?.[1];
  if (namespace) {
    return { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }] };
  }
  // A bare name is a Service of this namespace.
  return target.hostname.includes('.') ? allowAnywhere(effectivePort(target)) : { to: [{ podSelector: {} }] };
}

/** The judge notifies Slack. Each run has this policy under its own name: it is deleted with its run, and no other run's. */
function judgePolicy({ testid, namespace }: RunSetting, more: readonly INetworkPolicyEgressRule[]): INetworkPolicy {
  const policy = networkPolicy(namespace, 'judge', [], [DNS, TO_HTTPS, ...more]);
  return { ...policy, metadata: { ...policy.metadata, name: `${resourceName(testid)}-finish` } };
}

/**
 * The way of generators, mergers and judges to InfluxDB. Policies add up: this one comes with the servers, so that a run is the same
 * whichever they are.
 */
export function influxPolicy(namespace: string, influx: INetworkPolicyEgressRule): INetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'loadstar-to-influxdb', namespace, labels: PART_OF },
    spec: {
      podSelector: {
        matchLabels: PART_OF,
        matchExpressions: [{ key: COMPONENT_LABEL, operator: 'In', values: ['generator', 'merger', 'judge'] }],
      },
      policyTypes: ['Egress'],
      egress: [influx],
    },
  };
}

/** @param from components that may call, at the port of its Service; null: everybody */
export function networkPolicy(
  namespace: string,
  component: Component,
  from: readonly Component[] | null,
  egress: readonly INetworkPolicyEgressRule[],
): INetworkPolicy {
  const service = component in K8S_SERVICES ? K8S_SERVICES[component as keyof typeof K8S_SERVICES] : null;
  const ports = service ? [tcp(service.port)] : [];
  const ingress = service ? [{ ...(from ? { from: from.map(toPeer) } : {}), ports }] : [];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `loadstar-${component}`, namespace, labels: labels(component) },
    spec: {
      podSelector: { matchLabels: selectorOf(component) },
      policyTypes: ['Ingress', 'Egress'],
      ingress,
      egress: [...egress],
    },
  };
}
