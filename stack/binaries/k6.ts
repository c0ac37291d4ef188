import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VERSIONS } from '../../contract/versions.ts';
import { runCommand } from '../../lib/command.ts';
import type { EngineContext } from '../engine/engine.ts';
import { cachedBinary } from './cache.ts';
import { countPackages, readGoVersion, requireGo, runGo } from './go.ts';
import { findReleased } from './released.ts';
import { findProgram } from './which.ts';

const HASH_LENGTH = 12;

export interface K6Binary {
  readonly path: string;
  readonly version: string;
  /** Why this is not Loadstar's own build; null if it is. */
  readonly note: string | null;
}

/**
 * Finds Loadstar's k6 in the cache, downloads that of the release, or builds it. Without a release and Go, a k6 of the right
 * version on PATH is used, without Loadstar's extensions.
 * @throws LoadstarError (unusable) if neither is available
 */
export async function findK6(context: EngineContext): Promise<K6Binary> {
  const key = await k6CacheKey(context.root);
  if (!findReleased(context, key) && (await readGoVersion(context.env)) === null) {
    const path = await findProgram('k6', context.env);
    if (path && (await readK6Version(path, context)) === VERSIONS.k6) {
      return {
        path,
        version: VERSIONS.k6,
        note: `no Go to build k6: using ${path}, which lacks the output "loadstar" and holds allowed hosts by their addresses only`,
      };
    }
  }
  const path = await cachedBinary(context, {
    key,
    title: `building k6 v${VERSIONS.k6} (once, about 3 minutes on two cores)`,
    build: async (out, directory, at) => {
      const go = await requireGo(context, `k6 v${VERSIONS.k6}`, VERSIONS.go_min);
      at('downloading modules');
      const cwd = join(context.root, 'k6', 'output');
      // Its guard of allowed hosts is in k6 itself: docs/decisions/0102-host-guard.md.
      await runGo(context, 'k6', ['run', './cmd/patch', directory], { cwd, env: go });
      await runGo(
        context,
        'k6',
        ['build', '-modfile', join(directory, 'go.mod'), '-v', '-trimpath', '-o', out, './cmd/k6'],
        {
          cwd,
          env: { ...go, GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' },
          onLine: countPackages(at),
        },
      );
    },
  });
  return { path, version: VERSIONS.k6, note: null };
}

/** Name of Loadstar's k6 in the cache: another one whenever its sources change. @param root of Loadstar */
export async function k6CacheKey(root: string): Promise<string> {
  return `k6-${VERSIONS.k6}-${await hashSources(join(root, 'k6', 'output'))}`;
}

/** @returns the version such as `1.8.1`, or null if the program prints none */
async function readK6Version(path: string, context: Pick<EngineContext, 'env'>): Promise<string | null> {
  const { stdout } = await runCommand(path, ['version'], { env: context.env });
  return /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? null;
}

/** Hashes the sources of the binary, without tests. */
async function hashSources(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /(\.go|go\.mod|go\.sum)$/.test(entry.name) && !entry.name.endsWith('_test.go'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.slice(directory.length)).update(await readFile(file));
  return hash.digest('hex').slice(0, HASH_LENGTH);
}
