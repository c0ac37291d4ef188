import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { VERSIONS } from '../../contract/versions.ts';
import type { EngineContext } from '../engine/engine.ts';
import { isAtLeast, requireGo } from './go.ts';

let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'loadstar-go-'));
});
afterEach(() => rmSync(bin, { recursive: true }));

/** A machine whose `go` has this version, and answers so when another toolchain is asked for. */
function contextWithGo(version: string, withToolchain = 'exit 1'): EngineContext {
  const script = `#!/bin/sh\nif [ "$1" = env ]; then echo go${version}; exit; fi\n${withToolchain}\n`;
  writeFileSync(join(bin, 'go'), script, { mode: 0o755 });
  return { env: { PATH: `${bin}:/usr/bin:/bin` }, signal: new AbortController().signal } as unknown as EngineContext;
}

it('takes the installed Go if it is new enough', async () => {
  expect(await requireGo(contextWithGo('1.25.10'), 'InfluxDB', '1.25.10')).toEqual({});
});

it('asks an older Go for the pinned toolchain, also where its download is off by default', async () => {
  const wanted = `go${VERSIONS.go_toolchain}`;
  const context = contextWithGo('1.24.0', `[ "$GOTOOLCHAIN" = ${wanted} ]`);
  expect(await requireGo(context, 'InfluxDB', '1.25.10')).toEqual({ GOTOOLCHAIN: wanted });
});

it('names the version found, the one needed, and why the toolchain could not be had', async () => {
  const offline = contextWithGo('1.24.0', 'echo "download go: dial tcp: no route to host" >&2; exit 1');
  await expect(requireGo(offline, 'InfluxDB v2', '1.25.10')).rejects.toMatchObject({
    exit_code: 4,
    message: 'Go ≥ 1.25.10 to build InfluxDB v2',
    found: `Go 1.24.0; Go ${VERSIONS.go_toolchain} could not be downloaded:\ndownload go: dial tcp: no route to host`,
    next: expect.stringContaining('https://go.dev/dl'),
  });
  const found = async (context: EngineContext) =>
    await requireGo(context, 'InfluxDB', '1.25.10').catch((error: { found?: string }) => error.found);
  // It knows no toolchains, so it is not asked for one.
  expect(await found(contextWithGo('1.20.3', 'exit 0'))).toBe('Go 1.20.3');
  expect(await found({ ...contextWithGo('1.20.3'), env: { PATH: '' } })).toBe('no `go` on PATH');
});

it('compares versions number by number', () => {
  expect(isAtLeast('1.26.8', '1.25.0')).toBe(true);
  expect(isAtLeast('1.9', '1.25.0')).toBe(false);
  expect(isAtLeast('1.25', '1.25.0')).toBe(true);
});
