import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../contract/exit-codes.ts';
import { RELEASE_LIST, type ReleaseList, releasedFileName } from '../../contract/release.ts';
import { VERSIONS } from '../../contract/versions.ts';
import { createUi } from '../../lib/ui.ts';
import type { EngineContext } from '../engine/engine.ts';
import { findK6, k6CacheKeys } from './k6.ts';

let root: string;
const printed: string[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'loadstar-k6-'));
  mkdirSync(join(root, 'k6', 'output'), { recursive: true });
  mkdirSync(join(root, 'bin'));
  printed.length = 0;
});
afterEach(() => rmSync(root, { recursive: true }));

/** Programs of the test alone are on PATH. */
function program(name: string, script: string): void {
  writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(root, 'bin', name), 0o755);
}

function find(env: Record<string, string> = {}) {
  const ui = createUi({ write: (text: string) => void printed.push(text) }, false);
  const context = { root, cache_dir: join(root, 'cache'), ui, signal: new AbortController().signal };
  return findK6({ ...context, env: { PATH: join(root, 'bin'), ...env } } as unknown as EngineContext);
}

/** A `go` whose proxy has these versions of k6 alone. */
function goWith(...versions: readonly string[]): void {
  const has = versions.map((version) => `[ "$3" = ${version} ]`).join(' || ') || 'false';
  program(
    'go',
    `case $1 in
env) echo go1.26.0 ;;
run) if ${has}; then /bin/mkdir -p "$4/output"; else echo "k6 v$3 cannot be downloaded: 404 Not Found" >&2; exit 1; fi ;;
build) while [ "$1" != -o ]; do shift; done; echo '#!/bin/sh' > "$2"; /bin/chmod +x "$2" ;;
esac`,
  );
}

describe('with Go', () => {
  it('builds the newest release, and says nothing', async () => {
    goWith(VERSIONS.k6_v2, VERSIONS.k6);
    const k6 = await find();
    expect(k6).toMatchObject({ version: VERSIONS.k6_v2, is_own: true, note: null });
    expect(printed.join('')).not.toContain('cannot be downloaded');
  });

  it('builds the last of v1 where the proxy lacks v2: it says so once, and does not ask the proxy again', async () => {
    goWith(VERSIONS.k6);
    const k6 = await find();
    expect(k6).toMatchObject({ version: VERSIONS.k6, is_own: true });
    expect(k6.note).toContain(`K6_VERSION=${VERSIONS.k6_v2}`);
    const said = `k6 v${VERSIONS.k6_v2} cannot be downloaded (404 Not Found): k6 v${VERSIONS.k6} instead`;
    expect(printed.join('')).toContain(said);
    printed.length = 0;
    goWith(VERSIONS.k6_v2);
    expect(await find()).toEqual(k6);
    expect(printed).toEqual([]);
  });

  it('does not fall back from a version that was asked for', async () => {
    goWith(VERSIONS.k6);
    await expect(find({ K6_VERSION: '2.1.0' })).rejects.toMatchObject({
      exit_code: EXIT.unusable,
      found: expect.stringContaining('k6 v2.1.0 cannot be downloaded'),
    });
  });

  it('does not fall back from an error of the build', async () => {
    program('go', 'case $1 in env) echo go1.26.0 ;; *) echo "no space left on device" >&2; exit 1 ;; esac');
    await expect(find()).rejects.toMatchObject({ found: expect.stringContaining('no space left on device') });
    expect(printed.join('')).not.toContain('instead');
  });
});

describe('without Go', () => {
  it('takes the k6 of the release, also if that has v1 alone', async () => {
    const [key = ''] = await k6CacheKeys({ root, env: { K6_VERSION: VERSIONS.k6 } });
    const name = releasedFileName(key, process.platform, process.arch);
    const packed = gzipSync('#!/bin/sh\n');
    const sha256 = createHash('sha256').update(packed).digest('hex');
    const server = createServer((_, response) => response.end(packed));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const list: ReleaseList = { version: '1.2.3', address, files: { [name]: { sha256, size_bytes: packed.length } } };
    mkdirSync(dirname(join(root, RELEASE_LIST)), { recursive: true });
    writeFileSync(join(root, RELEASE_LIST), JSON.stringify(list));
    writeFileSync(join(root, 'package.json'), '{ "version": "1.2.3" }');
    try {
      expect(await find()).toMatchObject({ version: VERSIONS.k6, is_own: true, path: join(root, 'cache', key) });
      expect(printed.join('')).toBe('');
    } finally {
      await new Promise((done) => server.close(done));
    }
  });

  it.each(['1.5.0', VERSIONS.k6, VERSIONS.k6_v2, '2.9.0'])('a k6 v%s on PATH runs, and is named', async (version) => {
    program('k6', `echo 'k6 v${version} (go1.26.0, linux/amd64)'`);
    const k6 = await find();
    expect(k6).toMatchObject({ version, is_own: false });
    expect(k6.note).toContain(`(v${version})`);
  });

  it.each([
    ['0.49.0', {}],
    ['3.0.0', {}],
    ['1.8.1', { K6_VERSION: '2.2.0' }],
  ])('a k6 v%s on PATH is refused with %o', async (version, env) => {
    program('k6', `echo 'k6 v${version}'`);
    await expect(find(env)).rejects.toMatchObject({
      exit_code: EXIT.unusable,
      found: expect.stringContaining(`v${version}`),
    });
  });

  it('names what is missing', async () => {
    await expect(find()).rejects.toMatchObject({ exit_code: EXIT.unusable, found: 'no `go` on PATH' });
  });
});
