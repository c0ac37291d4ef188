import { existsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { PROJECT_FILES } from '../contract/project-files.ts';
import { usageError } from './errors.ts';

/** The project that a call belongs to. */
export interface FoundProject {
  /** Absolute: state and results are below it. */
  readonly directory: string;
  /** Absolute: its configuration, or null if it has none. */
  readonly config_file: string | null;
  /** Absolute: paths of a project without configuration are relative to it. */
  readonly base: string;
}

interface Place {
  readonly cwd: string;
  /** Directory of Loadstar's own package. */
  readonly root: string;
  /** The configuration that the call names, if it names one. */
  readonly named_config: string | undefined;
}

/**
 * Finds the project upwards from the working directory, as git does, so that a call from a subfolder uses the same state. A
 * clone of Loadstar is a project itself. An installed package is none: `npm ci` deletes what lies in it.
 */
export function findProject({ cwd, root, named_config }: Place): FoundProject {
  const repository = [...parents(cwd)];
  const with_config = repository.find((it) => existsSync(join(it, PROJECT_FILES.config)));
  if (with_config !== undefined) {
    return { directory: with_config, config_file: join(with_config, PROJECT_FILES.config), base: with_config };
  }
  const is_clone = !root.split(/[\\/]/).includes('node_modules');
  const is_in_clone = is_clone && !relative(root, cwd).startsWith('..');
  if (is_in_clone) return { directory: root, config_file: null, base: root };
  if (named_config !== undefined) {
    const directory = dirname(resolve(cwd, named_config));
    return { directory, config_file: null, base: directory };
  }
  if (is_clone) return { directory: root, config_file: null, base: cwd };
  const directory =
    repository.find((it) => existsSync(join(it, 'package.json'))) ??
    repository.find((it) => existsSync(join(it, '.git'))) ??
    cwd;
  return { directory, config_file: null, base: directory };
}

/** The directory and those above it, up to the root of its repository: what lies outside of it is not the team's. */
export function* parents(directory: string): Generator<string> {
  yield directory;
  const parent = dirname(directory);
  if (parent !== directory && !existsSync(join(directory, '.git'))) yield* parents(parent);
}

/**
 * Loading a configuration runs its code. One that is found above the working directory must belong to this user, to root, or to
 * the owner of the working directory: otherwise anybody could leave one in /tmp for others.
 * @throws LoadstarError (usage)
 */
export function requireTrusted(config_file: string, cwd: string, ownerOf = (path: string) => statSync(path).uid): void {
  if (dirname(config_file) === cwd) return;
  const uid = ownerOf(config_file);
  if ([userInfo().uid, 0, ownerOf(cwd)].includes(uid)) return;
  throw usageError(
    `the configuration above ${cwd} to be yours`,
    `${config_file}, which belongs to user ${uid}`,
    `check it, then name it: --config ${config_file}`,
  );
}

/** The value of `--config` in a command line that is not parsed yet: results and state are beside it. */
export function namedConfig(args: readonly string[]): string | undefined {
  const index = args.findIndex((it) => it === '--config' || it.startsWith('--config='));
  if (index < 0) return undefined;
  return (args[index]?.includes('=') ? args[index]?.slice('--config='.length) : args[index + 1]) || undefined;
}
