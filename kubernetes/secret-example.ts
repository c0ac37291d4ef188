import { CHANNELS } from '../contract/channels.ts';
import { type EnvName, SCRIPT_ENV } from '../contract/env.ts';
import { K8S_SECRETS } from '../contract/k8s.ts';
import type { CommandContext } from '../lib/context.ts';
import { configuredChannels } from '../stack/engine/provisioning.ts';
import { secretVariables } from './generator-env.ts';
import type { RunPlan } from './plan.ts';
import { isSecret } from './services/grafana.ts';

/**
 * The commands that create the Secrets of the manifests. Values come from the environment or a random source, never from
 * arguments, which process lists show. The file itself holds no values.
 */
export function secretExample(context: CommandContext, plan: RunPlan, namespace: string): string {
  const { influxdb, grafana, tokens } = K8S_SECRETS;
  return [
    '# Commands that create the Secrets of the manifests. Run those that you need in bash, with kubectl 1.24 or later.',
    '# Values come from the environment of your shell or are generated, and pass through pipes, never through arguments.',
    '',
    '# 0. Create the namespace: kubectl apply --server-side -k base',
    '',
    '# 1. Stack: the credentials of InfluxDB and Grafana. Once.',
    createCommand(namespace, influxdb.name, [
      [`operator_token`, '$(openssl rand -hex 32)'],
      ['password', '$(openssl rand -hex 16)'],
    ]),
    createCommand(namespace, grafana.name, [['admin_password', '$(openssl rand -hex 16)']]),
    ...channelCommand(context, namespace),
    '',
    `# The set-up job creates the tokens of InfluxDB (${tokens.name}). For an existing InfluxDB, create three tokens: one that writes`,
    '# the bucket k6, one that reads all buckets, and one that reads all and writes k6_runs.',
    '#   ' +
      createCommand(namespace, tokens.name, [
        ['k6', '$INFLUX_TOKEN_K6'],
        ['grafana', '$INFLUX_TOKEN_GRAFANA'],
        ['cli', '$INFLUX_TOKEN_CLI'],
      ]).replaceAll('\n', '\n#   '),
    ...targetCommand(plan, namespace),
    ...usersCommand(plan, namespace),
    '',
  ].join('\n');
}

/** `--from-env-file` reads lines of NAME=value from the pipe. */
function createCommand(
  namespace: string,
  secret: string,
  values: readonly (readonly [key: string, source: string])[],
): string {
  const lines = values.map(([key, source]) => `"${key}=${source}"`).join(' ');
  return [
    `printf '%s\\n' ${lines} |`,
    `  kubectl --namespace ${namespace} create secret generic ${secret} --from-env-file=/dev/stdin`,
  ].join('\n');
}

function channelCommand(context: CommandContext, namespace: string): string[] {
  const needed = configuredChannels(context.env).flatMap((name) => CHANNELS[name].needs);
  const secrets: EnvName[] = [...new Set(needed)].filter(isSecret);
  if (context.environment.SMTP_PASSWORD) secrets.push('SMTP_PASSWORD');
  if (secrets.length === 0) return [];
  const values = secrets.map((name) => [name, `$${name}`] as const);
  return ['', '# Credentials of the alert channels.', createCommand(namespace, K8S_SECRETS.channels.name, values)];
}

function targetCommand(plan: RunPlan, namespace: string): string[] {
  const variables = secretVariables(plan);
  if (variables.length === 0) return [];
  const { header_names, options } = plan;
  const headers = header_names.map((name) => `${name}`).join(', ');
  const values = variables.map((name) => [name, `$${name}`] as const);
  return [
    '',
    `# 2. Run: the secrets of the target${options.named_target ? ` ${options.named_target.name}` : ''} and the scenario.`,
    ...(header_names.length > 0
      ? [
          `# ${SCRIPT_ENV.headers} is a JSON object in one line with the headers ${headers}. For example`,
          `#   export ${SCRIPT_ENV.headers}='{"Authorization":"Bearer …"}'    (Basic: base64 of user:password)`,
        ]
      : []),
    createCommand(namespace, K8S_SECRETS.target.name, values),
  ];
}

function usersCommand({ has_users }: RunPlan, namespace: string): string[] {
  if (!has_users) return [];
  const { name, keys } = K8S_SECRETS.users;
  return [
    '',
    '# Accounts of virtual users: a JSON array of objects whose values are strings.',
    `kubectl --namespace ${namespace} create secret generic ${name} --from-file=${keys[0]}=/path/to/users.json`,
  ];
}
