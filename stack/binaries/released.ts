import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pRetry from 'p-retry';
import { RELEASE_LIST, type ReleasedFile, type ReleaseList, releasedFileName } from '../../contract/release.ts';
import { runCommand } from '../../lib/command.ts';
import { messageOf, unusableError } from '../../lib/errors.ts';
import { packageVersion } from '../../lib/package-version.ts';
import type { EngineContext } from '../engine/engine.ts';
import type { Buildable } from './cache.ts';

/** A download without a byte for this long is given up. */
const STALLED_MS = 20_000;
/** A cut connection is tried again; a server that refuses is not. */
const RETRIES = { retries: 2, minTimeout: 200 };
const MIB = 2 ** 20;
const EXECUTABLE = 0o755;

/** The binary of the release cannot be had, so it is built: the server refuses, or there is no network. */
export class ReleaseUnavailable extends Error {
  /** Whether another attempt may succeed. */
  readonly may_pass: boolean;
  constructor(message: string, may_pass: boolean) {
    super(message);
    this.may_pass = may_pass;
  }
}

/**
 * Finds a binary in the release that this package is: same version, sources, platform and architecture.
 * @param key its name in the cache
 * @returns what puts it into the cache; null where it must be built
 */
export function findReleased({ root, env, signal }: EngineContext, key: string): Buildable | null {
  const list = readReleaseList(root);
  const name = releasedFileName(key, process.platform, process.arch);
  const file = list?.files[name];
  if (!list || !file) return null;
  const url = `${list.address}/${name}`;
  return {
    key,
    title: `downloading ${key} of release v${list.version}`,
    async build(out, directory, showDetail) {
      const packed = join(directory, name);
      await pRetry(() => download({ url, file, signal, showDetail }, packed), {
        ...RETRIES,
        signal,
        shouldRetry: ({ error }) => error instanceof ReleaseUnavailable && error.may_pass,
      }).catch((error) => {
        // The reason of an interruption is no Error, which p-retry reports as a fault of the program.
        signal.throwIfAborted();
        throw error;
      });
      await pipeline(createReadStream(packed), createGunzip(), createWriteStream(out, { mode: EXECUTABLE }));
      await requireStart(out, { url, env });
    },
  };
}

/** @returns null without a list, and for one of another version: its binaries belong to other sources */
function readReleaseList(root: string): ReleaseList | null {
  const path = join(root, RELEASE_LIST);
  if (!existsSync(path)) return null;
  const list = JSON.parse(readFileSync(path, 'utf8')) as ReleaseList;
  return list.version === packageVersion(root) ? list : null;
}

interface Download {
  readonly url: string;
  readonly file: ReleasedFile;
  readonly signal: AbortSignal;
  readonly showDetail: (detail: string) => void;
}

/**
 * Downloads a file whole and as the list has it.
 * @throws ReleaseUnavailable; LoadstarError (unusable) for other content; the signal's reason if interrupted
 */
async function download({ url, file, signal, showDetail }: Download, path: string): Promise<void> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error(`no data for ${STALLED_MS / 1000} s`)), STALLED_MS);
  const hash = createHash('sha256');
  let size_bytes = 0;
  async function* check(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      timer.refresh();
      hash.update(chunk);
      size_bytes += chunk.length;
      // More than was announced is not written to the disk.
      if (size_bytes > file.size_bytes) return;
      showDetail(`${Math.floor(size_bytes / MIB)} of ${Math.ceil(file.size_bytes / MIB)} MiB`);
      yield chunk;
    }
  }
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, stalled.signal]) });
    if (!response.ok || !response.body) {
      throw new ReleaseUnavailable(`${url} answers ${response.status}`, response.status >= 500);
    }
    await pipeline(response.body, check, createWriteStream(path));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReleaseUnavailable) throw error;
    throw new ReleaseUnavailable(`${url} cannot be downloaded (${describeCause(error)})`, true);
  } finally {
    clearTimeout(timer);
  }
  if (size_bytes < file.size_bytes) throw new ReleaseUnavailable(`${url} ends too early`, true);
  const sha256 = hash.digest('hex');
  if (sha256 === file.sha256) return;
  throw unusableError(
    `${url} to have the SHA-256 ${file.sha256}, as this package says`,
    size_bytes > file.size_bytes ? `more than its ${file.size_bytes} bytes` : sha256,
    'a proxy or the server has changed the file: do not use it, and report it (SECURITY.md). To build instead, install ' +
      `Go, Rust and gcc and delete ${RELEASE_LIST} of the package`,
  );
}

/** `fetch failed` says nothing: its cause does. */
function describeCause(error: unknown): string {
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

/** A binary that needs another C library than this machine has does not start. */
async function requireStart(path: string, { url, env }: { url: string; env: EngineContext['env'] }): Promise<void> {
  const { ok, reason } = await runCommand(path, ['version'], { env });
  if (!ok) throw new ReleaseUnavailable(`the binary of ${url} does not start here (${reason.split('\n')[0]})`, false);
}
