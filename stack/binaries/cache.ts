import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import { unusableError } from '../../lib/errors.ts';
import type { EngineContext } from '../engine/engine.ts';
import { executable } from './which.ts';

/** A lock that its holder has not touched for so long belongs to a process that died. */
const STALE_MS = 30_000;
const RETRY_MS = 2_000;
/** The slowest build takes about six minutes on two cores; three times that, and someone is stuck. */
const WAIT_MS = 20 * 60_000;

export interface Buildable {
  /** File name in the cache: name, version, and whatever else makes it another binary. */
  readonly key: string;
  readonly title: string;
  /** Puts the binary at `out`; works in `directory`, which is removed afterwards. */
  build(out: string, directory: string, at: (detail: string) => void): Promise<void>;
}

/**
 * The binary from the cache, built first where it is not there. It appears whole or not at all: built in a directory
 * of its own, then moved. Checkouts that want the same wait for one another.
 * @throws LoadstarError (unusable) where the build fails; the signal's reason where it is interrupted.
 */
export async function cachedBinary(context: EngineContext, wanted: Buildable): Promise<string> {
  const path = join(context.cache_dir, wanted.key);
  if (await executable(path)) return path;
  await mkdir(context.cache_dir, { recursive: true });
  return await context.ui.step(wanted.title, async (at) => {
    const release = await lock(context, path, at);
    try {
      if (!(await executable(path))) await buildInto(context, wanted, path, at);
      return path;
    } finally {
      await release();
    }
  });
}

async function lock(context: EngineContext, path: string, at: (detail: string) => void): Promise<() => Promise<void>> {
  for (const deadline_ms = performance.now() + WAIT_MS; performance.now() < deadline_ms; ) {
    context.signal.throwIfAborted();
    try {
      return await lockfile.lock(path, { realpath: false, stale: STALE_MS });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      at('another process is building it, waiting');
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
  throw unusableError(
    `${path} to be built by the process that holds its lock`,
    'it has not finished in 20 minutes',
    `if no build is running: rm -r ${path}.lock`,
  );
}

async function buildInto(
  context: EngineContext,
  wanted: Buildable,
  path: string,
  at: (detail: string) => void,
): Promise<void> {
  const directory = await mkdtemp(join(context.cache_dir, 'build-'));
  try {
    const out = join(directory, 'out');
    await wanted.build(out, directory, at);
    context.signal.throwIfAborted();
    await rename(out, path);
  } finally {
    // Go keeps the modules that it unpacks read-only; what is built here are copies, and writable.
    await rm(directory, { recursive: true, force: true });
  }
}
