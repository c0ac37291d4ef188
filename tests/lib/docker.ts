/** A Loadstar of a test in Docker. Whatever becomes of the test, nothing of it stays in the engine. */
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../lib/command.ts';
import { GRAFANA_IMAGE, INFLUXDB_IMAGE } from '../../stack/docker/pinned-images.ts';
import { probeDocker } from '../../stack/docker/probe.ts';
import { projectNameOf } from '../../stack/docker/project.ts';
import { type Machine, machine, ROOT } from './machine.ts';

export interface DockerMachine extends Machine {
  /** The compose project of its state directory. */
  readonly project: string;
}

const PULL_MS = 300_000;

/** Which engine and which images: the settings of the machine that runs the tests. */
const SETTINGS = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'WITH_XK6_OUTPUT_INFLUXDB', 'K6_VERSION'];

/**
 * Why the tests cannot use Docker here; null: they can. Missing images are pulled.
 * @throws Error instead, if DOCKER_TESTS=required
 */
export async function findDockerGap(): Promise<string | null> {
  const state = await probeDocker(process.env);
  const gap =
    state.state === 'ready'
      ? await findImageGap([INFLUXDB_IMAGE, ...baseImages()])
      : `no Docker: ${state.found} (${state.next})`;
  return requireNoGap(gap);
}

/** Why the tests cannot use Grafana in Docker here, as {@link findDockerGap}. */
export async function findGrafanaGap(): Promise<string | null> {
  return requireNoGap(await findImageGap([GRAFANA_IMAGE]));
}

function requireNoGap(gap: string | null): string | null {
  if (gap !== null && process.env.DOCKER_TESTS === 'required') throw new Error(`DOCKER_TESTS=required, but ${gap}`);
  return gap;
}

/** Why one of the images cannot be had; null: they are here, maybe pulled just now. */
export async function findImageGap(images: readonly string[]): Promise<string | null> {
  for (const image of images) {
    if ((await runCommand('docker', ['image', 'inspect', image])).ok) continue;
    const { ok, reason } = await runCommand('docker', ['pull', '--quiet', image], { timeout_ms: PULL_MS });
    if (!ok) return `no image ${image}: ${reason.trim().split('\n').at(-1)}`;
  }
  return null;
}

/** What the images of Loadstar are built from. */
function baseImages(): string[] {
  const files = ['k6', 'inbox', 'demo'].map((name) => readFileSync(join(ROOT, name, 'Dockerfile'), 'utf8'));
  return [...new Set(files.flatMap((text) => [...text.matchAll(/^FROM (\S+)/gm)].map(([, image = '']) => image)))];
}

export async function dockerMachine(more: Readonly<Record<string, string>> = {}): Promise<DockerMachine> {
  const settings = SETTINGS.flatMap((name) => (process.env[name] ? [[name, process.env[name] ?? '']] : []));
  const here = await machine({ ...Object.fromEntries(settings), ENGINE: 'docker', ...more });
  const project = projectNameOf(realpathSync(here.state_dir));
  return {
    ...here,
    project,
    async dispose() {
      await removeProject(project);
      await here.dispose();
    },
  };
}

/** Runs `docker` on the engine of the tests. @returns its lines. @throws Error with the end of its output */
export async function docker(...args: readonly string[]): Promise<string[]> {
  const { ok, stdout, reason } = await runCommand('docker', args);
  if (!ok) throw new Error(`docker ${args.join(' ')}: ${reason}`);
  return stdout.split('\n').filter(Boolean);
}

const ofProject = (project: string) => ['--filter', `label=com.docker.compose.project=${project}`];

/** Names of the containers of a project, stopped ones included. @param service of docker-compose.yml; left out: of all */
export async function listContainers(project: string, service?: string): Promise<string[]> {
  const of_service = service ? ['--filter', `label=com.docker.compose.service=${service}`] : [];
  return await docker('ps', '--all', '--format', '{{.Names}}', ...ofProject(project), ...of_service);
}

/** All that a project has in the engine. */
export async function listProject(project: string): Promise<string[]> {
  const [containers, networks, volumes] = await Promise.all([
    listContainers(project),
    docker('network', 'ls', '--format', '{{.Name}}', ...ofProject(project)),
    docker('volume', 'ls', '--format', '{{.Name}}', ...ofProject(project)),
  ]);
  return [...containers, ...networks, ...volumes];
}

async function removeProject(project: string): Promise<void> {
  const containers = await listContainers(project);
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers);
  for (const kind of ['network', 'volume']) {
    const names = await docker(kind, 'ls', '--format', '{{.Name}}', ...ofProject(project));
    if (names.length > 0) await docker(kind, 'rm', ...names);
  }
}
