import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EXIT } from '../../contract/exit-codes.ts';
import { RELEASE_LIST, type ReleaseList, releasedFileName } from '../../contract/release.ts';
import { createUi } from '../../lib/ui.ts';
import type { EngineContext } from '../engine/engine.ts';
import { type Buildable, cachedBinary } from './cache.ts';
import { findReleased } from './released.ts';

const KEY = 'tool-1';
const NAME = releasedFileName(KEY, process.platform, process.arch);
const BINARY = '#!/bin/sh\necho released\n';
const PACKED = gzipSync(BINARY);

let root: string;
let server: Server;
let address: string;
let answers: ((response: ServerResponse) => void)[];
let asked: string[];
let printed: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'loadstar-released-'));
  writeFileSync(join(root, 'package.json'), '{ "version": "1.2.3" }');
  asked = [];
  answers = [];
  printed = '';
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1.2.3`;
  writeList();
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(root, { recursive: true });
});

function writeList(more: Partial<ReleaseList> = {}): void {
  const sha256 = createHash('sha256').update(PACKED).digest('hex');
  const list: ReleaseList = {
    version: '1.2.3',
    address,
    files: { [NAME]: { sha256, size_bytes: PACKED.length } },
    ...more,
  };
  mkdirSync(dirname(join(root, RELEASE_LIST)), { recursive: true });
  writeFileSync(join(root, RELEASE_LIST), JSON.stringify(list));
}

const cache = () => join(root, 'cache');

function context(signal = new AbortController().signal): EngineContext {
  const stream = { write: (text: string) => (printed += text) };
  const ui = createUi(stream, false);
  return { root, cache_dir: cache(), ui, signal, env: { PATH: process.env.PATH } } as unknown as EngineContext;
}

const built: Buildable = {
  key: KEY,
  title: 'building tool',
  build: async (out) => writeFileSync(out, '#!/bin/sh\necho built\n', { mode: 0o755 }),
};
/** What is in the cache in the end: the binary of the release, or the one that was built. */
async function take(): Promise<string> {
  return /echo (\w+)/.exec(readFileSync(await cachedBinary(context(), built), 'utf8'))?.[1] ?? '';
}

const whole = (response: ServerResponse) => response.end(PACKED);
const refused = (status: number) => (response: ServerResponse) => response.writeHead(status).end();
const cut = (response: ServerResponse) => {
  response.writeHead(200, { 'content-length': PACKED.length });
  response.write(PACKED.subarray(0, 10), () => response.destroy());
};
const ended_early = (response: ServerResponse) => response.end(PACKED.subarray(0, 10));

it('takes the binary of the release, once, and runs no build', async () => {
  answers = [whole];
  expect(await take()).toBe('released');
  expect(await take()).toBe('released');
  expect(asked).toEqual([`/v1.2.3/${NAME}`]);
  expect(readdirSync(cache())).toEqual([KEY]);
  expect(printed).toBe('');
});

it.for([
  ['other content', (response: ServerResponse) => response.end(Buffer.alloc(PACKED.length))],
  ['more than the list says', (response: ServerResponse) => response.end(Buffer.concat([PACKED, PACKED]))],
] as const)('refuses %s, builds nothing, and keeps nothing', async ([, answer]) => {
  answers = [answer];
  await expect(take()).rejects.toMatchObject({
    exit_code: EXIT.unusable,
    message: expect.stringMatching(/to have the SHA-256 [0-9a-f]{64}, as this package says$/),
  });
  expect(asked).toHaveLength(1);
  expect(readdirSync(cache())).toEqual([]);
});

it.for([
  ['the release is gone', refused(404), 1, 'answers 404'],
  ['a proxy forbids it', refused(403), 1, 'answers 403'],
  ['the server fails', refused(503), 3, 'answers 503'],
  ['the connection is cut, each time', cut, 3, 'cannot be downloaded (other side closed)'],
  ['the file ends too early, each time', ended_early, 3, 'ends too early'],
] as const)('builds aloud if %s', async ([, answer, attempts, why]) => {
  answers = [answer];
  expect(await take()).toBe('built');
  expect(asked).toHaveLength(attempts);
  expect(printed).toContain(`${address}/${NAME} ${why}: building ${KEY} instead`);
  expect(readdirSync(cache())).toEqual([KEY]);
});

it('goes on after a cut connection', async () => {
  answers = [cut, whole];
  expect(await take()).toBe('released');
  expect(asked).toHaveLength(2);
});

it('builds aloud without a network', async () => {
  await new Promise((done) => server.close(done));
  expect(await take()).toBe('built');
  expect(printed).toContain('cannot be downloaded (connect ECONNREFUSED');
});

it('builds aloud if the binary does not start here', async () => {
  const packed = gzipSync('#!/no/such/loader\n');
  const sha256 = createHash('sha256').update(packed).digest('hex');
  writeList({ files: { [NAME]: { sha256, size_bytes: packed.length } } });
  answers = [(response) => response.end(packed)];
  expect(await take()).toBe('built');
  expect(printed).toContain('does not start here');
});

it.for([
  ['a checkout, which has no list', () => rmSync(join(root, RELEASE_LIST))],
  ['a list of another version', () => writeList({ version: '1.2.2' })],
  ['a list without this platform', () => writeList({ files: {} })],
] as const)('asks nobody for %s', async ([, change]) => {
  change();
  expect(findReleased(context(), KEY)).toBeNull();
  expect(await take()).toBe('built');
  expect([asked, printed]).toEqual([[], '']);
});

it('leaves nothing if it is interrupted', async () => {
  const stop = new AbortController();
  answers = [() => stop.abort('SIGINT')];
  await expect(cachedBinary(context(stop.signal), built)).rejects.toBe('SIGINT');
  expect(existsSync(join(cache(), KEY))).toBe(false);
  expect(readdirSync(cache())).toEqual([]);
});

it('names platforms as Go does', () => {
  expect(releasedFileName('k6-1.8.1-0dcf', 'linux', 'x64')).toBe('k6-1.8.1-0dcf-linux-amd64.gz');
  expect(releasedFileName('influxd-2.9.1', 'darwin', 'arm64')).toBe('influxd-2.9.1-darwin-arm64.gz');
});
