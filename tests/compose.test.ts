import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENV, type EnvName } from '../contract/env.ts';
import { VERSIONS } from '../contract/versions.ts';
import { type CommandResult, runCommand } from '../lib/command.ts';
import { createSecret } from '../lib/private-files.ts';
import { type ComposeEnv, composeArgs, composeEnv } from '../stack/docker/compose.ts';
import { CHANNEL_SECRETS } from '../stack/docker/docker-engine.ts';
import type { DockerNetwork } from '../stack/docker/network.ts';
import { goTool } from './lib/go-tool.ts';
import { type Machine, machine, ROOT } from './lib/machine.ts';

interface ComposeService {
  image: string;
  network_mode?: string;
  ports?: { host_ip: string; published: string; target: number }[];
  environment?: Record<string, string>;
  cap_drop?: string[];
  security_opt?: string[];
  read_only?: boolean;
  healthcheck?: unknown;
  volumes?: { type: string; source: string; bind?: { create_host_path?: boolean } }[];
}

interface ComposeConfig {
  services: Record<string, ComposeService>;
}

let here: Machine;
let compose: string | null;

beforeAll(async () => {
  here = await machine();
  compose = await goTool(here, {
    name: 'docker-compose',
    module: 'github.com/docker/compose/v2',
    version: VERSIONS.docker_compose,
    main: './cmd',
  });
}, 600_000);
afterAll(() => here.dispose());

/** Asks compose for the file as it understands it. */
async function configWith(env: ComposeEnv, network: DockerNetwork = 'project'): Promise<CommandResult> {
  const [, ...args] = composeArgs(ROOT, ['--profile', '*', 'config', '--format', 'json'], network);
  return await runCommand(compose ?? '', args, { env });
}

async function config(secret: string, network: DockerNetwork = 'project'): Promise<string> {
  const secrets = join(here.state_dir, 'secrets');
  await mkdir(secrets, { recursive: true });
  for (const name of ['grafana_password', 'grafana_influx_token', ...Object.values(CHANNEL_SECRETS)])
    writeFileSync(join(secrets, name), secret);
  // In every variable that is secret, too.
  const names = (Object.keys(ENV) as EnvName[]).filter((name) => 'secret' in ENV[name]);
  const planted = Object.fromEntries(names.map((name) => [name, secret]));
  const env = { ...composeEnv(here.context, 'loadstar-test', { uid: 1234, gid: 5678 }), ...planted };
  const result = await configWith(env, network);
  expect(result.reason, result.reason).not.toMatch(/variable is not set/);
  expect(result.ok, result.reason).toBe(true);
  return result.stdout;
}

describe('docker-compose.yml (docker compose config)', () => {
  it('is valid, interpolates our settings and shows no secret', async ({ skip }) => {
    if (!compose) skip('no Go to build docker compose');
    const secret = createSecret();
    expect(secret.length).toBeGreaterThan(40);
    const text = await config(secret);
    expect(text).not.toContain(secret);
    const { services } = JSON.parse(text) as ComposeConfig;
    expect(Object.keys(services).sort()).toEqual(['demo', 'grafana', 'inbox', 'influxdb', 'k6', 'telegraf']);
    expect(services.influxdb?.ports?.[0]?.published).toBe(here.env.INFLUX_PORT);
    expect(text).toContain('"1234:5678"');
    expect(text).toContain(`${here.state_dir}/bundles`);
  });

  it('names the command that starts it to whoever calls compose alone', async ({ skip }) => {
    if (!compose) skip('no Go to build docker compose');
    const { ok, reason } = await configWith({ PATH: here.env.PATH });
    expect(ok).toBe(false);
    expect(reason).toContain('run `make up`');
  });

  // Docker creates them as root. A health check starts a program every few seconds in a container that has nothing to do.
  it('creates no directory on this machine, and has no health checks', async ({ skip }) => {
    if (!compose) skip('no Go to build docker compose');
    const { services } = JSON.parse(await config('x')) as ComposeConfig;
    const mounts = Object.values(services).flatMap(({ volumes = [] }) => volumes.filter(({ type }) => type === 'bind'));
    expect(mounts.length).toBe(5);
    expect(mounts.filter(({ bind }) => bind?.create_host_path === true)).toEqual([]);
    expect(Object.keys(services).filter((name) => services[name]?.healthcheck)).toEqual([]);
  });

  it('takes from every container what it does not need, and opens Grafana to nobody', async ({ skip }) => {
    if (!compose) skip('no Go to build docker compose');
    const { services } = JSON.parse(await config('x')) as ComposeConfig;
    for (const [name, service] of Object.entries(services)) {
      expect(service, name).toMatchObject({
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        read_only: true,
      });
    }
    expect(services.grafana?.environment).toMatchObject({
      GF_AUTH_ANONYMOUS_ENABLED: 'false',
      GF_SECURITY_COOKIE_SECURE: 'false',
      GF_SERVER_ENFORCE_DOMAIN: 'true',
    });
  });

  it('puts the containers of a run, and no others, into the network of the host', async ({ skip }) => {
    if (!compose) skip('no Go to build docker compose');
    const find = async (network: DockerNetwork) => {
      const { services } = JSON.parse(await config('x', network)) as ComposeConfig;
      return Object.keys(services).filter((name) => services[name]?.network_mode === 'host');
    };
    expect((await find('host')).sort()).toEqual(['demo', 'k6', 'telegraf']);
    expect(await find('project')).toEqual([]);
  });

  it('publishes on the loopback address alone', async ({ skip }) => {
    if (!compose) skip('no Go to build docker compose');
    const { services } = JSON.parse(await config('x')) as ComposeConfig;
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBe(4);
    expect(new Set(ports.map((port) => port.host_ip))).toEqual(new Set(['127.0.0.1']));
  });
});
