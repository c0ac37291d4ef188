/** A Loadstar of a test in Docker. Whatever becomes of the test, nothing of it stays in the engine. */
import { realpathSync } from 'node:fs';
import { runCommand } from '../../lib/command.ts';
import { probeDocker } from '../../stack/docker/probe.ts';
import { projectNameOf } from '../../stack/docker/project.ts';
import { type Machine, machine } from './machine.ts';

export interface DockerMachine extends Machine {
  /** The compose project of its state directory. */
  readonly project: string;
}

/** Which engine and which images: the settings of the machine that runs the tests. */
const SETTINGS = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'WITH_XK6_OUTPUT_INFLUXDB', 'K6_VERSION'];

/** Why the tests cannot use Docker here; null: they can. */
export async function findDockerGap(): Promise<string | null> {
  const docker = await probeDocker(process.env);
  if (docker.state !== 'ready') return `no Docker: ${docker.found} (${docker.next})`;
  return null;
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
