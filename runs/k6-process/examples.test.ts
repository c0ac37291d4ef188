import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Example, Examples } from '../../contract/examples.ts';
import { EXAMPLES_FILE } from '../../contract/run-files.ts';
import { removeExamples, takeExamples } from './examples.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'loadstar-examples-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const one = (more: Partial<Example> = {}): Example => ({
  protocol: 'http',
  ...{ name: 'GET /orders', method: 'GET', url: 'https://shop.example/orders', status: 500, error_code: 1500 },
  began: '2026-11-29T12:00:00.000Z',
  duration_ms: 20,
  phases_ms: { blocked: 0, connecting: 0, tls_handshaking: 0, sending: 1, waiting: 18, receiving: 1 },
  body_bytes: 0,
  ...more,
});

function write(generator: string, found: Partial<Examples> | string): string {
  const place = join(directory, generator);
  mkdirSync(place, { recursive: true });
  const text = typeof found === 'string' ? found : JSON.stringify({ failed: [], slowest: [], ...found });
  writeFileSync(join(place, EXAMPLES_FILE), text);
  return place;
}

const take = (generators: readonly string[], secrets: readonly string[] = [], trace_url: string | null = null) =>
  takeExamples(
    generators.map((place) => ({ directory: place, secrets })),
    trace_url,
  );

describe('the examples of a run', () => {
  it('are the first failures and the slowest requests of all generators, and their files are removed', async () => {
    const at = (second: number) => `2026-11-29T12:00:0${second}.000Z`;
    const places = [
      write('generator-1', { failed: [1, 3, 5].map((second) => one({ began: at(second) })), slowest: [one()] }),
      write('generator-2', {
        failed: [0, 2, 4].map((second) => one({ began: at(second) })),
        slowest: [one({ duration_ms: 30 }), one({ name: 'GET /', duration_ms: 5 })],
      }),
    ];
    const found = await take(places);
    expect(found?.failed.map(({ began }) => began)).toEqual([0, 1, 2].map(at));
    expect(found?.slowest.map(({ name, duration_ms }) => [name, duration_ms])).toEqual([
      ['GET /orders', 30],
      ['GET /orders', 20],
      ['GET /', 5],
    ]);
    for (const place of places) expect(existsSync(join(place, EXAMPLES_FILE))).toBe(false);
  });

  it('show no secret: neither one that was configured nor one that an answer names', async () => {
    const body = 'for my-staging-password: {"access_token":"eyJhbGciOi","user":"ann"}';
    const place = write('', {
      failed: [one({ body, error: 'with my-staging-password', check: 'my-staging-password' })],
    });
    const found = await take([place], ['my-staging-password']);
    expect(found?.failed[0]).toMatchObject({
      body: 'for ***: {"access_token":"***","user":"ann"}',
      error: 'with ***',
      check: '***',
    });
  });

  it('link to their traces where the target says how', async () => {
    const slowest = [one({ trace_id: '0af7651916cd43dd8448eb211c80319c' }), one()];
    const found = await take([write('', { slowest })], [], 'https://tempo.example/{trace_id}');
    expect(found?.slowest.map(({ trace_url }) => trace_url)).toEqual([
      'https://tempo.example/0af7651916cd43dd8448eb211c80319c',
      undefined,
    ]);
  });

  it('of a run whose call was killed are removed, of each of its generators', async () => {
    const places = [write('', {}), write('generator-1', {})];
    await removeExamples(directory);
    for (const place of places) expect(existsSync(join(place, EXAMPLES_FILE))).toBe(false);
    await expect(removeExamples(join(directory, 'nowhere'))).resolves.toBeUndefined();
  });

  it('are none where k6 was killed while it wrote them, or kept none', async () => {
    expect(await take([write('', '{"failed":[')])).toBeUndefined();
    expect(await take([write('', {})])).toBeUndefined();
    expect(await take([join(directory, 'nowhere')])).toBeUndefined();
  });
});
