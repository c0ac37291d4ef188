import { runCommand } from '../../lib/command.ts';
import { findProgram } from '../binaries/which.ts';
import type { EngineContext } from '../engine/engine.ts';

type Env = EngineContext['env'];

/** Whether Docker can be used, or what is missing and how to get it. `absent`: this machine has no Docker at all. */
export type DockerState =
  | { readonly state: 'ready'; readonly found: string }
  | { readonly state: 'absent' | 'unusable'; readonly found: string; readonly next: string };

/** What the calls say. `reason`: the end of their output. */
export interface DockerAnswers {
  readonly server: Answer;
  readonly compose: Answer;
  /** Security options of the engine as JSON, such as `["name=rootless"]`. */
  readonly security: Answer;
  /** Address of the engine that the client talks to, such as `unix:///var/run/docker.sock`. */
  readonly address: string;
}
interface Answer {
  readonly ok: boolean;
  readonly stdout: string;
  readonly reason: string;
}

/** A local engine answers in 0.1 s, and in a few seconds on a machine that is overloaded. */
const ANSWER_MS = 5_000;
/** `docker compose pull --policy` is there since 2.22 (September 2023). */
const COMPOSE_MIN = [2, 22] as const;
const INSTALL = 'https://docs.docker.com/engine/install';
const INSTALL_COMPOSE = 'https://docs.docker.com/compose/install/linux';

/** A rootless engine and `userns-remap` give containers other users than this machine has. */
const USERS_OF_ITS_OWN = /name=(rootless|userns)\b/;

/** Asks the client, the engine and the compose plugin. */
export async function probeDocker(env: Env): Promise<DockerState> {
  if (!(await findProgram('docker', env))) {
    return { state: 'absent', found: 'no `docker` on PATH', next: INSTALL };
  }
  const ask = (...args: string[]) => runCommand('docker', args, { env, timeout_ms: ANSWER_MS });
  const [server, compose, security, context] = await Promise.all([
    ask('version', '--format', '{{.Server.Version}}'),
    ask('compose', 'version', '--short'),
    ask('info', '--format', '{{json .SecurityOptions}}'),
    ask('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'),
  ]);
  return judgeDocker({ server, compose, security, address: env.DOCKER_HOST || context.stdout.trim() }, env);
}

/** Judges the answers of {@link probeDocker}. @param env for advice: DOCKER_HOST and DOCKER_CONTEXT choose the engine */
export function judgeDocker({ server, compose, security, address }: DockerAnswers, env: Env): DockerState {
  const unusable = (found: string, next: string): DockerState => ({ state: 'unusable', found, next });
  // First: it would not be used if it answered.
  if (!isLocal(address)) {
    return unusable(
      `the engine at ${address}, on another machine: ports and files of this one are not its own`,
      `${unsetText(env)}, or use ENGINE=native or ENGINE=external`,
    );
  }
  const version = server.stdout.trim();
  if (!server.ok || version === '') return unusable(...explainSilence(server.reason, address, env));
  const [, users] = USERS_OF_ITS_OWN.exec(security.stdout) ?? [];
  if (users) {
    return unusable(
      `engine ${version} with ${users}: its containers cannot read and write files as the user of this machine`,
      'use ENGINE=native, or an engine without it: docker context ls',
    );
  }
  if (!compose.ok) return unusable(`engine ${version}, without the compose plugin`, INSTALL_COMPOSE);
  const plugin = compose.stdout.trim();
  if (!isComposeNewEnough(plugin)) {
    return unusable(`compose plugin ${plugin}, but it has to be ≥ ${COMPOSE_MIN.join('.')}`, INSTALL_COMPOSE);
  }
  return { state: 'ready', found: `engine ${version}, compose ${plugin}` };
}

function explainSilence(reason: string, address: string, env: Env): [found: string, next: string] {
  if (/permission denied/i.test(reason)) {
    return [
      `no permission to use the engine at ${address}`,
      'add yourself to its group and log in again: sudo usermod -aG docker $USER',
    ];
  }
  if (/context not found/i.test(reason)) {
    return [`the context ${env.DOCKER_CONTEXT ?? ''} does not exist`, 'select one: docker context ls'];
  }
  const where = address || 'its address';
  const chosen = env.DOCKER_HOST
    ? `DOCKER_HOST=${env.DOCKER_HOST}: start that engine, or unset DOCKER_HOST`
    : 'start the engine, or select another one: docker context ls';
  if (
    /cannot connect|connection refused|no such file|failed to connect|error during connect|no such host/i.test(reason)
  ) {
    return [`no engine answers at ${where}`, chosen];
  }
  if (/timed out|timeout/i.test(reason) || reason.trim() === '') {
    return [`no answer of the engine at ${where} in ${ANSWER_MS / 1_000} s`, chosen];
  }
  return [lastLine(reason), chosen];
}

function unsetText(env: Env): string {
  return env.DOCKER_HOST ? 'unset DOCKER_HOST' : 'select an engine of this machine: docker context ls';
}

/** The stack listens on loopback, and mounts files of this machine. */
function isLocal(address: string): boolean {
  return (
    !/^(tcp|https?|ssh):\/\//.test(address) ||
    /^(tcp|https?):\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(address)
  );
}

/** A version without numbers, of a build of its own, is taken as new. */
function isComposeNewEnough(version: string): boolean {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return true;
  const [least_major, least_minor] = COMPOSE_MIN;
  return Number(major) > least_major || (Number(major) === least_major && Number(minor) >= least_minor);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
