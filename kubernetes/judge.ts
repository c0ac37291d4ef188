import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IEnvVar } from 'kubernetes-models/v1/EnvVar';
import { K8S_SECRETS, K8S_SERVERS, K8S_USERS } from '../contract/k8s.ts';
import type { Environment } from '../lib/environment.ts';
import { constantLoad } from '../runs/options/asked-load.ts';
import { hasMerger, type RunPlan } from './plan.ts';
import { PROJECT_DIR, projectFiles } from './project-files.ts';
import { labels, mergerUrl, resourceName } from './services/names.ts';
import { CONTAINER_SECURITY, fromConfig, fromSecret, podSecurity, TMP, toEnv } from './services/pods.ts';
import type { RunSetting } from './test-run.ts';

/** cli/Dockerfile. What is there goes with the pod: InfluxDB keeps the summary, and `loadstar report` writes the pages of it. */
const RESULTS_DIR = '/app/results';
/** Time to read the data and judge the run. */
const JUDGE_S = 1_800;

export function projectConfigMap(plan: RunPlan, { testid, namespace }: RunSetting): IConfigMap | null {
  const data = projectFiles(plan);
  if (Object.keys(data).length === 0) return null;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${resourceName(testid)}-project`, namespace, labels: labels('judge') },
    immutable: true,
    data,
  };
}

/** Waits for the generators and judges them as one run. Its exit code is the verdict, as for `loadstar run`. */
export function judgeJob(plan: RunPlan, setting: RunSetting, environment: Environment): IJob {
  const name = resourceName(setting.testid);
  const project = Object.keys(projectFiles(plan));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `${name}-finish`, namespace: setting.namespace, labels: labels('judge') },
    spec: {
      // A retry would not change the verdict.
      backoffLimit: 0,
      activeDeadlineSeconds: longestWait_s(plan, setting),
      template: {
        metadata: { labels: labels('judge') },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          securityContext: podSecurity(K8S_USERS.cli),
          containers: [
            {
              name: 'loadstar',
              image: setting.cli_image,
              imagePullPolicy: 'IfNotPresent',
              args: finishArgs(plan, setting),
              env: judgeEnv(plan, environment, project.length > 0),
              // Node.js with esbuild took 173 MiB at most to write these manifests, and a report is of that order.
              resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '1Gi' } },
              securityContext: CONTAINER_SECURITY,
              volumeMounts: [
                TMP.mount,
                { name: 'results', mountPath: RESULTS_DIR },
                ...(project.length > 0 ? [{ name: 'project', mountPath: PROJECT_DIR, readOnly: true }] : []),
              ],
            },
          ],
          volumes: [
            TMP.volume,
            { name: 'results', emptyDir: {} },
            ...(project.length > 0 ? [{ name: 'project', configMap: { name: `${name}-project` } }] : []),
          ],
        },
      },
    },
  };
}

/** The load, and pods that do not start or do not end. */
function generatorsWait_s({ planned_s }: RunPlan, { wait_s }: RunSetting): number {
  return Math.ceil(planned_s + wait_s);
}

/** After that, nothing of the run is left to do. */
export function longestWait_s(plan: RunPlan, setting: RunSetting): number {
  return generatorsWait_s(plan, setting) + JUDGE_S;
}

function finishArgs(plan: RunPlan, setting: RunSetting): string[] {
  const { testid, namespace } = setting;
  const { scenario, options, parallelism, base_url } = plan;
  return [
    'finish',
    testid,
    ...['--scenario', scenario.name],
    ...['--profile', options.profile],
    ...['--instances', String(parallelism)],
    ...['--wait', `${generatorsWait_s(plan, setting)}s`],
    ...['--k8s-namespace', namespace],
    ...(hasMerger(plan) ? ['--merger', mergerUrl(testid)] : []),
    // A named target comes through TARGET, and so keeps its name in the history.
    ...(options.named_target ? [] : ['--base-url', base_url]),
  ];
}

function judgeEnv(plan: RunPlan, environment: Environment, has_project: boolean): IEnvVar[] {
  const { options, planned_s } = plan;
  const { tokens, channels } = K8S_SECRETS;
  // A constant load has its duration in the profile, and not in its name.
  const has_duration = options.duration_s !== null || constantLoad(options.profile, null) !== null;
  const set: Record<string, string | null | undefined> = {
    ENGINE: 'external',
    LOADSTAR_HOME: '/tmp/loadstar',
    ALLOW_HOSTS: options.allow_hosts.join(','),
    SCALE: String(options.scale),
    DURATION: has_duration ? `${planned_s}s` : null,
    ABORT_ON_BREACH: options.abort_after_s === null ? null : `${options.abort_after_s}s`,
    TARGET: options.named_target?.name,
    APP_VERSION: options.app.version,
    APP_COMMIT: options.app.commit,
    APP_BRANCH: options.app.branch,
    LOADSTAR_PROJECT: options.project,
    BASELINE_BRANCH: options.baseline_branch,
    LOADSTAR_MACHINE: environment.LOADSTAR_MACHINE,
    NOTIFY: options.notify,
    SLACK_CHANNEL: environment.SLACK_CHANNEL,
    RESULTS_URL: environment.RESULTS_URL,
    LOADSTAR_CONFIG: has_project ? `${PROJECT_DIR}/loadstar.config.ts` : null,
  };
  return [
    // A variable that is not set is left out: many are refused if they are set and empty.
    ...toEnv(Object.fromEntries(Object.entries(set).flatMap(([name, value]) => (value ? [[name, value]] : [])))),
    fromConfig('INFLUX_URL', K8S_SERVERS, 'INFLUX_URL'),
    fromConfig('INFLUX_ORG', K8S_SERVERS, 'INFLUX_ORG'),
    fromConfig('PUBLIC_GRAFANA_URL', K8S_SERVERS, 'PUBLIC_GRAFANA_URL'),
    fromSecret('INFLUX_TOKEN', tokens.name, 'cli'),
    // The Secret is optional: without Slack the pod starts and notifies nobody.
    ...(['SLACK_WEBHOOK_URL', 'SLACK_BOT_TOKEN'] as const).map((name) => fromSecret(name, channels.name, name, true)),
  ];
}
