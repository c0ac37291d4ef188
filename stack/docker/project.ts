import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runCommand } from '../../lib/command.ts';
import { usageError } from '../../lib/errors.ts';
import { readJson, readOptional, writePrivate } from '../../lib/private-files.ts';
import type { EngineContext } from '../engine/engine.ts';

/** Volumes, containers and the network of a compose project have its name as their prefix. */
export interface ComposeProject {
  readonly name: string;
  /** The name that the state directory used before; null: the same, or none. */
  readonly earlier: string | null;
}

/** In the state directory: a directory that moves keeps its volumes. */
interface ProjectFile {
  readonly project: string;
  readonly state_dir: string;
}

export const PROJECT_FILE = 'docker.json';
/** All checkouts had this project before there was {@link PROJECT_FILE}. */
const SHARED_PROJECT = 'loadstar';
/** Written only after an InfluxDB in Docker has accepted the tokens of this state directory. */
const DOCKER_USED = join('secrets', 'grafana_influx_token');
const HASH_DIGITS = 8;

/**
 * The compose project of a state directory: COMPOSE_PROJECT_NAME, or the name that it has used, or `loadstar-` and a hash
 * of its path. A copied state directory gets a project of its own.
 * @throws LoadstarError (usage) for a COMPOSE_PROJECT_NAME that compose refuses
 */
export async function findComposeProject(context: Pick<EngineContext, 'state_dir' | 'env'>): Promise<ComposeProject> {
  const state_dir = realPath(context.state_dir);
  const used = await findUsedProject(state_dir, context.env);
  const named = context.env.COMPOSE_PROJECT_NAME?.trim();
  if (named && !/^[a-z0-9][a-z0-9_-]*$/.test(named)) {
    throw usageError(
      'COMPOSE_PROJECT_NAME of lower-case letters, digits, hyphens and underscores',
      `\`${named}\``,
      'for example COMPOSE_PROJECT_NAME=loadstar-shop, or unset it',
    );
  }
  const name = named || used || projectNameOf(state_dir);
  return { name, earlier: used === name ? null : used };
}

/** Keeps the name for later calls. */
export async function keepComposeProject(state_dir: string, project: string): Promise<void> {
  const file: ProjectFile = { project, state_dir: realPath(state_dir) };
  const text = `${JSON.stringify(file)}\n`;
  if ((await readOptional(join(state_dir, PROJECT_FILE))) !== text)
    await writePrivate(join(state_dir, PROJECT_FILE), text);
}

/** `loadstar-` and the first digits of the SHA-256 of the path. */
export function projectNameOf(state_dir: string): string {
  return `${SHARED_PROJECT}-${createHash('sha256').update(state_dir).digest('hex').slice(0, HASH_DIGITS)}`;
}

async function findUsedProject(state_dir: string, env: EngineContext['env']): Promise<string | null> {
  const file = await readProjectFile(state_dir);
  if (!file) return (await ownsSharedProject(state_dir, env)) ? SHARED_PROJECT : null;
  if (file.state_dir === state_dir) return file.project;
  const original = await readProjectFile(file.state_dir);
  return original?.project === file.project ? null : file.project;
}

async function readProjectFile(state_dir: string): Promise<ProjectFile | null> {
  const file = await readJson<Partial<ProjectFile>>(join(state_dir, PROJECT_FILE));
  const { project, state_dir: path } = file ?? {};
  return typeof project === 'string' && typeof path === 'string' ? { project, state_dir: path } : null;
}

/** Whether this state directory has data in the project that all checkouts once shared. */
async function ownsSharedProject(state_dir: string, env: EngineContext['env']): Promise<boolean> {
  if ((await readOptional(join(state_dir, DOCKER_USED))) === null) return false;
  return (await runCommand('docker', ['volume', 'inspect', `${SHARED_PROJECT}_influxdb`], { env })).ok;
}

/** The directory may not exist yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
