import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineContext } from '../engine/engine.ts';

/** A binary that no checkout has used for this long is removed: each change of the k6 output makes another one. */
const UNUSED_DAYS = 30;
/** A directory of a build that is older was left by a call that was killed. */
const BUILD_DAYS = 1;
const DAY_MS = 86_400_000;
const MIB = 2 ** 20;

/** Notes that a binary in the cache was used now. */
export async function markUsed(path: string): Promise<void> {
  const now = new Date();
  // The cache may belong to somebody else, who then marks it.
  await utimes(path, now, now).catch(() => undefined);
}

/** Removes from the cache what no checkout uses any more, and says so. */
export async function removeUnused({ cache_dir, ui }: Pick<EngineContext, 'cache_dir' | 'ui'>): Promise<void> {
  const entries = await readdir(cache_dir, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(cache_dir, entry.name);
    const is_build = entry.isDirectory() && entry.name.startsWith('build-');
    // Another call may have removed or renamed it meanwhile.
    const found = is_build || entry.isFile() ? await stat(path).catch(() => null) : null;
    // Earlier versions mark nothing, but starting a program sets the time of its last access.
    const unused_days = found ? (Date.now() - Math.max(found.mtimeMs, found.atimeMs)) / DAY_MS : 0;
    if (!found || unused_days < (is_build ? BUILD_DAYS : UNUSED_DAYS)) continue;
    await rm(path, { recursive: true, force: true });
    const why = is_build ? 'left by a call that was killed' : `unused for ${Math.floor(unused_days)} days`;
    ui.note(`removed ${path}: ${why}${is_build ? '' : `, ${Math.ceil(found.size / MIB)} MiB`}`);
  }
}
