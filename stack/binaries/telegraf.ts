import { join } from 'node:path';
import { VERSIONS } from '../../contract/versions.ts';
import { runCommand } from '../../lib/command.ts';
import type { EngineContext } from '../engine/engine.ts';
import { cachedBinary } from './cache.ts';
import { copyModule, countPackages, requireGo, runGo } from './go.ts';
import { findProgram, isExecutable } from './which.ts';

const MODULE = 'github.com/influxdata/telegraf';

/** What stack/telegraf/config.ts uses. With all plugins, the build takes many minutes and the binary 300 MB. */
const PLUGINS = [
  'inputs.prometheus',
  'inputs.cpu',
  'inputs.mem',
  'inputs.system',
  'inputs.diskio',
  'inputs.net',
  'inputs.docker',
  'processors.starlark',
  'outputs.influxdb_v2',
] as const;

/** Name of the pinned Telegraf in the cache. */
const TELEGRAF_CACHE_KEY = `telegraf-${VERSIONS.telegraf}`;

/**
 * Finds Telegraf of the pinned version on PATH or in the cache, or builds it from its Go module with the plugins that are
 * used. @throws LoadstarError (unusable) if it cannot be built
 */
export async function findTelegraf(context: EngineContext): Promise<string> {
  const on_path = await findOnPath(context);
  if (on_path) return on_path;
  return await cachedBinary(context, {
    key: TELEGRAF_CACHE_KEY,
    title: `building Telegraf v${VERSIONS.telegraf} (once, about a minute on two cores)`,
    build: (out, directory, at) => buildTelegraf(context, out, directory, at),
  });
}

/** As {@link findTelegraf}; null if a run would have to build it. */
export async function findBuiltTelegraf(context: Pick<EngineContext, 'cache_dir' | 'env'>): Promise<string | null> {
  const cached = join(context.cache_dir, TELEGRAF_CACHE_KEY);
  return (await findOnPath(context)) ?? ((await isExecutable(cached)) ? cached : null);
}

async function findOnPath(context: Pick<EngineContext, 'env'>): Promise<string | null> {
  const path = await findProgram('telegraf', context.env);
  return path && (await readTelegrafVersion(path, context)) === VERSIONS.telegraf ? path : null;
}

/** @returns the version such as `1.37.2`, or null if the program prints none */
async function readTelegrafVersion(path: string, { env }: Pick<EngineContext, 'env'>): Promise<string | null> {
  const { stdout } = await runCommand(path, ['version'], { env });
  return /Telegraf v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? null;
}

async function buildTelegraf(
  context: EngineContext,
  out: string,
  directory: string,
  at: (detail: string) => void,
): Promise<void> {
  const what = `Telegraf v${VERSIONS.telegraf}`;
  const go = await requireGo(context, what, VERSIONS.telegraf_go_min);
  at('downloading modules');
  const source = await copyModule(context, what, `${MODULE}@v${VERSIONS.telegraf}`, { cwd: directory, env: go });
  const tags = ['custom', ...PLUGINS].join(',');
  const flags = `-s -w -X ${MODULE}/internal.Version=${VERSIONS.telegraf}`;
  await runGo(
    context,
    what,
    ['build', '-v', '-trimpath', '-tags', tags, '-ldflags', flags, '-o', out, './cmd/telegraf'],
    {
      cwd: source,
      env: { ...go, GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' },
      onLine: countPackages(at),
    },
  );
}
