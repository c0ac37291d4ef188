import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IEnvVar } from 'kubernetes-models/v1/EnvVar';
import type { IPersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import type { IService } from 'kubernetes-models/v1/Service';
import { INBOX } from '../../contract/alerting.ts';
import { CHANNELS, type ChannelName, grafanaVariable, SMTP } from '../../contract/channels.ts';
import { ENV, type EnvName } from '../../contract/env.ts';
import { GRAFANA, GRAFANA_SETTINGS, HOME_DASHBOARD } from '../../contract/grafana.ts';
import { K8S_IMAGES, K8S_SECRETS, K8S_SERVERS, K8S_SERVICES, K8S_USERS } from '../../contract/k8s.ts';
import type { Environment } from '../../lib/environment.ts';
import { labels, selectorOf } from './names.ts';
import { CONTAINER_SECURITY, fromConfig, fromSecret, podSecurity, TMP, toEnv } from './pods.ts';
import { httpService } from './service.ts';

const { name, port } = K8S_SERVICES.grafana;
const DATA = '/var/lib/grafana';
const PROVISIONING = '/etc/grafana/provisioning';
/** Its database: dashboards come from files, so users, sessions and states of alerts. */
const DATA_SIZE = '2Gi';

export interface GrafanaSetting {
  readonly namespace: string;
  /** Path below the provisioning directory → text. */
  readonly provisioning: ReadonlyMap<string, string>;
  /** Where alerts go. */
  readonly channels: readonly ChannelName[];
  readonly environment: Environment;
}

/** One ConfigMap a directory: dashboards, alerting, data sources, plugins. */
export function provisioningMaps({ namespace, provisioning }: GrafanaSetting): IConfigMap[] {
  return [...groupByDirectory(provisioning)].map(([directory, data]) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${name}-${directory}`, namespace, labels: labels('grafana') },
    data,
  }));
}

function groupByDirectory(provisioning: GrafanaSetting['provisioning']): Map<string, Record<string, string>> {
  const directories = new Map<string, Record<string, string>>();
  for (const [file, text] of [...provisioning].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const directory = dirname(file);
    directories.set(directory, { ...directories.get(directory), [basename(file)]: text });
  }
  return directories;
}

export function grafana(setting: GrafanaSetting): [IService, IPersistentVolumeClaim, IDeployment] {
  const metadata = { name, namespace: setting.namespace, labels: labels('grafana') };
  const selector = selectorOf('grafana');
  return [
    httpService(metadata, selector, port),
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata,
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: DATA_SIZE } } },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        // Two on one SQLite file would damage it.
        strategy: { type: 'Recreate' },
        selector: { matchLabels: selector },
        template: {
          // Data sources and alert rules are read at the start alone: another provisioning has to be another pod.
          metadata: {
            labels: labels('grafana'),
            annotations: { 'loadstar/provisioning': hashFiles(setting.provisioning) },
          },
          spec: {
            automountServiceAccountToken: false,
            securityContext: podSecurity(K8S_USERS.grafana),
            containers: [container(setting)],
            volumes: volumes(setting),
          },
        },
      },
    },
  ];
}

function hashFiles(provisioning: GrafanaSetting['provisioning']): string {
  return createHash('sha256')
    .update(JSON.stringify([...provisioning].sort()))
    .digest('hex')
    .slice(0, 16);
}

function container(setting: GrafanaSetting) {
  const probe = { httpGet: { path: '/api/health', port } };
  const directories = [...groupByDirectory(setting.provisioning).keys()];
  return {
    name: 'grafana',
    image: K8S_IMAGES.grafana,
    imagePullPolicy: 'IfNotPresent' as const,
    env: environment(setting),
    ports: [{ name: 'http', containerPort: port }],
    readinessProbe: probe,
    // Its first start migrates its database.
    startupProbe: { ...probe, periodSeconds: 5, failureThreshold: 60 },
    livenessProbe: { ...probe, periodSeconds: 30, failureThreshold: 5 },
    resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '1Gi' } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      TMP.mount,
      { name: 'data', mountPath: DATA },
      ...directories.map((it) => ({ name: it, mountPath: `${PROVISIONING}/${it}`, readOnly: true })),
    ],
  };
}

function volumes(setting: GrafanaSetting) {
  const directories = [...groupByDirectory(setting.provisioning).keys()];
  return [
    TMP.volume,
    { name: 'data', persistentVolumeClaim: { claimName: name } },
    ...directories.map((it) => ({ name: it, configMap: { name: `${name}-${it}` } })),
  ];
}

function environment(setting: GrafanaSetting): IEnvVar[] {
  const { variables } = GRAFANA;
  const { tokens, grafana: of_grafana } = K8S_SECRETS;
  return [
    ...toEnv({
      ...GRAFANA_SETTINGS,
      GF_PATHS_PROVISIONING: PROVISIONING,
      GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${PROVISIONING}/${HOME_DASHBOARD}`,
    }),
    fromConfig('GF_SERVER_ROOT_URL', K8S_SERVERS, 'PUBLIC_GRAFANA_URL'),
    fromConfig(variables.influx_url, K8S_SERVERS, 'INFLUX_URL'),
    fromSecret(variables.influx_token, tokens.name, 'grafana'),
    fromSecret('GF_SECURITY_ADMIN_PASSWORD', of_grafana.name, 'admin_password'),
    ...channelVariables(setting),
  ];
}

/** Secrets by reference, the rest as it is; a Slack without an address of its own is the inbox. */
function channelVariables({ channels, environment }: GrafanaSetting): IEnvVar[] {
  const wanted = new Set(channels.flatMap((it) => Object.values<EnvName>(CHANNELS[it].settings)));
  const inbox = `http://${K8S_SERVICES.inbox.name}:${K8S_SERVICES.inbox.port}${INBOX.webhook_path}`;
  const of_channels = [...wanted].map((it) => {
    const variable = grafanaVariable(it);
    if (!environment[it]) return { name: variable, value: inbox };
    return isSecret(it)
      ? fromSecret(variable, K8S_SECRETS.channels.name, it)
      : { name: variable, value: environment[it] };
  });
  const mail = (Object.keys(SMTP) as (keyof typeof SMTP)[]).flatMap((it) => {
    const value = environment[it];
    if (!value) return [];
    return [isSecret(it) ? fromSecret(SMTP[it], K8S_SECRETS.channels.name, it) : { name: SMTP[it], value }];
  });
  const enabled = environment.SMTP_HOST ? [{ name: 'GF_SMTP_ENABLED', value: 'true' }] : [];
  return [...of_channels, ...mail, ...enabled];
}

export function isSecret(name: EnvName): boolean {
  return 'secret' in ENV[name];
}
