import type { IStatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import type { IService } from 'kubernetes-models/v1/Service';
import { INFLUXDB_SETTINGS } from '../../contract/grafana.ts';
import { K8S_IMAGES, K8S_SERVICES, K8S_USERS } from '../../contract/k8s.ts';
import { labels, selectorOf } from './names.ts';
import { CONTAINER_SECURITY, podSecurity, TMP, toEnv } from './pods.ts';
import { httpService } from './service.ts';

const DATA = '/var/lib/influxdb2';
const { name, port } = K8S_SERVICES.influxdb;

/** 50 hours of one generator with the mixed traffic, 500 with one scenario: at most a gigabyte an hour (docs/scale.md). */
const DATA_SIZE = '50Gi';

export function influxdb(namespace: string): [IService, IStatefulSet] {
  const metadata = { name, namespace, labels: labels('influxdb') };
  const selector = selectorOf('influxdb');
  return [
    httpService(metadata, selector, port),
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata,
      spec: {
        serviceName: name,
        replicas: 1,
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: labels('influxdb') },
          spec: {
            automountServiceAccountToken: false,
            securityContext: podSecurity(K8S_USERS.influxdb),
            containers: [container()],
            volumes: [TMP.volume],
          },
        },
        volumeClaimTemplates: [
          {
            // Kubernetes fills these in for a claim template; the type wants them.
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: DATA_SIZE } } },
          },
        ],
      },
    },
  ];
}

/** Without the image's entrypoint, which changes users and writes a configuration: neither is needed, nor allowed here. */
function container() {
  const probe = { httpGet: { path: '/health', port } };
  return {
    name: 'influxdb',
    image: K8S_IMAGES.influxdb,
    imagePullPolicy: 'IfNotPresent' as const,
    command: ['influxd'],
    env: toEnv({
      ...INFLUXDB_SETTINGS,
      INFLUXD_BOLT_PATH: `${DATA}/influxd.bolt`,
      INFLUXD_SQLITE_PATH: `${DATA}/influxd.sqlite`,
      INFLUXD_ENGINE_PATH: `${DATA}/engine`,
    }),
    ports: [{ name: 'http', containerPort: port }],
    readinessProbe: probe,
    // Replaying its log after a crash may take minutes; meanwhile it does not answer.
    startupProbe: { ...probe, periodSeconds: 10, failureThreshold: 60 },
    livenessProbe: { ...probe, periodSeconds: 30, failureThreshold: 10, timeoutSeconds: 10 },
    // docs/scale.md has what generators and dashboards cost it.
    resources: { requests: { cpu: '1', memory: '2Gi' }, limits: { memory: '4Gi' } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [{ name: 'data', mountPath: DATA }, TMP.mount],
  };
}
