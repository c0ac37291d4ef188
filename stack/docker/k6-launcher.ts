import { randomBytes } from 'node:crypto';
import { join, relative } from 'node:path';
import { OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import { LOOPBACK, MERGER_PORT } from '../../contract/ports.ts';
import { freePort } from '../../lib/free-port.ts';
import { proxyVariables } from '../../lib/proxies.ts';
import { removeContainers } from '../engine/containers.ts';
import type { EngineContext, K6Launcher, K6Place, K6Process, K6Start } from '../engine/engine.ts';
import { findLoopbackPlace } from '../engine/k6-place.ts';
import { startK6Process } from '../engine/k6-process.ts';
import { type ComposeEnv, composeArgs } from './compose.ts';
import type { DockerNetwork } from './network.ts';

/** The name of this machine in a container (docker-compose.yml `extra_hosts`). */
export const HOST_FROM_CONTAINER = 'host.docker.internal';
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

/** Arguments of `docker compose run`. They hold the names of variables, never their values. */
export function runArgs(
  root: string,
  container: string,
  network: DockerNetwork,
  start: Pick<K6Start, 'args' | 'env' | 'reads' | 'place'>,
): string[] {
  const variables = Object.keys(start.env).flatMap((name) => ['--env', name]);
  const files = start.reads === undefined ? [] : ['--volume', `${start.reads}:${start.reads}:ro`];
  const publish = start.place?.container ? ['--publish', start.place.container.publish] : [];
  const options = ['--rm', '--no-deps', '--no-TTY', '--name', container, ...publish, ...variables, ...files];
  return composeArgs(root, ['--profile', 'k6', 'run', ...options, 'k6', ...start.args], network);
}

interface DockerK6 {
  /** Of k6 in its image. */
  readonly version: string;
  readonly network: DockerNetwork;
  /** Name of the container that the demo runs in, if it has one. */
  readonly demo: string;
}

/** @param env selects the image of k6 */
export function createDockerK6(
  context: EngineContext,
  env: ComposeEnv,
  { version, network, demo }: DockerK6,
): K6Launcher {
  return {
    version,
    outputs: (Object.keys(OUTPUTS) as OutputName[]).filter((name) => name !== 'xk6-influxdb' || hasXk6Influxdb(env)),
    own_hosts: network === 'host' ? [] : [demo],
    sees_host_files: false,
    guards_hosts: true,
    // A browser would make the image ten times as large.
    browser: null,
    path: (host_path) => toContainerPath(context, host_path),
    has_host_network: network === 'host',
    findPlace: network === 'host' ? findLoopbackPlace : findContainerPlace,
    start: (start) => startK6(context, env, network, start),
  };
}

/** Whether the image is built with xk6-output-influxdb (k6/Dockerfile has the same condition). */
function hasXk6Influxdb(env: ComposeEnv): boolean {
  return env.WITH_XK6_OUTPUT_INFLUXDB !== 'false';
}

/** If this process is killed, or asks k6 to stop, the load stops (k6/output/cmd/k6/parent.go). */
const STOP_WITH_US = { LOADSTAR_STOP_WITH_INPUT: 'true' } as const;

/**
 * Loopback addresses of k6 in the network of the project lead to this machine (k6/output/hostguard). URLs stay as they are,
 * and with them Host headers and the names in certificates.
 */
const LOOPBACK_ELSEWHERE = { LOADSTAR_LOOPBACK_HOST: HOST_FROM_CONTAINER } as const;

/** Containers of the network of the project find each other by their names. */
async function findContainerPlace(): Promise<K6Place> {
  const name = containerName('merger');
  const here = `${LOOPBACK}:${await freePort()}`;
  return {
    listen: `0.0.0.0:${MERGER_PORT}`,
    url: `http://${name}:${MERGER_PORT}`,
    own_url: `http://${here}`,
    container: { name, publish: `${here}:${MERGER_PORT}` },
  };
}

function containerName(kind: 'k6' | 'merger'): string {
  return `loadstar-${kind}-${randomBytes(4).toString('hex')}`;
}

function startK6(context: EngineContext, env: ComposeEnv, network: DockerNetwork, start: K6Start): K6Process {
  const name = start.place?.container?.name ?? containerName('k6');
  // A proxy of this machine may listen on its loopback alone, and names of the project's network are known to none.
  const route = network === 'host' ? proxyVariables(context.env) : LOOPBACK_ELSEWHERE;
  const variables = { ...route, ...STOP_WITH_US, ...start.env };
  return startK6Process(
    {
      program: 'docker',
      args: runArgs(context.root, name, network, { ...start, env: variables }),
      cwd: context.root,
      env: { ...env, ...variables },
      onLine: start.onLine,
    },
    { name, remove: () => removeContainers([name], env) },
  );
}
