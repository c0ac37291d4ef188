import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ensureService, findRunningPid, isPortTaken, type ServiceSpec, stopService } from './service.ts';

const directory = mkdtempSync(join(tmpdir(), 'loadstar-service-'));
afterAll(async () => {
  await stopService({ directory });
  rmSync(directory, { recursive: true });
});

function service(port: number): ServiceSpec {
  return {
    name: 'Listener',
    port,
    port_variable: 'LISTENER_PORT',
    directory,
    program: process.execPath,
    args: ['-e', `require('node:net').createServer().listen(${port}, '127.0.0.1')`],
    env: {},
    healthy: () => isPortTaken(port),
    start_timeout_ms: 10_000,
  };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

describe('a service that runs', () => {
  it('is used again on its port, and named where another one is asked for', async () => {
    const { signal } = new AbortController();
    const port = await freePort();
    await ensureService(service(port), signal);
    const pid = await findRunningPid({ directory });
    await ensureService(service(port), signal);
    expect(await findRunningPid({ directory })).toBe(pid);
    await expect(ensureService(service(port + 1), signal)).rejects.toMatchObject({
      exit_code: 4,
      found: `it runs on port ${port}`,
      next: `set LISTENER_PORT=${port}, or stop it first: make down`,
    });
    expect(await findRunningPid({ directory })).toBe(pid);
  });
});
