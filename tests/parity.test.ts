/** Both engines, and every file that cannot import the contract, say what the contract says. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHANNELS, grafanaVariable, SMTP } from '../contract/channels.ts';
import { ENV, type EnvName } from '../contract/env.ts';
import {
  GRAFANA,
  GRAFANA_ADMIN,
  GRAFANA_SETTINGS,
  GRAFANA_SWITCHES,
  grafanaSwitches,
  HOME_DASHBOARD,
  INFLUXDB_SETTINGS,
} from '../contract/grafana.ts';
import { GENERATOR, K8S_IMAGES, K8S_USERS } from '../contract/k8s.ts';
import { PACKAGE } from '../contract/package-name.ts';
import { LOOPBACK, PORTS } from '../contract/ports.ts';
import { VERSIONS } from '../contract/versions.ts';
import { CRD_FILE } from '../kubernetes/testing/manifests.ts';
import { CHANNEL_SECRETS } from '../stack/docker/docker-engine.ts';
import { PROVISIONING_DIR } from '../stack/engine/provisioning.ts';
import { K6_SETTINGS } from '../stack/native/k6-launcher.ts';
import { ROOT } from './lib/machine.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const SCENARIO_FILES = readdirSync(join(ROOT, 'k6', 'scenarios'))
  .filter((file) => /^[^.]+\.ts$/.test(file))
  .map((file) => `k6/scenarios/${file}`);

/** What runs when these files run: files of this repository, and packages from npm. */
async function importsOf(entries: readonly string[]): Promise<{ files: string[]; packages: string[] }> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [...entries],
    outdir: join(ROOT, 'unused'),
    write: false,
    bundle: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  const packages = imports.flatMap(({ path, external }) =>
    external ? [/^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? ''] : [],
  );
  const elsewhere = (name: string) => name.startsWith('node:') || name === 'k6' || name === PACKAGE;
  return { files: Object.keys(metafile.inputs), packages: [...new Set(packages)].filter((name) => !elsewhere(name)) };
}

interface Service {
  image: string;
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: unknown[];
  secrets?: string[];
  build?: { args?: Record<string, string> };
}
const compose_text = read('docker-compose.yml');
const isSecret = (name: EnvName) => 'secret' in ENV[name];
const { services, secrets } = parse(compose_text, { merge: true }) as {
  secrets: Record<string, { file: string }>;
  services: Record<'influxdb' | 'grafana' | 'inbox' | 'demo' | 'k6', Service>;
};

describe('versions', () => {
  it('of the images are those of the contract', () => {
    expect(services.influxdb.image).toBe(`influxdb:${VERSIONS.influxdb}`);
    expect(services.grafana.image).toBe(`grafana/grafana:${VERSIONS.grafana}`);
    expect(services.k6.image).toBe(`loadstar-k6:\${LOADSTAR_IMAGE_TAG:-${VERSIONS.k6}}`);
  });

  it('of xk6-output-influxdb agree between compose file, Dockerfile and contract', () => {
    expect(services.k6.build?.args?.XK6_OUTPUT_INFLUXDB_VERSION).toBe(VERSIONS.xk6_output_influxdb);
    const dockerfile = read('k6/Dockerfile');
    expect(dockerfile).toContain(`ARG XK6_OUTPUT_INFLUXDB_VERSION=${VERSIONS.xk6_output_influxdb}\n`);
    expect(dockerfile).toContain(`ARG XK6_OUTPUT_INFLUXDB_V2_VERSION=${VERSIONS.xk6_output_influxdb_v2}\n`);
  });

  it('of k6 that are built, the newest first, agree between compose file, Dockerfile, variable and page', () => {
    const versions = `${VERSIONS.k6_v2},${VERSIONS.k6}`;
    expect(services.k6.build?.args?.K6_VERSION).toBe(`\${K6_VERSION:-${versions}}`);
    expect(read('k6/Dockerfile')).toContain(`ARG K6_VERSION=${versions}\n`);
    for (const version of [VERSIONS.k6_v2, VERSIONS.k6]) {
      expect(ENV.K6_VERSION.summary).toContain(version);
      expect(read('docs/k6-versions.md')).toContain(version);
    }
  });

  it('of k6 and Go in the Go module are those of the contract', () => {
    const go_mod = read('k6/output/go.mod');
    expect(go_mod).toContain(`go.k6.io/k6 v${VERSIONS.k6}\n`);
    expect(go_mod).toContain(`\ngo ${VERSIONS.go_min}\n`);
  });

  it('of the k6 types is that of the newest k6', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const [major] = VERSIONS.k6_v2.split('.');
    expect(dependencies['@types/k6']?.split('.')[0]).toBe(major);
  });

  it('of Node.js is the one that npm enforces', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    expect(VERSIONS.node_min).toMatch(new RegExp(`^${engines.node.replace('>=', '')}`));
  });
});

describe('the name of the package', () => {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
    .toString()
    .split('\0')
    .filter((file) => /\.(ts|js|md|ya?ml|json)$|file$/.test(file) && existsSync(join(ROOT, file)));

  it('is the one that npm reads', () => {
    const { name } = JSON.parse(read('package.json')) as { name: string };
    expect(name).toBe(PACKAGE);
  });

  it('stands in one place, besides imports, tests and docs', () => {
    const sources = files.filter((file) => /\.[jt]s$/.test(file) && !/^tests\/|\.test\.ts$/.test(file));
    expect(sources.length).toBeGreaterThan(300);
    const repeats = (file: string) =>
      read(file)
        .replace(/ from '.*';/g, '')
        .replace(/\/\*\*.*/g, '')
        .includes(PACKAGE);
    expect(sources.filter(repeats)).toEqual(['contract/package-name.ts']);
  });

  // Outside of a project, npx asks the registry for the name that it is given: a stranger could have published it.
  it('is in every call through npx: nobody is told to run an unscoped name', () => {
    const texts = files.filter((file) => !/^CHANGELOG|^docs\/decisions\//.test(file));
    expect(texts.filter((file) => /\b(npx|npm exec|pnpm dlx|yarn dlx)( -\S+)* loadstar\b/.test(read(file)))).toEqual(
      [],
    );
  });
});

describe('Kubernetes', () => {
  it('has the versions, users and images of the contract', () => {
    expect(read(CRD_FILE)).toContain(`/k6-operator/blob/v${VERSIONS.k6_operator}/`);
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(K8S_IMAGES.cli).toBe(`loadstar:${version}`);
    expect(K8S_IMAGES.k6).toBe(`loadstar-k6:${VERSIONS.k6_v2}`);
    expect(K8S_IMAGES.influxdb).toBe(services.influxdb.image);
    expect(K8S_IMAGES.grafana).toBe(services.grafana.image);
    expect(read('k6/Dockerfile')).toContain(`adduser -D -u ${K8S_USERS.k6} k6`);
  });

  it('has images of one Node.js, none of which runs as root', () => {
    const from = ['cli', 'demo', 'inbox'].map((it) => /^FROM (node:\S+)/m.exec(read(`${it}/Dockerfile`))?.[1]);
    expect(new Set(from).size).toBe(1);
    for (const it of ['cli', 'demo', 'inbox', 'k6']) expect(read(`${it}/Dockerfile`)).toMatch(/^USER (node|k6)$/m);
  });

  it('is described with the versions that it has', () => {
    const page = read('docs/kubernetes.md');
    const operators = [...page.matchAll(/k6-operator\S* (\d+\.\d+\.\d+)|k6-operator\/v(\d+\.\d+\.\d+)/g)];
    expect(operators.length).toBeGreaterThan(1);
    for (const [, named, linked] of operators) expect(named ?? linked).toBe(VERSIONS.k6_operator);
    for (const image of [K8S_IMAGES.k6, K8S_IMAGES.cli]) expect(page).toContain(`/${image}`);
    expect(page).toContain(`${GENERATOR.base_mib} MiB plus ${GENERATOR.user_mib} MiB per VU`);
  });
});

const IMAGES = [
  // Scenarios, pages and the inbox are no imports of the command line: it bundles the first two, and the inbox runs in its image.
  [
    'cli',
    [
      ...SCENARIO_FILES,
      'cli/bin.ts',
      'cli/compile.ts',
      'k6/runtime/wire.ts',
      'report/html/client/run.ts',
      'report/html/client/index.ts',
      'inbox/bin.ts',
    ],
  ],
  ['demo', ['demo/bin.ts']],
  ['inbox', ['inbox/bin.ts']],
] as const;

describe.each(IMAGES)('the image of %s', (room, entries) => {
  const dockerfile = read(`${room}/Dockerfile`);

  it('has the files that it imports', async () => {
    const copied = [...dockerfile.matchAll(/^COPY (\S+) \S+$/gm)].map(([, path = '']) => path);
    const sent = read('.dockerignore').split('\n');
    const { files } = await importsOf(entries);
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => file.includes('/testing/'))).toEqual([]);
    expect(
      files.filter((file) => !copied.some((path) => path === file || (path.endsWith('/') && file.startsWith(path)))),
    ).toEqual([]);
    for (const path of copied) {
      const is_sent = sent.some((it) => it === `!${path.replace(/\/$/, '')}` || path.startsWith(`${it.slice(1)}/`));
      expect({ path, is_sent: is_sent || !path.includes('/') }).toEqual({ path, is_sent: true });
    }
  });
});

it('the package depends on what its programs and images import, and on nothing else', async () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const { packages } = await importsOf(IMAGES.flatMap(([, entries]) => entries));
  // Scenarios are checked against k6's types, tsx starts the sources, and the third keeps fastify on Node.js 20.
  const others = ['@types/k6', 'tsx', 'light-my-request'];
  expect(Object.keys(dependencies).sort()).toEqual([...new Set([...packages, ...others])].sort());
});

it('the images of Node.js install their packages in one layer that they have in common', () => {
  const layers = IMAGES.map(([room]) =>
    /^FROM[\s\S]*?^RUN npm .*$/m.exec(read(`${room}/Dockerfile`))?.[0].replaceAll(/^#.*\n/gm, ''),
  );
  expect(layers[0]).toContain('--omit=dev --ignore-scripts');
  expect(new Set(layers).size).toBe(1);
});

it('the image of the command line has the page that a dashboard is made of', () => {
  expect(read('cli/Dockerfile')).toContain('COPY docs/runbook.md docs/\n');
  expect(read('grafana/builder/runbook.ts')).toContain('runbook.md');
});

describe('ports', () => {
  it.each([
    ['influxdb', 'INFLUX_PORT', PORTS.influxdb],
    ['grafana', 'GRAFANA_PORT', PORTS.grafana],
    ['demo', 'DEMO_PORT', PORTS.demo],
    ['inbox', 'INBOX_PORT', PORTS.inbox],
  ] as const)('of %s: loopback, the default of the contract', (service, variable, port) => {
    expect(services[service].ports).toHaveLength(1);
    expect(services[service].ports?.[0]).toMatch(`${LOOPBACK}:\${${variable}:-${port}}:`);
    expect(ENV[variable].default).toBe(String(port));
  });
});

describe('settings of the services', () => {
  it('of InfluxDB are the same in both engines', () => {
    expect(services.influxdb.environment).toEqual(INFLUXDB_SETTINGS);
  });

  it('of Grafana are the same in both engines', () => {
    expect(services.grafana.environment).toMatchObject(GRAFANA_SETTINGS);
    const own = Object.keys(services.grafana.environment ?? {}).filter((name) => !(name in GRAFANA_SETTINGS));
    const channels = [...new Set(Object.values(CHANNELS).flatMap(({ settings }) => Object.values<EnvName>(settings)))];
    const expected = [
      ...channels.map((name) => (isSecret(name) ? `${grafanaVariable(name)}__FILE` : grafanaVariable(name))),
      ...(Object.keys(SMTP) as (keyof typeof SMTP)[]).map((name) =>
        isSecret(name) ? `${SMTP[name]}__FILE` : SMTP[name],
      ),
      'GF_SMTP_ENABLED',
      `${GRAFANA.variables.influx_token}__FILE`,
      GRAFANA.variables.influx_url,
      'GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH',
      'GF_PATHS_PROVISIONING',
      ...Object.keys(GRAFANA_SWITCHES),
      'GF_SECURITY_ADMIN_PASSWORD__FILE',
      'GF_SECURITY_ADMIN_USER',
      'GF_SERVER_DOMAIN',
      'GF_SERVER_ROOT_URL',
    ];
    expect(own.sort()).toEqual(expected.sort());
    for (const [variable, file] of Object.entries(CHANNEL_SECRETS)) {
      expect(services.grafana.environment?.[`${variable}__FILE`]).toBe(`/run/secrets/${file}`);
      expect(services.grafana.secrets).toContain(file);
      expect(secrets[file]?.file).toMatch(new RegExp(`/secrets/${file}$`));
    }
  });

  it('that follow from the environment are off unless asked for, and the user and domain those of the native engine', () => {
    const { environment = {} } = services.grafana;
    for (const [setting, variable] of Object.entries(GRAFANA_SWITCHES)) {
      expect(environment[setting]).toBe(`\${${variable}:-false}`);
    }
    expect(environment).toMatchObject({ GF_SECURITY_ADMIN_USER: GRAFANA_ADMIN, GF_SERVER_DOMAIN: LOOPBACK });
    expect(grafanaSwitches(undefined, undefined)).toEqual({
      GRAFANA_ANONYMOUS: 'false',
      LOADSTAR_COOKIE_SECURE: 'false',
      LOADSTAR_ENFORCE_DOMAIN: 'true',
    });
    // Only the very word: a typo opens nothing.
    for (const other of ['1', 'yes', 'TRUE', 'false']) {
      expect(grafanaSwitches(other, undefined).GRAFANA_ANONYMOUS).toBe('false');
    }
    expect(grafanaSwitches('true', 'https://grafana.example.com')).toEqual({
      GRAFANA_ANONYMOUS: 'true',
      LOADSTAR_COOKIE_SECURE: 'true',
      LOADSTAR_ENFORCE_DOMAIN: 'false',
    });
  });

  it('of k6 are the same in both engines', () => {
    expect(services.k6.environment).toEqual(K6_SETTINGS);
  });

  it('provisioning is one directory for both engines', () => {
    expect(services.grafana.volumes).toContainEqual(
      expect.objectContaining({
        source: `\${LOADSTAR_HOME:-./.loadstar}/${PROVISIONING_DIR}`,
        target: '/etc/grafana/provisioning',
        read_only: true,
      }),
    );
    expect(services.grafana.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(
      `/etc/grafana/provisioning/${HOME_DASHBOARD}`,
    );
    expect(services.grafana.environment?.GF_PATHS_PROVISIONING).toBe('/etc/grafana/provisioning');
  });
});

describe('environment variables', () => {
  it('of the compose file are declared in the contract', () => {
    const used = [...compose_text.matchAll(/\$\{(\w+)/g)].map((match) => match[1] ?? '');
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((name) => !(name in ENV))).toEqual([]);
  });
});

describe('secrets', () => {
  it('stand in no file that git keeps: passwords and tokens come from files', () => {
    for (const [name, value] of Object.entries(services.grafana.environment ?? {})) {
      if (/PASSWORD|TOKEN/.test(name)) expect(value).toMatch(/^\/run\/secrets\//);
    }
    expect(compose_text).not.toMatch(/DOCKER_INFLUXDB_INIT/);
  });
});
