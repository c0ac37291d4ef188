import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { writeCaBundle } from '../k6-process/ca-bundle.ts';
import { guardTarget, parseBaseUrl, probeTarget } from './target.ts';

const open = { headers: {}, ca_file: null, insecure: false };
let server: Server | undefined;
afterEach(() => server?.close());

async function serve(listener: Parameters<typeof createServer>[1]): Promise<URL> {
  server = createServer(listener as never);
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

describe('the target guard', () => {
  it('lets loopback and allowed hosts pass', () => {
    const guard = (url: string, allowed: readonly string[]) => () => guardTarget(parseBaseUrl(url), allowed);
    expect(guard('http://localhost:3000/app', [])).not.toThrow();
    expect(guard('https://eu.staging.example.com', ['*.staging.example.com'])).not.toThrow();
  });

  it('refuses the rest with the line that would allow it', () => {
    const refuse = () => guardTarget(parseBaseUrl('https://shop.example.com/a/'), ['x.com']);
    expect(refuse).toThrow(
      expect.objectContaining({
        exit_code: 2,
        next: expect.stringContaining('ALLOW_HOSTS=x.com,shop.example.com'),
      }),
    );
  });
});

describe('the probe before load', () => {
  it('takes any status for an answer, and carries the headers of staging', async () => {
    let seen: string | undefined;
    const url = await serve((request, response) => {
      seen = request.headers.authorization;
      response.writeHead(404).end();
    });
    await probeTarget(url, { ...open, headers: { Authorization: 'Basic eA==' } }, []);
    expect(seen).toBe('Basic eA==');
  });

  it('refuses a redirect to a host that nobody allowed', async () => {
    const url = await serve((_, response) => void response.writeHead(301, { location: 'https://example.com/' }).end());
    await expect(probeTarget(url, open, [])).rejects.toMatchObject({
      exit_code: 2,
      found: expect.stringContaining('example.com'),
    });
    await expect(probeTarget(url, open, ['example.com'])).resolves.toBeUndefined();
  });

  it('names URL, error and attempts when nothing answers', async () => {
    const url = await serve(() => undefined);
    await new Promise((closed) => server?.close(closed));
    await expect(probeTarget(url, open, [])).rejects.toMatchObject({
      exit_code: 4,
      found: expect.stringMatching(/ECONNREFUSED.*GET http:\/\/127\.0\.0\.1:\d+\/, 3 attempts/),
    });
  });
});

describe('a private CA', () => {
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-ca-'));
  afterEach(() => rmSync(join(directory, 'ca.pem'), { force: true }));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('goes into one bundle with the public roots', async () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    writeFileSync(join(directory, 'ca.pem'), pem);
    const text = readFileSync(
      await writeCaBundle([{ variable: 'TARGET_CA_FILE', file: join(directory, 'ca.pem') }], directory),
      'utf8',
    );
    expect(text).toContain(pem);
    expect(text.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(50);
  });

  it('that is missing or none is refused', async () => {
    await expect(
      writeCaBundle([{ variable: 'TARGET_CA_FILE', file: join(directory, 'none.pem') }], directory),
    ).rejects.toMatchObject({ exit_code: 2 });
    writeFileSync(join(directory, 'ca.pem'), 'hello');
    await expect(
      writeCaBundle([{ variable: 'TARGET_CA_FILE', file: join(directory, 'ca.pem') }], directory),
    ).rejects.toMatchObject({ exit_code: 2 });
  });
});
