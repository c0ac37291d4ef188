/**
 * What the kubelet and k6-operator make of a TestRun, as far as k6 sees it: commands and environment of its pods, run as
 * processes here. From the operator's sources, v1.6.0: pkg/resources/jobs/{initializer,runner,starter}.go.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { TestRun } from '../../kubernetes/test-run.ts';
import { portForLater } from './ports.ts';

/** What a cluster would know besides the manifests. */
export interface FakeCluster {
  readonly k6: string;
  /** Stands for the file systems of all pods. */
  readonly directory: string;
  readonly config_maps: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Texts that mean something else outside of a cluster, such as the address of a Service. */
  readonly instead: Readonly<Record<string, string>>;
}

export interface PodEnd {
  readonly code: number | null;
  readonly output: string;
}

type EnvVar = NonNullable<TestRun['spec']['runner']['env']>[number];

/** The initializer: `k6 archive`, then `k6 inspect`. @returns what k6 says the test needs, and the arguments that anybody could have seen */
export async function runInitializer(
  cluster: FakeCluster,
  { spec, metadata }: TestRun,
): Promise<{ readonly requirements: { readonly maxVUs: number }; readonly arguments: readonly string[] }> {
  const env = environment(cluster, spec.initializer.env ?? [], `${metadata.name}-initializer`);
  const archive = join(cluster.directory, 'archived.tar');
  const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  // It hands on everything but the output.
  const args = spec.args.slice(0, spec.args.indexOf('--out'));
  const archive_args = ['archive', script(cluster, spec), ...variables, '-O', archive, ...args];
  const archived = await pod(cluster, archive_args, env);
  if (archived.code !== 0) throw new Error(archived.output);
  const inspected = await pod(cluster, ['inspect', '--execution-requirements', archive], env);
  return { requirements: JSON.parse(inspected.output) as { maxVUs: number }, arguments: archive_args };
}

/** The runners, paused, and then the starter that lets them all go. @param pause_ms how long pods take to be there */
export async function runGenerators(cluster: FakeCluster, test_run: TestRun, pause_ms = 0): Promise<PodEnd[]> {
  const { spec, metadata } = test_run;
  const count = spec.parallelism;
  const parts = Array.from({ length: count + 1 }, (_, at) => (at === 0 ? '0' : at === count ? '1' : `${at}/${count}`));
  const runners = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const address = `127.0.0.1:${await portForLater()}`;
      const env = environment(cluster, spec.runner.env ?? [], `${metadata.name}-${at + 1}-abcde`);
      const args = [
        ...['run', '--quiet', `--execution-segment=${parts[at]}:${parts[at + 1]}`],
        `--execution-segment-sequence=${parts.join(',')}`,
        ...spec.args.map((arg) => expanded(arg, env)),
        ...[script(cluster, spec), `--address=${address}`, '--paused'],
        ...['--tag', `instance_id=${at + 1}`, '--tag', `testrun_name=${metadata.name}`],
      ];
      return { address, end: pod(cluster, args, env) };
    }),
  );
  await new Promise((done) => setTimeout(done, pause_ms));
  for (const { address } of runners) await start(address);
  return await Promise.all(runners.map(({ end }) => end));
}

/** The Job of the merger. @returns its end, which it comes to by itself */
export function runMerger(cluster: FakeCluster, job: IJob): Promise<PodEnd> {
  const [container] = job.spec?.template.spec?.containers ?? [];
  if (!container) throw new Error('expected a Job with a container');
  return pod(cluster, container.args ?? [], environment(cluster, container.env ?? [], `${job.metadata?.name}-abcde`));
}

const START_ATTEMPTS = 60;
const START_POLL_MS = 500;

async function start(address: string): Promise<void> {
  const body = JSON.stringify({ data: { attributes: { paused: false }, id: 'default', type: 'status' } });
  const headers = { 'content-type': 'application/json' };
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
    const answer = await fetch(`http://${address}/v1/status`, { method: 'PATCH', headers, body }).catch(() => null);
    if (answer?.ok) return;
    await new Promise((done) => setTimeout(done, START_POLL_MS));
  }
  throw new Error(`no k6 answers at ${address}`);
}

function pod(cluster: FakeCluster, args: readonly string[], env: Readonly<Record<string, string>>): Promise<PodEnd> {
  return new Promise((done) => {
    const child = spawn(
      cluster.k6,
      args.map((arg) => local(cluster, arg)),
      { cwd: cluster.directory, env },
    );
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('close', (code) => done({ code, output }));
  });
}

/** The ConfigMap with the script, mounted at /test. */
function script({ directory, config_maps }: FakeCluster, { script: where }: TestRun['spec']): string {
  if (!('configMap' in where)) throw new Error('expected a script in a ConfigMap');
  const mounted = join(directory, 'test');
  mkdirSync(mounted, { recursive: true });
  for (const [name, text] of Object.entries(config_maps[where.configMap.name] ?? {})) {
    writeFileSync(join(mounted, name), text);
  }
  return join(mounted, where.configMap.file);
}

/** In the order of the manifest: `$(NAME)` refers to variables before it. @throws Error where a Secret or ConfigMap lacks a key */
function environment(cluster: FakeCluster, variables: readonly EnvVar[], pod_name: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { name, value, valueFrom } of variables) {
    const secret = valueFrom?.secretKeyRef;
    const config = valueFrom?.configMapKeyRef;
    let text = expanded(value ?? '', env);
    if (secret) text = required(cluster.secrets[secret.name ?? '']?.[secret.key], name);
    if (config) text = required(cluster.config_maps[config.name ?? '']?.[config.key], name);
    if (valueFrom?.fieldRef?.fieldPath === 'metadata.name') text = pod_name;
    env[name] = local(cluster, text);
  }
  return env;
}

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new Error(`nothing holds what ${name} refers to`);
  return value;
}

/** https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/ */
function expanded(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$\(|\$\((\w+)\)/g, (all, name?: string) => (name ? (env[name] ?? all) : '$('));
}

function local({ instead }: FakeCluster, text: string): string {
  return Object.entries(instead).reduce((done, [from, to]) => done.replaceAll(from, to), text);
}
