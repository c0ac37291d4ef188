import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUi } from '../../lib/ui.ts';
import type { EngineContext } from '../engine/engine.ts';
import { type Buildable, cachedBinary } from './cache.ts';

let cache_dir: string;
beforeEach(() => {
  cache_dir = mkdtempSync(join(tmpdir(), 'loadstar-cache-'));
});
afterEach(() => rmSync(cache_dir, { recursive: true }));

function context(signal = new AbortController().signal): EngineContext {
  const ui = createUi({ write: () => true }, false);
  return { root: cache_dir, cache_dir, ui, signal } as unknown as EngineContext;
}

const wanted = (build: Buildable['build']): Buildable => ({ key: 'tool-1', title: 'building', build });
const good = wanted(async (out) => {
  await writeFile(out, 'x');
  await chmod(out, 0o755);
});

describe('the cache of binaries', () => {
  it('builds once, also for two who ask at the same time', async () => {
    let builds = 0;
    const counting = wanted(async (out, directory, at) => {
      builds += 1;
      await good.build(out, directory, at);
    });
    const paths = await Promise.all([cachedBinary(context(), counting), cachedBinary(context(), counting)]);
    expect(paths).toEqual([join(cache_dir, 'tool-1'), join(cache_dir, 'tool-1')]);
    expect(builds).toBe(1);
    expect(readdirSync(cache_dir)).toEqual(['tool-1']);
  }, 10_000);

  it('leaves nothing half-built when the build fails, and can be called again', async () => {
    const failing = wanted(async (out) => {
      await writeFile(out, 'half');
      throw new Error('compiler');
    });
    await expect(cachedBinary(context(), failing)).rejects.toThrow('compiler');
    expect(readdirSync(cache_dir)).toEqual([]);
    expect(existsSync(await cachedBinary(context(), good))).toBe(true);
  });

  it('leaves nothing when it is interrupted', async () => {
    const stop = new AbortController();
    const interrupted = wanted(async (out, directory, at) => {
      await good.build(out, directory, at);
      stop.abort('SIGINT');
    });
    await expect(cachedBinary(context(stop.signal), interrupted)).rejects.toBe('SIGINT');
    expect(readdirSync(cache_dir)).toEqual([]);
  });
});
