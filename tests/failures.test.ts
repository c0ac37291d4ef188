/** What goes wrong: each failure has a clear message, its exit code, no stack trace, and leaves no process behind. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../contract/results.ts';
import type { LoadstarResult } from './lib/loadstar-call.ts';
import { type Machine, machine } from './lib/machine.ts';

let here: Machine;
beforeAll(async () => {
  here = await machine();
});
afterAll(() => here.dispose());

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server, port = 0): Promise<number> {
  servers.push(server);
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}

/** Processes of this test's Loadstar: k6 and the demo run with its ports or state in their arguments. */
function left(pattern: string): string[] {
  const found = spawnSync('pgrep', ['-af', pattern], { encoding: 'utf8' }).stdout.split('\n');
  return found.filter((line) => line && !line.includes('pgrep'));
}

function expectClean(run: LoadstarResult): void {
  expect(run.stderr).not.toMatch(/\n\s+at .*\.ts:\d+/);
  expect(run.stderr).not.toContain('internal error in loadstar');
  expect(left(`${here.state_dir}/bundles`)).toEqual([]);
  expect(left(`--port ${here.env.DEMO_PORT}`)).toEqual([]);
}

describe('mistakes in the call', () => {
  it.each([
    [['run', 'serach'], 'use one of: api-contract, appointment-availability,'],
    [['run', '--profile', 'heavy'], 'smoke, load'],
    [['run', '--profil', 'smoke'], 'unknown option'],
    [['run', '--base-url', 'not a url'], 'BASE_URL=https://staging.example.com'],
    [['run', '--base-url', 'https://example.com'], 'ALLOW_HOSTS=example.com'],
    [['run', '--output', 'xk6-influxdb'], 'only docker has'],
    [['run', '--demo-fault', 'GET /api/nothing status=500'], 'no route'],
    [['bogus'], 'unknown command'],
  ])('%j exits 2 and says what is possible', async (args, hint) => {
    const run = await here.loadstar(args);
    expect(run.code, run.stderr).toBe(2);
    expect(run.stderr).toContain(hint);
    expect(run.stdout).toBe('');
    expectClean(run);
  });

  it('an unknown engine exits 2', async () => {
    const run = await here.loadstar(['run'], { env: { ENGINE: 'podman' } });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('docker, native or external');
  });
});

describe('a target that cannot be used', () => {
  it('exits 4, naming URL, error and what was tried', async () => {
    const port = await listen(createServer());
    servers.pop()?.close();
    const run = await here.loadstar(['run', '--base-url', `http://127.0.0.1:${port}`]);
    expect(run.code, run.stderr).toBe(4);
    expect(run.stderr).toContain('ECONNREFUSED');
    expect(run.stderr).toContain('3 attempts');
    expectClean(run);
  });

  it('that redirects elsewhere is refused before load', async () => {
    const port = await listen(
      createServer((_, response) => response.writeHead(302, { location: 'http://example.com/' }).end()),
    );
    const run = await here.loadstar(['run', '--base-url', `http://127.0.0.1:${port}`]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('example.com');
  });

  it('that redirects elsewhere under load is not followed: the run fails on its checks, nothing leaves', async () => {
    const port = await listen(
      createServer((request, response) => {
        if (request.url === '/') response.end('ok');
        else response.writeHead(302, { location: 'http://example.invalid/' }).end();
      }),
    );
    const run = await here.loadstar([
      'run',
      'search',
      '--base-url',
      `http://127.0.0.1:${port}`,
      '--duration',
      '5s',
      '--json',
    ]);
    expect(run.code, run.stderr).toBe(99);
    const [summary] = JSON.parse(run.stdout) as RunSummary[];
    // A followed redirect would be a failed look-up of example.invalid.
    expect(summary?.error_rate).toBe(0);
    expect(readFileSync(join(here.results_dir, summary?.testid ?? '', 'k6.log'), 'utf8')).toContain('not followed');
  });
});

describe('staging behind TLS with a private CA, basic authentication and headers', () => {
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-tls-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('works with the documented variables, and fails with a hint without the CA', async () => {
    const key = join(directory, 'key.pem');
    const cert = join(directory, 'cert.pem');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject],
      { stdio: 'ignore' },
    );
    const wanted = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
    const port = await listen(
      createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
        const ok = request.headers.authorization === wanted && request.headers['x-env'] === 'staging';
        response.writeHead(ok ? 200 : 401, { 'content-type': 'application/json' }).end('{"slots":[]}');
      }) as unknown as Server,
    );
    const args = ['run', '--base-url', `https://localhost:${port}`, '--duration', '5s', '--json'];
    const env = { TARGET_BASIC_AUTH: 'me:hunter2', TARGET_HEADERS: '{"X-Env":"staging"}' };

    const without = await here.loadstar(args, { env });
    expect(without.code, without.stderr).toBe(4);
    expect(without.stderr).toContain('TARGET_CA_FILE');

    const run = await here.loadstar(args, { env: { ...env, TARGET_CA_FILE: cert } });
    expect(run.code, run.stderr).toBe(0);
    const [summary] = JSON.parse(run.stdout) as RunSummary[];
    expect(summary).toMatchObject({ checks_rate: 1, error_rate: 0, target: { name: `localhost:${port}` } });
    const log = readFileSync(join(here.results_dir, summary?.testid ?? '', 'k6.log'), 'utf8');
    for (const text of [run.stderr, run.stdout, log]) expect(text).not.toMatch(/hunter2|bWU6aHVudGVyMg/);
  });
});

describe('ports that are taken', () => {
  it.each([
    ['INFLUX_PORT', 'InfluxDB'],
    ['DEMO_PORT', 'the demo clinic'],
  ])('%s: exits 4 and names the variable', async (variable, service) => {
    const other = await machine();
    const port = await listen(createServer());
    try {
      const run = await other.loadstar(['run'], { env: { [variable]: String(port) } });
      expect(run.code, run.stderr).toBe(4);
      expect(run.stderr).toContain(`port ${port} to be free for ${service}`);
      expect(run.stderr).toContain(`${variable}=${port + 1}`);
    } finally {
      await other.dispose();
    }
  });

  it('LIVE_VIEW_PORT: the run goes on with a free one', async () => {
    const port = await listen(createServer());
    const run = await here.loadstar(['run', '--duration', '4s'], { env: { LIVE_VIEW_PORT: String(port) } });
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).toContain(`port ${port} of the live view is taken`);
  });
});

describe('a full disk', () => {
  /** Runs `test` on a disk of its own; needs root, and says so where it is not. */
  async function onSmallDisk(size: string, skip: (why: string) => never, test: (disk: string) => Promise<void>) {
    const disk = mkdtempSync(join(tmpdir(), 'loadstar-small-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk]);
    if (mounted.status !== 0) {
      rmSync(disk, { recursive: true });
      skip('mounting a small disk needs root');
    }
    try {
      await test(disk);
    } finally {
      spawnSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  }

  it('at the start exits 4 and says so', async ({ skip }) => {
    await onSmallDisk('64k', skip, async (disk) => {
      const other = await machine({ LOADSTAR_HOME: join(disk, 'state') });
      const run = await other.loadstar(['run']);
      await other.dispose();
      expect(run.code, run.stderr).toBe(4);
      expect(run.stderr).toMatch(/no space left/i);
      expectClean(run);
    });
  });

  it('in the middle exits 5 and says what is lost: nothing passes for whole', async ({ skip }) => {
    await onSmallDisk('100m', skip, async (disk) => {
      const other = await machine({ LOADSTAR_HOME: join(disk, 'state'), K6_LOADSTAR_DRAIN_TIMEOUT: '1s' });
      let filled = false;
      const run = await other.loadstar(['run', 'search', '--duration', '12s', '--scale', '10', '--json'], {
        onOutput(text) {
          if (filled || !/ users?,/.test(text)) return;
          filled = true;
          spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'fill')}`, 'bs=1M']);
        },
      });
      rmSync(join(disk, 'fill'), { force: true });
      const listed = await other.loadstar(['runs', '--json']);
      await other.dispose();
      expect(run.code, run.stderr).toBe(5);
      const [summary] = JSON.parse(run.stdout) as RunSummary[];
      expect(summary).toMatchObject({ status: 'incomplete', completeness: { state: 'incomplete' } });
      expect(run.stderr).toContain('points are lost');
      expect(listed.code, listed.stderr).toBe(0);
    });
  });
});

describe('parts that die during a run', () => {
  it('InfluxDB: the person is told at once, the exit code is 4, the result is kept', async () => {
    const other = await machine();
    try {
      let killed = false;
      const run = await other.loadstar(['run', '--duration', '12s', '--json'], {
        onOutput(text) {
          if (killed || !/ users?,/.test(text)) return;
          killed = true;
          const { pid } = JSON.parse(readFileSync(join(other.state_dir, 'influxdb', 'pid.json'), 'utf8')) as {
            pid: number;
          };
          process.kill(pid, 'SIGKILL');
        },
      });
      expect(killed).toBe(true);
      expect(run.code, run.stderr).toBe(4);
      expect(run.stderr).toContain('InfluxDB does not answer');
      const [summary] = JSON.parse(run.stdout) as RunSummary[];
      expect(summary).toMatchObject({ status: 'broken', completeness: { state: 'unknown' } });
      expect(summary?.requests).toBeGreaterThan(0);
    } finally {
      await other.dispose();
    }
  });
});

describe('a place that cannot be written', () => {
  it.each([
    ['LOADSTAR_HOME', '/sys/loadstar'],
    ['RESULTS_DIR', '/sys/loadstar'],
    ['RESULTS_DIR', '/dev/null'],
  ])('%s=%s ends a run before its load, with the variable that moves it', async (variable, place) => {
    const run = await here.loadstar(['run', '--duration', '5s'], { env: { [variable]: place } });
    expect(run.code, run.stderr).toBe(4);
    expect(run.stderr).toMatch(/error: expected .*\n {2}found: E[A-Z]+: /);
    expect(run.stderr).toContain(`${variable}=<directory>`);
    expect(run.stderr).not.toContain('users,');
    expectClean(run);
  });
});

describe('an interrupt', () => {
  it('stops k6 gracefully, keeps what was measured, writes the record, leaves no process', async () => {
    let sent = false;
    const run = await here.loadstar(
      ['run', 'search,appointment-booking', '--duration', '60s', '--scale', '10', '--json'],
      {
        onOutput(text, kill) {
          if (sent || !/ users?,/.test(text)) return;
          sent = true;
          kill('SIGINT');
        },
      },
    );
    expect(run.code, run.stderr).toBe(130);
    const summaries = JSON.parse(run.stdout) as RunSummary[];
    expect(summaries).toHaveLength(1);
    expect(summaries[0]).toMatchObject({ status: 'interrupted', completeness: { state: 'complete' } });
    expect(summaries[0]?.requests).toBeGreaterThan(0);
    const listed = await here.loadstar(['runs', '--json', '--limit', '1']);
    const { testid } = summaries[0] as RunSummary;
    expect(JSON.parse(listed.stdout)[0]).toMatchObject({ testid, status: 'interrupted' });
    // Ctrl-C reaches esbuild's service process too, which pages must not need.
    expect(run.stderr).not.toContain('could not be written');
    expect(existsSync(join(here.results_dir, testid, 'report.html'))).toBe(true);
    expectClean(run);
  });
});
