import { randomBytes } from 'node:crypto';
import { join, relative } from 'node:path';
import { OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import { hostAllowed } from '../../profiles/hosts.ts';
import { removeContainers } from '../engine/containers.ts';
import type { EngineContext, K6Launcher, K6Process, K6Start } from '../engine/engine.ts';
import { startK6Process } from '../engine/k6-process.ts';
import { composeArgs } from './compose.ts';

/** The name of this machine in a container (docker-compose.yml `extra_hosts`). */
const HOST_FROM_CONTAINER = 'host.docker.internal';
const MOUNTED_AT = '/loadstar';

/** Converts a path below the mounted directories to the path in the container. */
export function toContainerPath(context: Pick<EngineContext, 'results_dir' | 'state_dir'>, host_path: string): string {
  const mounts = [
    { host: join(context.state_dir, 'bundles'), name: 'bundles' },
    { host: join(context.state_dir, 'spool'), name: 'spool' },
    { host: context.results_dir, name: 'results' },
  ];
  for (const { host, name } of mounts) {
    const below = relative(host, host_path);
    if (!below.startsWith('..')) return [MOUNTED_AT, name, ...(below ? [below] : [])].join('/');
  }
  throw new Error(`unreachable: ${host_path} is not mounted into the k6 container`);
}

/** Converts a URL of this machine to the URL in the container, where loopback is the container itself. */
export function toContainerUrl(host_url: string): string {
  const url = new URL(host_url);
  if (!hostAllowed(url.hostname, [])) return host_url;
  url.hostname = HOST_FROM_CONTAINER;
  return url.href.replace(/\/$/, '');
}

/** Arguments of `docker compose run`. They hold the names of variables, never their values. */
export function runArgs(root: string, container: string, start: Pick<K6Start, 'args' | 'env' | 'reads'>): string[] {
  const variables = Object.keys(start.env).flatMap((name) => ['--env', name]);
  const files = start.reads === undefined ? [] : ['--volume', `${start.reads}:${start.reads}:ro`];
  const options = ['--rm', '--no-deps', '--no-TTY', '--name', container, ...variables, ...files];
  return composeArgs(root, ['--profile', 'k6', 'run', ...options, 'k6', ...start.args]);
}

/** @param version of k6 in its image */
export function createDockerK6(
  context: EngineContext,
  env: Readonly<Record<string, string | undefined>>,
  version: string,
): K6Launcher {
  return {
    version,
    outputs: (Object.keys(OUTPUTS) as OutputName[]).filter((name) => name !== 'xk6-influxdb' || hasXk6Influxdb(env)),
    own_hosts: [HOST_FROM_CONTAINER, 'demo'],
    sees_host_files: false,
    guards_hosts: true,
    // A browser would make the image ten times as large.
    browser: null,
    path: (host_path) => toContainerPath(context, host_path),
    url: toContainerUrl,
    start: (start) => startK6(context, env, start),
  };
}

/** Whether the image is built with xk6-output-influxdb (k6/Dockerfile has the same condition). */
function hasXk6Influxdb(env: Readonly<Record<string, string | undefined>>): boolean {
  return env.WITH_XK6_OUTPUT_INFLUXDB !== 'false';
}

/** If this process is killed, or asks k6 to stop, the load stops (k6/output/cmd/k6/parent.go). */
const STOP_WITH_US = { LOADSTAR_STOP_WITH_INPUT: 'true' } as const;

function startK6(context: EngineContext, env: Readonly<Record<string, string | undefined>>, start: K6Start): K6Process {
  const name = `loadstar-k6-${randomBytes(4).toString('hex')}`;
  const variables = { ...STOP_WITH_US, ...start.env };
  return startK6Process(
    {
      program: 'docker',
      args: runArgs(context.root, name, { ...start, env: variables }),
      cwd: context.root,
      env: { ...env, ...variables },
      onLine: start.onLine,
    },
    { name, remove: () => removeContainers([name], env) },
  );
}
