import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMAND } from '../../contract/package-name.ts';
import { VERSIONS } from '../../contract/versions.ts';
import { runCommand } from '../../lib/command.ts';
import { unusableError } from '../../lib/errors.ts';
import type { EngineContext } from '../engine/engine.ts';
import { findProgram } from './which.ts';

/** Compares versions number by number: `1.26.8` is at least `1.25.0`. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [have, want] = [version, minimum].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (const [index, number] of want.entries()) {
    const difference = (have[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** @returns the version of Go, or null without Go */
export async function readGoVersion(env: EngineContext['env']): Promise<string | null> {
  if (!(await findProgram('go', env))) return null;
  const { stdout } = await runCommand('go', ['env', 'GOVERSION'], { env });
  return /go(\d+(?:\.\d+)*)/.exec(stdout)?.[1] ?? null;
}

/** First Go that runs another toolchain instead of itself: https://go.dev/doc/toolchain. */
const FIRST_GO_WITH_TOOLCHAINS = '1.21';

/** Whether this Go builds everything, by itself or with the toolchain that it downloads. */
export function canBuildWith(version: string): boolean {
  return isAtLeast(version, FIRST_GO_WITH_TOOLCHAINS);
}

/**
 * Finds a Go of at least `minimum`: the installed one, or the pinned toolchain, which Go itself downloads as a module and
 * keeps. Distributions and Go's own image switch this download off (`GOTOOLCHAIN=local`), so the build asks for it by name.
 * @returns what the environment of the build needs for it
 * @throws LoadstarError (unusable) that names the version found, the one needed, and why no toolchain could be had
 */
export async function requireGo(
  context: EngineContext,
  what: string,
  minimum: string,
): Promise<Readonly<Record<string, string>>> {
  const version = await readGoVersion(context.env);
  if (version && isAtLeast(version, minimum)) return {};
  const fail = (found: string): never => {
    throw unusableError(
      `Go ≥ ${minimum} to build ${what}`,
      found,
      `install Go from https://go.dev/dl, or Docker, which needs no build; \`${COMMAND} doctor\` lists all requirements`,
    );
  };
  if (!version) return fail('no `go` on PATH');
  if (!canBuildWith(version)) return fail(`Go ${version}`);
  const toolchain = { GOTOOLCHAIN: `go${VERSIONS.go_toolchain}` };
  const { ok, reason } = await runCommand('go', ['version'], {
    env: { ...context.env, ...toolchain },
    signal: context.signal,
  });
  if (ok) return toolchain;
  context.signal.throwIfAborted();
  return fail(`Go ${version}; Go ${VERSIONS.go_toolchain} could not be downloaded:\n${reason}`);
}

/** Runs `go`. @throws LoadstarError (unusable) with its last lines; the signal's reason if interrupted */
export async function runGo(
  context: EngineContext,
  what: string,
  args: readonly string[],
  options: { cwd: string; env?: Readonly<Record<string, string>>; onLine?: (line: string) => void },
): Promise<string> {
  const result = await runCommand('go', args, {
    cwd: options.cwd,
    env: { ...context.env, ...options.env },
    signal: context.signal,
    ...(options.onLine ? { onLine: options.onLine } : {}),
  });
  if (result.ok) return result.stdout;
  context.signal.throwIfAborted();
  throw unusableError(
    `${what} to build`,
    `go ${args[0]} failed:\n${result.reason}`,
    'fix the error and run the same command again; Go keeps what it has compiled',
  );
}

/**
 * Copies the sources of a module, which Go itself keeps read-only: builds write beside them, and remove them.
 * @param module with its version @returns the new directory `source` in that of `options`
 */
export async function copyModule(
  context: EngineContext,
  what: string,
  module: string,
  options: { cwd: string; env: Readonly<Record<string, string>> },
): Promise<string> {
  const text = await runGo(context, what, ['mod', 'download', '-json', module], options);
  const source = join(options.cwd, 'source');
  await cp((JSON.parse(text) as { Dir: string }).Dir, source, { recursive: true });
  await runCommand('chmod', ['-R', 'u+w', source]);
  return source;
}

/** Counts compiled packages: `go build -v` prints one line per package. */
export function countPackages(showDetail: (detail: string) => void): (line: string) => void {
  let packages = 0;
  return (line) => {
    // Packages look like paths; downloads and warnings do not.
    if (!/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) return;
    packages += 1;
    showDetail(`${packages} packages compiled`);
  };
}
