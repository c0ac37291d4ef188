import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GRAFANA_SETTINGS } from '../../contract/grafana.ts';
import { isReachable } from '../../lib/http.ts';
import { findGrafana } from '../../stack/native/grafana.ts';
import { portForLater } from './ports.ts';

/** A Grafana that knows nothing of Loadstar, as a team has one. */
export interface TeamGrafana {
  readonly url: string;
  /** Of a service account with the role Admin, and of one that may only look. */
  readonly token: string;
  readonly viewer_token: string;
  call<T = unknown>(method: string, path: string, body?: object): Promise<T>;
  stop(): Promise<void>;
}

const PASSWORD = 'the-team-alone-knows';
const START_TIMEOUT_MS = 120_000;
const POLL_MS = 300;

/** @returns null where there is no Grafana on this machine */
export async function teamGrafana(env: Readonly<Record<string, string | undefined>>): Promise<TeamGrafana | null> {
  const binary = await findGrafana(env);
  if (!binary) return null;
  const directory = mkdtempSync(join(tmpdir(), 'loadstar-team-grafana-'));
  const port = await portForLater();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(binary.program, ['server', ...(binary.home ? ['--homepath', binary.home] : [])], {
    stdio: 'ignore',
    env: {
      PATH: env.PATH,
      HOME: directory,
      ...GRAFANA_SETTINGS,
      GF_SERVER_HTTP_ADDR: '127.0.0.1',
      GF_SERVER_HTTP_PORT: String(port),
      GF_PATHS_DATA: join(directory, 'data'),
      GF_PATHS_PLUGINS: join(directory, 'plugins'),
      GF_PATHS_PROVISIONING: join(directory, 'provisioning'),
      GF_SECURITY_ADMIN_PASSWORD: PASSWORD,
    },
  });
  const deadline_ms = Date.now() + START_TIMEOUT_MS;
  while (!(await isReachable(`${url}/api/health`))) {
    if (Date.now() > deadline_ms) throw new Error(`expected a Grafana at ${url}`);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  const call: TeamGrafana['call'] = async <T>(method: string, path: string, body?: object) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`,
        'content-type': 'application/json',
        'x-disable-provenance': 'true',
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : {}) as T;
  };
  const tokenOf = async (name: string, role: string) => {
    const { id } = await call<{ id: number }>('POST', '/api/serviceaccounts', { name, role });
    return (await call<{ key: string }>('POST', `/api/serviceaccounts/${id}/tokens`, { name })).key;
  };
  return {
    url,
    token: await tokenOf('loadstar', 'Admin'),
    viewer_token: await tokenOf('looks', 'Viewer'),
    call,
    async stop() {
      const ended = new Promise((done) => child.once('close', done));
      child.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
