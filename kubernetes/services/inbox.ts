import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IService } from 'kubernetes-models/v1/Service';
import { INBOX } from '../../contract/alerting.ts';
import { K8S_SERVICES, K8S_USERS } from '../../contract/k8s.ts';
import { labels, selectorOf } from './names.ts';
import { CONTAINER_SECURITY, podSecurity, TMP } from './pods.ts';
import { httpService } from './service.ts';

const { name, port } = K8S_SERVICES.inbox;

/** Receives and shows Slack messages if no webhook is set. Its messages are lost with the pod. */
export function inbox(namespace: string, image: string): [IService, IDeployment] {
  const metadata = { name, namespace, labels: labels('inbox') };
  const selector = selectorOf('inbox');
  return [
    httpService(metadata, selector, port),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: labels('inbox') },
          spec: {
            automountServiceAccountToken: false,
            securityContext: podSecurity(K8S_USERS.cli),
            containers: [
              {
                name: 'inbox',
                image,
                imagePullPolicy: 'IfNotPresent',
                command: ['node', '--import', 'tsx', 'inbox/bin.ts'],
                // It refuses names of hosts that are not its own. Grafana calls it by its Service.
                args: [
                  ...['--host', '0.0.0.0', '--port', String(port)],
                  ...['--allow-host', name, '--file', '/tmp/messages.jsonl'],
                ],
                ports: [{ name: 'http', containerPort: port }],
                // The kubelet would name the address of the pod.
                readinessProbe: {
                  httpGet: { path: INBOX.health_path, port, httpHeaders: [{ name: 'Host', value: name }] },
                },
                resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
                securityContext: CONTAINER_SECURITY,
                volumeMounts: [TMP.mount],
              },
            ],
            volumes: [TMP.volume],
          },
        },
      },
    },
  ];
}
