import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { INamespace } from 'kubernetes-models/v1/Namespace';
import { ORG } from '../contract/buckets.ts';
import type { ChannelName } from '../contract/channels.ts';
import { K8S_SERVERS, K8S_SERVICES } from '../contract/k8s.ts';
import type { Scenarios } from '../contract/scenarios.ts';
import { contactPoints, provisioningFiles } from '../grafana/generate.ts';
import type { CommandContext } from '../lib/context.ts';
import { activeChannels } from '../stack/engine/provisioning.ts';
import {
  allowAnywhere,
  DNS,
  effectivePort,
  influxPolicy,
  networkPolicy,
  TO_HTTPS,
  TO_KUBERNETES,
  toService,
} from './network.ts';
import { type GrafanaSetting, grafana, provisioningMaps } from './services/grafana.ts';
import { inbox } from './services/inbox.ts';
import { influxdb } from './services/influxdb.ts';
import { PART_OF } from './services/names.ts';
import { influxdbSetup } from './services/setup.ts';

const CONTACT_POINTS = 'alerting/contact-points.yaml';
/** Of mail servers that take mail from programs: RFC 6409. */
const SUBMISSION_PORT = 587;

export interface Addresses {
  readonly influx_url: string;
  readonly influx_org: string;
  readonly public_grafana_url: string;
}

/** Addresses of the stack below, as pods use them. Links that people open are dead until PUBLIC_GRAFANA_URL says more. */
function ownAddresses({ environment }: CommandContext): Addresses {
  const { influxdb, grafana } = K8S_SERVICES;
  return {
    influx_url: `http://${influxdb.name}:${influxdb.port}`,
    influx_org: ORG,
    public_grafana_url: environment.PUBLIC_GRAFANA_URL ?? `http://${grafana.name}:${grafana.port}`,
  };
}

function serversConfigMap(namespace: string, addresses: Addresses): IConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: K8S_SERVERS, namespace, labels: PART_OF },
    data: {
      INFLUX_URL: addresses.influx_url,
      INFLUX_ORG: addresses.influx_org,
      PUBLIC_GRAFANA_URL: addresses.public_grafana_url,
    },
  };
}

/** The namespace asks Kubernetes to refuse whatever is not as restricted as our pods are. */
function namespaceManifest(name: string): INamespace {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { ...PART_OF, 'pod-security.kubernetes.io/enforce': 'restricted' },
    },
  };
}

/** What servers and runs have in common, and outlives both: nothing that is deleted with a run. File name → manifests. */
export function baseManifests(namespace: string): Map<string, object[]> {
  return new Map<string, object[]>([['namespace.yaml', [namespaceManifest(namespace)]]]);
}

/** In place of the stack, for servers that a team already has: where they are, and the way to them. */
export function existingServersManifests(namespace: string, addresses: Addresses): Map<string, object[]> {
  const influx = allowAnywhere(effectivePort(new URL(addresses.influx_url)));
  return new Map<string, object[]>([
    ['servers.yaml', [serversConfigMap(namespace, addresses)]],
    ['network.yaml', [influxPolicy(namespace, influx)]],
  ]);
}

/** InfluxDB, Grafana and what goes with them. File name → manifests. */
export function stackManifests(
  context: CommandContext,
  {
    namespace,
    cli_image,
    project,
    scenarios,
  }: {
    readonly namespace: string;
    readonly cli_image: string;
    readonly project: string;
    readonly scenarios: Scenarios;
  },
): Map<string, object[]> {
  const channels = activeChannels(context.env);
  const setting = {
    namespace,
    channels,
    provisioning: provisioning(project, scenarios, channels),
    environment: context.environment,
  };
  // Its address is the inbox's where Slack has none of its own.
  const with_inbox = channels.includes('slack') && !context.environment.SLACK_WEBHOOK_URL;
  return new Map<string, object[]>([
    ['servers.yaml', [serversConfigMap(namespace, ownAddresses(context))]],
    ['influxdb.yaml', influxdb(namespace)],
    ['influxdb-setup.yaml', influxdbSetup(namespace, cli_image)],
    ['grafana.yaml', grafana(setting)],
    ['grafana-provisioning.yaml', provisioningMaps(setting)],
    ...(with_inbox ? [['inbox.yaml', inbox(namespace, cli_image)] as [string, object[]]] : []),
    ['network.yaml', policies(setting, with_inbox)],
  ]);
}

/** As every engine has it (grafana/provisioning), with the contact points of the channels that are on. */
function provisioning(project: string, scenarios: Scenarios, channels: readonly ChannelName[]): Map<string, string> {
  return new Map([...provisioningFiles(project, scenarios)]).set(CONTACT_POINTS, contactPoints([...channels]));
}

function policies({ namespace, environment }: GrafanaSetting, with_inbox: boolean): object[] {
  const mail = environment.SMTP_HOST
    ? [allowAnywhere(Number(environment.SMTP_HOST.split(':')[1] ?? SUBMISSION_PORT))]
    : [];
  const to_inbox = with_inbox ? [toService('inbox')] : [];
  return [
    influxPolicy(namespace, toService('influxdb')),
    networkPolicy(namespace, 'influxdb', ['generator', 'merger', 'judge', 'grafana', 'influxdb-setup'], []),
    networkPolicy(namespace, 'influxdb-setup', [], [DNS, toService('influxdb'), TO_KUBERNETES]),
    networkPolicy(namespace, 'grafana', null, [DNS, toService('influxdb'), ...to_inbox, TO_HTTPS, ...mail]),
    ...(with_inbox ? [networkPolicy(namespace, 'inbox', ['grafana', 'judge'], [])] : []),
  ];
}
