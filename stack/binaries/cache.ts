import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../../lib/process-lock.ts';
import type { EngineContext } from '../engine/engine.ts';
import { isExecutable } from './which.ts';

export interface Buildable {
  /** File name in the cache: name, version, and anything else that makes it a different binary. */
  readonly key: string;
  readonly title: string;
  /** Puts the binary at `out`; works in `directory`, which is removed afterwards. */
  build(out: string, directory: string, showDetail: (detail: string) => void): Promise<void>;
}

/**
 * Returns the path of a binary in the cache, and builds it first if it is missing. A build happens in a directory of its
 * own and is moved into the cache when it is whole. Checkouts that need the same binary wait for one another.
 * @throws LoadstarError (unusable) if the build fails; the signal's reason if it is interrupted
 */
export async function cachedBinary(context: EngineContext, wanted: Buildable): Promise<string> {
  const path = join(context.cache_dir, wanted.key);
  if (await isExecutable(path)) return path;
  await mkdir(context.cache_dir, { recursive: true });
  const { ui, signal } = context;
  await withLock({ file: `${path}.lock`, ui, signal }, wanted.title, async () => {
    if (await isExecutable(path)) return;
    await ui.step(wanted.title, (showDetail) => buildInto(context, wanted, path, showDetail));
  });
  return path;
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
