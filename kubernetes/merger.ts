/** Where the generators of a run meet, and where what they write is added up: decisions 107 and 128. */
import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { IService } from 'kubernetes-models/v1/Service';
import { BUCKETS } from '../contract/buckets.ts';
import { K8S_SECRETS, K8S_USERS, MERGER } from '../contract/k8s.ts';
import { MERGE_COMMAND, MERGE_READ_TOKEN } from '../contract/live-schema.ts';
import { influxEnv } from './generator-env.ts';
import { longestWait_s } from './judge.ts';
import type { RunPlan } from './plan.ts';
import { jobSelector, labels, mergerName } from './services/names.ts';
import { CONTAINER_SECURITY, fromSecret, podSecurity, TMP, toEnv } from './services/pods.ts';
import { httpService } from './services/service.ts';
import type { RunSetting } from './test-run.ts';

/** The merger of a run: it ends when all generators have ended, when the judge says so, or with the judge's own deadline. */
export function merger(plan: RunPlan, setting: RunSetting): [IService, IJob] {
  const { testid, namespace } = setting;
  const name = mergerName(testid);
  const metadata = { name, namespace, labels: labels('merger') };
  return [
    httpService(metadata, jobSelector(name), MERGER.port),
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata,
      spec: {
        // Generators keep what it has not acknowledged: so it is worth to be started again, whatever ended it.
        backoffLimit: MERGER.most_restarts,
        activeDeadlineSeconds: longestWait_s(plan, setting),
        template: {
          metadata: { labels: labels('merger') },
          spec: {
            restartPolicy: 'OnFailure',
            automountServiceAccountToken: false,
            securityContext: podSecurity(K8S_USERS.k6),
            containers: [container(plan, setting)],
            volumes: [TMP.volume],
          },
        },
      },
    },
  ];
}

function container({ parallelism }: RunPlan, { k6_image }: RunSetting) {
  const mib = MERGER.base_mib + parallelism * MERGER.generator_mib;
  const cpu_m = MERGER.base_cpu_m + parallelism * MERGER.generator_cpu_m;
  const probe = { httpGet: { path: '/health', port: MERGER.port } };
  return {
    name: 'merger',
    image: k6_image,
    imagePullPolicy: 'IfNotPresent' as const,
    args: [MERGE_COMMAND, `0.0.0.0:${MERGER.port}`, '--generators', String(parallelism)],
    env: [
      ...influxEnv(),
      ...toEnv({ K6_LOADSTAR_BUCKET: BUCKETS.live.name }),
      fromSecret(MERGE_READ_TOKEN, K8S_SECRETS.tokens.name, 'cli'),
    ],
    ports: [{ name: 'http', containerPort: MERGER.port }],
    // Every second: while it is not ready, generators wait for each other, or write without it.
    readinessProbe: { ...probe, periodSeconds: 1 },
    // One that hangs is started again. Generators write to InfluxDB themselves by then.
    livenessProbe: { ...probe, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
    // No limit on CPU: throttled, it would hold up all generators.
    resources: {
      requests: { cpu: `${cpu_m}m`, memory: `${mib}Mi` },
      limits: { memory: `${mib * MERGER.memory_headroom}Mi` },
    },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [TMP.mount],
  };
}
