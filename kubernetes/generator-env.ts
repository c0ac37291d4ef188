import type { IEnvVar } from 'kubernetes-models/v1/EnvVar';
import { SCRIPT_ENV } from '../contract/env.ts';
import { GENERATOR, K8S_SECRETS, K8S_SERVERS } from '../contract/k8s.ts';
import { DEFAULT_OUTPUT } from '../contract/outputs.ts';
import type { RunId } from '../contract/runs.ts';
import { guardArgs, withAborts } from '../runs/options/limits.ts';
import { outputArgs } from '../runs/options/output-env.ts';
import { hostEnv, scriptEnv } from '../runs/options/script-env.ts';
import { K6_SETTINGS } from '../stack/native/k6-launcher.ts';
import { hasMerger, type RunPlan } from './plan.ts';
import { mergerUrl } from './services/names.ts';
import { fromConfig, fromSecret, POD_NAME, toEnv } from './services/pods.ts';

/** Where things lie in a generator's pod. */
export const POD_PATHS = {
  spool: '/loadstar/spool',
  users: '/loadstar/users',
  ca: '/loadstar/ca',
  /** Of a script in a ConfigMap: https://github.com/grafana/k6-operator/blob/v1.6.0/pkg/types/script.go */
  config_map: '/test',
  /** Of a script that is baked into the image. */
  scripts: '/loadstar/scripts',
} as const;

const USERS_KEY = K8S_SECRETS.users.keys[0];
export const CA_KEY = 'ca.pem';
const MIB = 2 ** 20;

/** What the script finds in `__ENV`, but for secrets. The same code as that of `loadstar run` says what that is. */
function plainScriptEnv({ options, base_url, scenario, has_users, header_names }: RunPlan): Record<string, string> {
  const open = {
    ...options,
    script: { ...options.script, env: {}, users: null },
    target: { ...options.target, headers: {} },
  };
  const script = scriptEnv(open, {
    base_url,
    slos: withAborts(scenario.slos, options.abort_after_s),
    users_file: has_users ? `${POD_PATHS.users}/${USERS_KEY}` : null,
    // A path that is nowhere kept: generators are judged together, from InfluxDB.
    summary_file: '/tmp/k6-summary.json',
  });
  const { traces } = options.named_target ?? {};
  const env: Record<string, string> = {
    ...script,
    ...hostEnv(options, []),
    ...(traces ? { [SCRIPT_ENV.trace_share]: String(traces.sampled_share) } : {}),
  };
  if (header_names.length > 0) delete env[SCRIPT_ENV.headers];
  return env;
}

/** Variables whose values pods take from the Secret of the target. */
export function secretVariables({ secret_names, header_names }: RunPlan): string[] {
  return [...(header_names.length > 0 ? [SCRIPT_ENV.headers] : []), ...secret_names];
}

/** k6's arguments for the output, and its environment without address, organisation and token. */
function outputSettings(plan: RunPlan, testid: RunId): { args: string[]; env: Record<string, string> } {
  const nowhere = { url: '', url_for_k6: '', org: '', tokens: { k6: '', telegraf: '', grafana: '', cli: '' } };
  const { args, env } = outputArgs([DEFAULT_OUTPUT], {
    influx: nowhere,
    ...(hasMerger(plan) ? { meeting: { merger_url: mergerUrl(testid), generators: plan.parallelism } } : {}),
    spool_dir: POD_PATHS.spool,
    report_file: '/tmp/output-report.json',
    own: {
      // Nobody follows the log of a pod as a terminal does.
      K6_LOADSTAR_PROGRESS: 'false',
      K6_LOADSTAR_SPOOL_LIMIT: String(GENERATOR.spool_mib * MIB),
      K6_LOADSTAR_DRAIN_TIMEOUT: GENERATOR.drain_timeout,
      ...plan.output_settings,
    },
  });
  return { args, env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')) };
}

/** `$(POD_NAME)`: Kubernetes puts the name in when the pod starts. */
export function generatorArgs(plan: RunPlan, testid: RunId, tags: Readonly<Record<string, string>>): string[] {
  return [
    ...Object.entries(tags).flatMap(([tag, value]) => ['--tag', `${tag}=${value}`]),
    ...guardArgs(plan.options),
    ...outputSettings(plan, testid).args,
  ];
}

/** @param more without secrets */
export function generatorEnv(plan: RunPlan, testid: RunId, more: Readonly<Record<string, string>>): IEnvVar[] {
  // A pod sees its own share: whether an SLO passes is for the judge to say.
  const shared = hasMerger(plan) ? { K6_NO_THRESHOLDS: 'true' } : {};
  const output = outputSettings(plan, testid).env;
  return [
    POD_NAME,
    ...toEnv({ ...K6_SETTINGS, ...plainScriptEnv(plan), ...more, ...shared, ...output, ...caEnv(plan) }),
    ...influxEnv(),
    ...secretVariables(plan).map((name) => fromSecret(name, K8S_SECRETS.target.name, name)),
  ];
}

/** Where k6 writes to, for generators and for what adds them up. */
export function influxEnv(): IEnvVar[] {
  return [
    fromConfig('K6_INFLUXDB_ADDR', K8S_SERVERS, 'INFLUX_URL'),
    fromConfig('K6_INFLUXDB_ORGANIZATION', K8S_SERVERS, 'INFLUX_ORG'),
    fromSecret('K6_INFLUXDB_TOKEN', K8S_SECRETS.tokens.name, 'k6'),
  ];
}

/**
 * The initializer reads the script and counts its users. The operator hands it every variable as an argument, which shows
 * in process lists: so it gets no secret, but something in its place for scripts that look at it while they load.
 * @param more without secrets
 */
export function initializerEnv(plan: RunPlan, more: Readonly<Record<string, string>>): IEnvVar[] {
  const hollow = secretVariables(plan).map((name) => [name, name === SCRIPT_ENV.headers ? '{}' : 'initializer']);
  return toEnv({ ...K6_SETTINGS, ...plainScriptEnv(plan), ...more, ...Object.fromEntries(hollow) });
}

/** Go reads this file, and the system's directory of certificates all the same. */
function caEnv({ ca }: RunPlan): Record<string, string> {
  return ca ? { SSL_CERT_FILE: `${POD_PATHS.ca}/${CA_KEY}` } : {};
}
