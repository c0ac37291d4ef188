import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMAND } from '../../contract/package-name.ts';
import { VERSIONS } from '../../contract/versions.ts';
import { runCommand } from '../../lib/command.ts';
import { unusableError } from '../../lib/errors.ts';
import type { EngineContext } from '../engine/engine.ts';
import { cachedBinary } from './cache.ts';
import { copyModule, countPackages, requireGo, runGo } from './go.ts';
import { findProgram } from './which.ts';

const MODULE = 'github.com/influxdata/influxdb/v2';
/** Links Go to libflux, which is written in Rust. */
const PKG_CONFIG = 'github.com/influxdata/pkg-config';
/** The Makefile of InfluxDB builds with the same tags. */
const BUILD_TAGS = 'sqlite_foreign_keys,sqlite_json';

/** Name of the pinned InfluxDB in the cache. */
export const INFLUXD_CACHE_KEY = `influxd-${VERSIONS.influxdb}`;

/**
 * Finds influxd of the pinned version on PATH or in the cache, or builds it from its Go module and Rust library.
 * @throws LoadstarError (unusable) that names a missing tool
 */
export async function findInfluxd(context: EngineContext): Promise<string> {
  const on_path = await findProgram('influxd', context.env);
  if (on_path && (await readInfluxdVersion(on_path, context)) === VERSIONS.influxdb) return on_path;
  return await cachedBinary(context, {
    key: INFLUXD_CACHE_KEY,
    title: `building InfluxDB v${VERSIONS.influxdb} (once, about 6 minutes on two cores)`,
    build: (out, directory, at) => buildInfluxd(context, out, directory, at),
  });
}

/** @returns the version such as `2.7.12`, or null if the program prints none */
async function readInfluxdVersion(path: string, context: Pick<EngineContext, 'env'>): Promise<string | null> {
  const { stdout } = await runCommand(path, ['version'], { env: context.env });
  return /InfluxDB v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? null;
}

async function buildInfluxd(
  context: EngineContext,
  out: string,
  directory: string,
  at: (detail: string) => void,
): Promise<void> {
  const what = `InfluxDB v${VERSIONS.influxdb}`;
  const go = await requireGo(context, what, VERSIONS.influxdb_go_min);
  for (const tool of ['cargo', 'gcc']) await requireTool(context, tool, what);

  at('downloading modules');
  const source = await copyModule(context, what, `${MODULE}@v${VERSIONS.influxdb}`, { cwd: directory, env: go });

  const tools = join(directory, 'tools');
  await mkdir(tools);
  await runGo(context, 'pkg-config for libflux', ['install', `${PKG_CONFIG}@v${VERSIONS.influxdb_pkg_config}`], {
    cwd: tools,
    env: { ...go, GOBIN: tools },
  });
  at('compiling libflux (Rust), then Go');
  const flags = `-s -w -X main.version=v${VERSIONS.influxdb}`;
  await runGo(context, what, ['build', '-v', '-tags', BUILD_TAGS, '-ldflags', flags, '-o', out, './cmd/influxd'], {
    cwd: source,
    env: { ...go, ...(await prepareRust(context, tools)) },
    onLine: countPackages(at),
  });
}

/**
 * libflux pins a toolchain that may not be installed, and newer compilers reject it because of lints. So the installed
 * toolchain is used, and a wrapper turns lints into warnings (RUSTFLAGS does not apply to build scripts).
 */
async function prepareRust(context: EngineContext, tools: string): Promise<Record<string, string>> {
  const wrapper = join(tools, 'rustc-wrapper');
  await writeFile(wrapper, '#!/bin/sh\nexec "$@" --cap-lints warn\n');
  await chmod(wrapper, 0o755);
  const env: Record<string, string> = { PATH: `${tools}:${context.env.PATH ?? ''}`, RUSTC_WRAPPER: wrapper };
  const toolchain = await findToolchain(context, tools);
  return toolchain ? { ...env, RUSTUP_TOOLCHAIN: toolchain } : env;
}

/** @returns null without rustup, because there is only one toolchain then */
async function findToolchain(context: EngineContext, cwd: string): Promise<string | null> {
  if (!(await findProgram('rustup', context.env))) return null;
  const { ok, stdout } = await runCommand('rustup', ['show', 'active-toolchain'], { env: context.env, cwd });
  return ok ? (stdout.split(/\s/)[0] ?? null) : null;
}

async function requireTool(context: EngineContext, tool: string, what: string): Promise<void> {
  if (await findProgram(tool, context.env)) return;
  const from = tool === 'cargo' ? 'https://rustup.rs' : 'your package manager (build-essential, gcc)';
  throw unusableError(
    `\`${tool}\` on PATH to build ${what}`,
    'none',
    `install it from ${from}, or Docker, which needs no build; \`${COMMAND} doctor\` lists all requirements`,
  );
}
