import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../../lib/process-lock.ts';
import type { EngineContext } from '../engine/engine.ts';
import { findReleased, ReleaseUnavailable } from './released.ts';
import { markUsed } from './unused.ts';
import { isExecutable } from './which.ts';

export interface Buildable {
  /** File name in the cache: name, version, and anything else that makes it a different binary. */
  readonly key: string;
  readonly title: string;
  /** Puts the binary at `out`; works in `directory`, which is removed afterwards. */
  build(out: string, directory: string, showDetail: (detail: string) => void): Promise<void>;
}

/**
 * Returns the path of a binary in the cache. If it is missing, it is downloaded from the release that this package is, or
 * built. Both happen in a directory of its own, and the binary is moved into the cache when it is whole. Checkouts that
 * need the same binary wait for one another.
 * @throws LoadstarError (unusable) if the build fails or the download has another hash; the signal's reason if interrupted
 */
export async function cachedBinary(context: EngineContext, wanted: Buildable): Promise<string> {
  const path = join(context.cache_dir, wanted.key);
  if (await isExecutable(path)) {
    await markUsed(path);
    return path;
  }
  await mkdir(context.cache_dir, { recursive: true });
  const { ui, signal } = context;
  await withLock({ file: `${path}.lock`, ui, signal }, wanted.title, async () => {
    if (await isExecutable(path)) return;
    if (await placeReleased(context, wanted.key, path)) return;
    await ui.step(wanted.title, (showDetail) => buildInto(context, wanted, path, showDetail));
  });
  return path;
}

/** @returns whether the binary of the release is in the cache now; a warning says why not, if there should be one */
async function placeReleased(context: EngineContext, key: string, path: string): Promise<boolean> {
  const released = findReleased(context, key);
  if (!released) return false;
  try {
    await context.ui.step(released.title, (showDetail) => buildInto(context, released, path, showDetail));
    return true;
  } catch (error) {
    if (!(error instanceof ReleaseUnavailable)) throw error;
    context.ui.warn(`${error.message}: building ${key} instead`);
    return false;
  }
}

async function buildInto(
  context: EngineContext,
  wanted: Buildable,
  path: string,
  showDetail: (detail: string) => void,
): Promise<void> {
  const directory = await mkdtemp(join(context.cache_dir, 'build-'));
  try {
    const out = join(directory, 'out');
    await wanted.build(out, directory, showDetail);
    context.signal.throwIfAborted();
    await rename(out, path);
  } finally {
    // Go keeps the modules that it unpacks read-only; what is built here are copies, and writable.
    await rm(directory, { recursive: true, force: true });
  }
}
