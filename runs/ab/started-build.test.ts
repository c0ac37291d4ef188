import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { abResultSentence } from '../../analysis/ab-text.ts';
import { freePorts } from '../../lib/free-port.ts';
import { startBuild } from './started-build.ts';

/** Answers, and ends with code 7 once it is asked to. */
const SERVER = `require('node:http').createServer((request, response) => {
  response.end();
  if (request.url === '/end') process.exit(7);
}).listen(process.env.PORT, '127.0.0.1')`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'build-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it('a build that ends by itself says how, and one that is stopped does not', async () => {
  const [port] = await freePorts(1);
  const url = new URL(`http://127.0.0.1:${port}`);
  const build = {
    side: 'head',
    command: `exec "${process.execPath}" -e "${SERVER.replaceAll('\n', ' ')}"`,
    port: Number(port),
    url,
    cwd: directory,
    env: process.env,
    log_file: join(directory, 'build.log'),
  };
  const stopped = await startBuild(build, new AbortController().signal);
  expect(stopped.failure()).toBeNull();
  await stopped.stop();
  expect(stopped.failure()).toBeNull();

  const started = await startBuild(build, new AbortController().signal);
  await fetch(new URL('/end', url)).catch(() => undefined);
  await vi.waitFor(() => expect(started.failure()).toBe('the build of head ended with code 7 (see build.log)'));
  const facts = { verdict: 'unclear', end: 'cut', needed_s: null, overall: null, requests: [] } as const;
  expect(abResultSentence({ ...facts, requests: [] }, started.failure())).toContain('code 7');
});
