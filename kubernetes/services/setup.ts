import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { IRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role';
import type { IRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { K8S_SECRETS, K8S_SERVICES, K8S_USERS } from '../../contract/k8s.ts';
import { labels } from './names.ts';
import { CONTAINER_SECURITY, podSecurity, TMP } from './pods.ts';

const NAME = 'loadstar-influxdb-setup';
/** Where the job finds what InfluxDB is set up with: a directory of files, as `loadstar k8s setup-influxdb --secrets` takes it. */
const MOUNTED_AT = '/loadstar/influxdb';
const TEN_MINUTES_S = 600;
/** InfluxDB may start for the first time meanwhile. */
const TRIES = 10;

/**
 * Makes organisation, buckets, v1 mapping and scoped tokens, and keeps the tokens in a Secret: the only one that it may
 * read or change. The Secret is there from the start, and empty, so that no right to make Secrets is needed.
 */
export function influxdbSetup(namespace: string, image: string): [ISecret, IServiceAccount, IRole, IRoleBinding, IJob] {
  const metadata = { name: NAME, namespace, labels: labels('influxdb-setup') };
  const tokens = K8S_SECRETS.tokens.name;
  return [
    { apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, name: tokens }, type: 'Opaque' },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: [tokens], verbs: ['get', 'patch'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: NAME },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace }],
    },
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata,
      spec: {
        backoffLimit: TRIES,
        // A Job cannot be changed: gone when it is done, the next `kubectl apply` makes it anew, and it changes nothing twice.
        ttlSecondsAfterFinished: TEN_MINUTES_S,
        template: { metadata: { labels: labels('influxdb-setup') }, spec: podSpec(image) },
      },
    },
  ];
}

function podSpec(image: string) {
  const { name, port } = K8S_SERVICES.influxdb;
  return {
    restartPolicy: 'OnFailure' as const,
    serviceAccountName: NAME,
    automountServiceAccountToken: true,
    securityContext: podSecurity(K8S_USERS.cli),
    containers: [
      {
        name: 'loadstar',
        image,
        imagePullPolicy: 'IfNotPresent' as const,
        args: ['k8s', 'setup-influxdb', '--url', `http://${name}:${port}`, '--secrets', MOUNTED_AT],
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
        securityContext: CONTAINER_SECURITY,
        volumeMounts: [TMP.mount, { name: 'secrets', mountPath: MOUNTED_AT, readOnly: true }],
      },
    ],
    volumes: [TMP.volume, { name: 'secrets', secret: { secretName: K8S_SECRETS.influxdb.name } }],
  };
}
