import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IContainer } from 'kubernetes-models/v1/Container';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ENV, SCRIPT_ENV } from '../contract/env.ts';
import { CONFIG_MAP_BYTES, GENERATOR, K8S_IMAGES, K8S_NAMESPACE } from '../contract/k8s.ts';
import { OWN_PROJECT } from '../contract/project-name.ts';
import { SCENARIOS, type Scenario } from '../contract/scenarios.ts';
import { type CommandContext, commandContext } from '../lib/context.ts';
import { type Generated, generate, type ManifestFlags } from './generate.ts';
import { fitConfigMap } from './script.ts';
import { isDnsLabel } from './services/names.ts';
import type { TestRun } from './test-run.ts';
import { CRD_FILE, type Manifest, manifestsOf, validateManifest } from './testing/manifests.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

const NOW = { date: new Date('2026-11-24T12:34:03Z'), random: () => 0.5 };
const TARGET = ['http://shop.staging.svc:8080', 'shop.staging.svc'] as const;
const SECRET = 'sekrit-value-of-a-team';

/** Each bundles and evaluates real scenarios. */
vi.setConfig({ testTimeout: 30_000 });

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'loadstar-k8s-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

function context(env: Readonly<Record<string, string>> = {}): CommandContext {
  const silent = { write: () => true };
  const signal = new AbortController().signal;
  const process_ = { args: [], cwd, root: ROOT, node_path: '', stdout: silent, stderr: silent };
  return commandContext({
    ...process_,
    env: { LOADSTAR_HOME: join(cwd, 'state'), ...env },
    stop: signal,
    force: signal,
  });
}

const FLAGS: ManifestFlags = {
  parallelism: '2',
  namespace: K8S_NAMESPACE,
  image: K8S_IMAGES.k6,
  cliImage: K8S_IMAGES.cli,
  script: 'configmap',
  cpu: GENERATOR.cpu,
  wait: GENERATOR.wait,
};
const AT_SHOP = { baseUrl: TARGET[0], allowHost: [TARGET[1]] };

function make(scenario: string, flags: Partial<ManifestFlags> = AT_SHOP, env = {}): Promise<Generated> {
  return generate(context(env), scenario, { ...FLAGS, ...flags }, NOW);
}

const textOf = (files: Generated['files'], name: string) => String(files.get(name) ?? '');

function testRunOf(text: string): TestRun {
  const manifest = manifestsOf(text).find(({ kind }) => kind === 'TestRun');
  return manifest as unknown as TestRun;
}

function named(text: string, kind: string, name: string): Manifest {
  const found = manifestsOf(text).find((it) => it.kind === kind && it.metadata.name.endsWith(name));
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found;
}

const WITHOUT_BROWSER = Object.entries(SCENARIOS as Record<string, Scenario>).flatMap(([name, { needs_browser }]) =>
  needs_browser ? [] : [name],
);

describe('manifests of every scenario', () => {
  it.each(WITHOUT_BROWSER)('%s: what Kubernetes and k6-operator take', async (name) => {
    const { stream } = await make(name);
    const manifests = manifestsOf(stream);
    for (const manifest of manifests) {
      expect(() => validateManifest(manifest), `${manifest.kind} ${manifest.metadata.name}`).not.toThrow();
      expect(isDnsLabel(manifest.metadata.name), manifest.metadata.name).toBe(true);
      expect(manifest.metadata.labels).toMatchObject({ 'app.kubernetes.io/part-of': 'loadstar' });
      for (const value of Object.values(manifest.metadata.labels ?? {})) expect(value.length).toBeLessThanOrEqual(63);
      if (manifest.kind !== 'Namespace') expect(manifest.metadata.namespace).toBe('loadstar');
    }
    const bytes = JSON.stringify(named(stream, 'ConfigMap', '-script').data).length;
    expect(bytes).toBeLessThan(CONFIG_MAP_BYTES / 2);
  });

  it('are the same for the same call, but for the id of the run', async () => {
    const [first, again] = [await make('search'), await make('search')];
    expect([...again.files]).toEqual([...first.files]);
    const later = await generate(context(), 'search', { ...FLAGS, ...AT_SHOP }, { ...NOW, random: () => 0.9 });
    expect(later.testid).not.toBe(first.testid);
    const forget = ({ testid, stream }: Generated) =>
      stream.replaceAll(testid, 'ID').replaceAll(testRunOf(stream).metadata.name, 'NAME');
    expect(forget(later)).toBe(forget(first));
  });

  it('are refused by the schemas where they are wrong', () => {
    expect(() =>
      validateManifest({
        apiVersion: 'k6.io/v1alpha1',
        kind: 'TestRun',
        metadata: { name: 'x' },
        spec: { parallelism: 1, script: {}, runner: { imagePullPolcy: 'Always' } },
      }),
    ).toThrow('imagePullPolcy');
    expect(() =>
      validateManifest({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'x' },
        spec: { template: { spec: {} } },
      }),
    ).toThrow('containers');
    expect(CRD_FILE).toContain('k6-operator');
  });
});

describe('generators', () => {
  it('carry the run and their own name as tags, and get exactly what `loadstar run` gives k6', async () => {
    const { stream, testid } = await make('search', { ...AT_SHOP, parallelism: '3', scale: '2', duration: '90s' });
    const { spec, metadata } = testRunOf(stream);
    expect(metadata.annotations['loadstar/testid']).toBe(testid);
    expect(spec.parallelism).toBe(3);
    const tags = [`testid=${testid}`, `project=${OWN_PROJECT}`, 'instance=$(POD_NAME)'];
    expect(spec.args).toEqual([...tags.flatMap((tag) => ['--tag', tag]), '--out', 'loadstar']);
    const env = new Map(spec.runner.env?.map((it) => [it.name, it]));
    expect(env.get('POD_NAME')?.valueFrom?.fieldRef?.fieldPath).toBe('metadata.name');
    expect(env.get('K6_INFLUXDB_TOKEN')?.valueFrom?.secretKeyRef).toEqual({ name: 'loadstar-tokens', key: 'k6' });
    expect(env.get('LOADSTAR_DURATION_S')?.value).toBe('90');
    expect(env.get('LOADSTAR_SCALE')?.value).toBe('2');
    expect(env.get('BASE_URL')?.value).toBe(TARGET[0]);
    expect(JSON.parse(env.get('LOADSTAR_SLOS')?.value ?? '')).toEqual(SCENARIOS.search.slos);
    expect(named(stream, 'ConfigMap', '-script').data?.['search.js']).toContain('//# sourceMappingURL=search.js.map');
  });

  it('are apart where they can be, or have to be', async () => {
    const soft = testRunOf((await make('search')).stream).spec;
    expect(soft.separate).toBeUndefined();
    const { labelSelector } =
      soft.runner.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.[0]?.podAffinityTerm ??
      {};
    expect(labelSelector?.matchLabels?.k6_cr).toBe('k6-20261124t123403z-ssss');
    const hard = testRunOf((await make('search', { ...AT_SHOP, separate: true })).stream).spec;
    expect(hard.separate).toBe(true);
    expect(hard.runner.affinity).toBeUndefined();
  });

  it('ask for memory by their users, and for no limit on CPU', async () => {
    const few = testRunOf((await make('search')).stream).spec.runner.resources;
    const many = testRunOf((await make('search', { ...AT_SHOP, profile: 'load', scale: '20' })).stream).spec.runner
      .resources;
    expect(few).toMatchObject({ requests: { cpu: '1', memory: '259Mi' }, limits: { memory: '518Mi' } });
    // 2,000 users, half of them each.
    expect(many).toMatchObject({ requests: { memory: '1256Mi' }, limits: { memory: '2512Mi' } });
    expect(many?.limits).not.toHaveProperty('cpu');
    const asked = await make('search', { ...AT_SHOP, cpu: '1500m', memory: '3Gi' });
    const resources = testRunOf(asked.stream).spec.runner.resources;
    expect(resources).toMatchObject({ requests: { cpu: '1500m', memory: '3Gi' }, limits: { memory: '3Gi' } });
  });

  it('run as nobody in particular, and write nowhere but in their volumes', async () => {
    const pods = manifestsOf((await make('search')).stream).flatMap((manifest) => podsOf(manifest));
    expect(pods).toHaveLength(9);
    for (const pod of pods) {
      expect(pod).toContain('"runAsNonRoot":true');
      expect(pod).toContain('"readOnlyRootFilesystem":true');
      expect(pod).toContain('"allowPrivilegeEscalation":false');
      expect(pod).toContain('"drop":["ALL"]');
      expect(pod).toContain('"seccompProfile":{"type":"RuntimeDefault"}');
    }
  });

  it('are waited for and judged together', async () => {
    const { stream, testid } = await make('search', { ...AT_SHOP, scale: '2', duration: '90s', wait: '5m' });
    const { spec } = named(stream, 'Job', '-finish') as unknown as JobManifest;
    expect(spec.backoffLimit).toBe(0);
    const [container] = spec.template.spec.containers;
    const of_run = ['--scenario', 'search', '--profile', 'smoke', '--instances', '2'];
    const wait = ['--wait', `${90 + 5 * 60}s`];
    const place = ['--k8s-namespace', K8S_NAMESPACE];
    const merger = ['--merger', 'http://k6-20261124t123403z-ssss-merger:8087'];
    const at = ['--base-url', TARGET[0]];
    expect(container?.args).toEqual(['finish', testid, ...of_run, ...wait, ...place, ...merger, ...at]);
    const env = new Map(container?.env?.map((it) => [it.name, it]));
    for (const [name, value] of Object.entries({ SCALE: '2', DURATION: '90s', ALLOW_HOSTS: TARGET[1] })) {
      expect(env.get(name)?.value).toBe(value);
    }
    for (const name of env.keys()) expect([...Object.keys(ENV)]).toContain(name);
    expect(env.get('INFLUX_TOKEN')?.valueFrom?.secretKeyRef).toEqual({ name: 'loadstar-tokens', key: 'cli' });
    for (const name of ['INFLUX_URL', 'INFLUX_ORG', 'PUBLIC_GRAFANA_URL']) {
      expect(env.get(name)?.valueFrom?.configMapKeyRef).toEqual({ name: 'loadstar-servers', key: name });
    }
  });

  it('meet at a merger, which adds up what they write', async () => {
    const { stream } = await make('search', { ...AT_SHOP, parallelism: '4' });
    const name = 'k6-20261124t123403z-ssss-merger';
    const { spec } = named(stream, 'Job', '-merger') as unknown as JobManifest;
    const [container] = spec.template.spec.containers;
    expect(container?.args).toEqual(['merge-generators', '0.0.0.0:8087', '--generators', '4']);
    expect(container?.resources).toEqual({
      requests: { cpu: '40m', memory: '148Mi' },
      limits: { memory: '296Mi' },
    });
    const service = named(stream, 'Service', '-merger').spec;
    expect(service).toMatchObject({ selector: { 'batch.kubernetes.io/job-name': name }, ports: [{ port: 8087 }] });
    const env = new Map(testRunOf(stream).spec.runner.env?.map((it) => [it.name, it.value]));
    const shared = {
      K6_NO_THRESHOLDS: 'true',
      K6_LOADSTAR_MERGER: `http://${name}:8087`,
      K6_LOADSTAR_GENERATORS: '4',
    };
    for (const [variable, value] of Object.entries(shared)) expect(env.get(variable)).toBe(value);
    // Its own share is the whole: k6 judges it, and nothing is to be added.
    const alone = await make('search', { ...AT_SHOP, parallelism: '1' });
    for (const [file, text] of alone.files) if (file.startsWith('run/')) expect(text, file).not.toContain('merger');
    const of_one = testRunOf(alone.stream).spec.runner.env?.map((it) => it.name) ?? [];
    for (const variable of Object.keys(shared)) expect(of_one).not.toContain(variable);
  });

  it('and their judge are the only ones that reach the merger, and it reaches InfluxDB alone', async () => {
    const { stream } = await make('search');
    const name = 'k6-20261124t123403z-ssss';
    const job = (of: string) => ({ podSelector: { matchLabels: { 'batch.kubernetes.io/job-name': `${name}-${of}` } } });
    const own = { podSelector: { matchLabels: { k6_cr: name } } };
    const ports = [{ protocol: 'TCP', port: 8087 }];
    const { ingress, egress } = named(stream, 'NetworkPolicy', '-merger').spec ?? {};
    expect(ingress).toEqual([{ from: [own, job('finish')], ports }]);
    expect(egress).toHaveLength(1);
    for (const policy of ['-generators', '-finish'])
      expect(named(stream, 'NetworkPolicy', policy).spec?.egress).toContainEqual({ to: [job('merger')], ports });
    expect(JSON.stringify(named(stream, 'NetworkPolicy', 'loadstar-to-influxdb'))).toContain('"merger"');
    expect(JSON.stringify(named(stream, 'NetworkPolicy', 'loadstar-influxdb').spec?.ingress)).toContain('"merger"');
  });

  it('run on the nodes that are kept for load, with the login of a registry', async () => {
    const flags = {
      ...AT_SHOP,
      imagePullSecret: ['registry-login'],
      toleration: ['dedicated=load:NoSchedule', 'spot'],
      nodeSelector: ['pool=load'],
    };
    const { stream } = await make('search', flags);
    for (const manifest of manifestsOf(stream)) expect(() => validateManifest(manifest)).not.toThrow();
    const { runner, initializer } = testRunOf(stream).spec;
    expect(runner.tolerations).toEqual([
      { key: 'dedicated', operator: 'Equal', value: 'load', effect: 'NoSchedule' },
      { key: 'spot', operator: 'Exists' },
    ]);
    expect(runner.nodeSelector).toEqual({ pool: 'load' });
    // It makes no load.
    expect(initializer.nodeSelector).toBeUndefined();
    const pods = manifestsOf(stream).flatMap((manifest) => podsOf(manifest));
    for (const pod of pods) expect(pod).toContain('"imagePullSecrets":[{"name":"registry-login"}]');
  });

  it('and all other pods find their images in one registry', async () => {
    const { stream } = await make('search', { ...AT_SHOP, registry: 'registry.example.com/mirror' });
    const images = [...stream.matchAll(/\bimage: (\S+)/g)].map(([, image]) => image);
    const mirror = (image: string) => `registry.example.com/mirror/${image.replace('ghcr.io/', '')}`;
    expect(new Set(images)).toEqual(new Set(Object.values(K8S_IMAGES).map(mirror)));
    await expect(make('search', { ...AT_SHOP, registry: 'https://x/' })).rejects.toMatchObject({ exit_code: 2 });
  });

  it('keep what looks like a reference as it is', async () => {
    const options = { ...AT_SHOP, baseUrl: `${TARGET[0]}/$(HOME)` };
    const env = testRunOf((await make('search', options)).stream).spec.runner.env ?? [];
    expect(env.find(({ name }) => name === 'BASE_URL')?.value).toBe(`${TARGET[0]}/$$(HOME)`);
  });
});

interface JobManifest {
  readonly spec: {
    readonly backoffLimit: number;
    readonly template: { readonly spec: { readonly containers: readonly IContainer[] } };
  };
}

/** Pods of a manifest, as text. */
function podsOf({ kind, spec }: Manifest): string[] {
  if (kind === 'TestRun') {
    const { initializer, starter, runner } = spec as unknown as TestRun['spec'];
    return [initializer, starter, runner].map((pod) => JSON.stringify(pod));
  }
  return spec && 'template' in spec ? [JSON.stringify(spec.template)] : [];
}

const CONFIG = `export default {
  targets: { staging: {
    base_url: 'https://staging.example.com', allowed_hosts: ['staging.example.com'], token_from_env: 'STAGING_TOKEN',
    environment: { SHOP_KEY: 'SHOP_KEY_STAGING' }, ca_file: 'ca.pem', traces: { sampled_share: 0.5 } },
    prod: { base_url: 'https://shop.example.com', allowed_hosts: ['shop.example.com'], production: true, max_rate_rps: 21, max_duration_s: 600,
      telemetry: { scrape: [{ url: '/metrics', token_from_env: 'METRICS_TOKEN' }] } },
  },
  secrets: ['BUY_PASSWORD'],
  users: { file: 'users.csv' },
  slos: { browse: [{ indicator: 'p95_ms', limit: 123 }] },
};`;
const BROWSE = `import { defineScenario } from '@loadstar-hq/loadstar/k6';
export default defineScenario({ title: 'Browse', journey: 'J', requests: ['GET /a'],
  slos: [{ indicator: 'p95_ms', limit: 500, reason: 'r' },
    { indicator: 'throughput_rps', limit: 5, abort: true, reason: 'r' }], run({ client, user }) { user(); client.request({ method: 'GET', route: '/a', token: __ENV.BUY_PASSWORD }); } });`;

describe("a team's own scenario and target", () => {
  const env = {
    STAGING_TOKEN: SECRET,
    SHOP_KEY_STAGING: SECRET,
    BUY_PASSWORD: SECRET,
    INFLUX_TOKEN: SECRET,
    SLACK_WEBHOOK_URL: `https://hooks.slack.com/${SECRET}`,
    SMTP_PASSWORD: SECRET,
    TARGET_HEADERS: JSON.stringify({ 'X-Key': SECRET }),
  };
  beforeAll(() => {
    writeFileSync(join(cwd, 'loadstar.config.ts'), CONFIG);
    writeFileSync(join(cwd, 'users.csv'), `email,password\na@x,${SECRET}\n`);
    writeFileSync(join(cwd, 'ca.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    rmSync(join(cwd, 'loadtests'), { recursive: true, force: true });
    mkdirSync(join(cwd, 'loadtests'));
    writeFileSync(join(cwd, 'loadtests', 'browse.ts'), BROWSE);
  });
  afterAll(() => rmSync(join(cwd, 'loadstar.config.ts')));

  it('carry trace context where the target asks for it, and elsewhere do not', async () => {
    for (const [target, share] of [
      ['staging', '0.5'],
      ['prod', undefined],
    ] as const) {
      const { stream } = await make(
        'search',
        { target, ...(target === 'prod' ? { confirmProduction: 'prod' } : {}) },
        env,
      );
      const variables = testRunOf(stream).spec.runner.env ?? [];
      expect(variables.find(({ name }) => name === SCRIPT_ENV.trace_share)?.value).toBe(share);
    }
  });

  it('are valid, whether the secrets are there or not, and no value of one is written', async () => {
    const with_secrets = await make('browse', { target: 'staging' }, env);
    const { SLACK_WEBHOOK_URL, SMTP_PASSWORD, TARGET_HEADERS } = env;
    const without = await make('browse', { target: 'staging' }, { SLACK_WEBHOOK_URL, SMTP_PASSWORD, TARGET_HEADERS });
    expect([...with_secrets.files]).toEqual([...without.files]);
    for (const [file, text] of with_secrets.files) expect(text, file).not.toContain(SECRET);
    expect(with_secrets.stream).not.toContain(SECRET);
    expect(with_secrets.stream).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, -4));
    for (const manifest of manifestsOf(with_secrets.stream)) validateManifest(manifest);
    const secrets = textOf(with_secrets.files, 'secret.example');
    for (const name of ['LOADSTAR_TARGET_HEADERS', 'SHOP_KEY', 'BUY_PASSWORD', 'SLACK_WEBHOOK_URL', 'SMTP_PASSWORD']) {
      expect(secrets).toContain(`"${name}=$${name}"`);
    }
    expect(secrets).toContain('Authorization, X-Key');
    expect(secrets).toContain('users.json');
  });

  it('that is production wants its name once more, and has its rate shared among the generators', async () => {
    const flags = { target: 'prod', parallelism: '2', config: join(cwd, 'loadstar.config.ts') };
    await expect(make('search', flags, env)).rejects.toMatchObject({ exit_code: 2, found: 'none' });
    const { stream, notes } = await make('search', { ...flags, confirmProduction: 'prod' }, env);
    expect(notes).toEqual([expect.stringContaining('telemetry')]);
    const { args } = testRunOf(stream).spec;
    expect(args[args.indexOf('--rps') + 1]).toBe('10');
    const many = { ...flags, confirmProduction: 'prod', parallelism: '22', scale: '5' };
    await expect(make('search', many, env)).rejects.toMatchObject({ next: '--parallelism 21, or fewer' });
  });

  it('hand secrets to generators by reference, and none to the initializer, whose arguments show', async () => {
    const { spec } = testRunOf((await make('browse', { target: 'staging' }, env)).stream);
    const names = ['LOADSTAR_TARGET_HEADERS', 'BUY_PASSWORD', 'SHOP_KEY'];
    for (const name of names) {
      const runner = spec.runner.env?.filter((it) => it.name === name);
      expect(runner).toEqual([{ name, valueFrom: { secretKeyRef: { name: 'loadstar-target', key: name } } }]);
      expect(spec.initializer.env?.filter((it) => it.name === name)).toHaveLength(1);
    }
    expect(spec.initializer.env?.some(({ valueFrom }) => valueFrom !== undefined)).toBe(false);
    expect(spec.runner.volumes?.map(({ name }) => name)).toEqual(['tmp', 'spool', 'users', 'ca']);
  });

  it('are ended by a throughput that all of them make together: the judge has that SLO, and ends them', async () => {
    const { files, notes } = await make('browse', { target: 'staging' }, env);
    const { data } = named(textOf(files, 'run/project.yaml'), 'ConfigMap', '-project');
    expect(data?.['browse.ts']).toMatch(/"indicator": "throughput_rps",\s+"limit": 5,\s+"abort": true/);
    expect(notes).toEqual([]);
  });

  it('tell the judge the SLOs as they are held, and nothing of the code', async () => {
    const { stream } = await make('browse', { target: 'staging' }, env);
    const { data } = named(stream, 'ConfigMap', '-project');
    expect(Object.keys(data ?? {})).toEqual(['loadstar.config.ts', 'browse.ts']);
    expect(data?.['browse.ts']).toContain('"limit": 123');
    expect(data?.['browse.ts']).not.toContain('client');
    const job = JSON.stringify(named(stream, 'Job', '-finish'));
    expect(job).toContain('"name":"TARGET","value":"staging"');
    expect(job).not.toContain('--base-url');
  });

  it('tell the judge a profile of the team, and how long a constant load is', async () => {
    const config = join(cwd, 'profiles.config.ts');
    writeFileSync(config, "export default { profiles: { even: { users: 4, duration: '45s' } } };\n");
    const { stream } = await make('search', { ...AT_SHOP, config, profile: 'even' });
    const written = named(stream, 'ConfigMap', '-project').data?.['loadstar.config.ts'] ?? '';
    expect(JSON.parse(written.replace(/^export default |;\n$/g, ''))).toMatchObject({
      profiles: { even: { users: 4, duration: '45s' } },
    });
    const constant = await make('search', { ...AT_SHOP, config }, { VUS: '4', DURATION: '45s' });
    const { spec } = named(constant.stream, 'Job', '-finish') as unknown as JobManifest;
    const [container] = spec.template.spec.containers;
    expect(container?.args?.join(' ')).toContain('--profile vus4');
    expect(container?.env).toContainEqual({ name: 'DURATION', value: '45s' });
  });

  it('tell the judge the SLOs of the team for a built-in scenario, whatever names the target', async () => {
    const config = join(cwd, 'slos.config.ts');
    const slo = `{ indicator: 'p95_ms', limit: 4321, abort: true }`;
    writeFileSync(config, `export default { slos: { search: [${slo}] } };\n`);
    const { stream } = await make('search', { ...AT_SHOP, config });
    const written = named(stream, 'ConfigMap', '-project').data?.['loadstar.config.ts'];
    expect(written).toMatch(/"limit": 4321,\s+"abort": true/);
    expect(JSON.stringify(named(stream, 'Job', '-finish'))).toContain('LOADSTAR_CONFIG');
  });

  it('have alert rules for all SLOs of the team, also those of other scenarios', async () => {
    const { files } = await make('search', { target: 'staging' }, env);
    const rules = textOf(files, 'stack/grafana-provisioning.yaml');
    expect(rules).toContain('browse');
    expect(rules).toContain('123');
  });
});

describe('a script', () => {
  it('that is too large for a ConfigMap is refused, with what to do', async () => {
    mkdirSync(join(cwd, 'loadtests'), { recursive: true });
    writeFileSync(join(cwd, 'loadtests', 'large.ts'), largeScenario(CONFIG_MAP_BYTES + 1));
    await expect(make('large')).rejects.toMatchObject({
      exit_code: 2,
      next: expect.stringContaining('--script image'),
    });
    const image = { ...AT_SHOP, script: 'image', out: 'x', image: 'registry.example.com/tests:1' };
    const { files } = await make('large', image);
    expect(files.get('image/Dockerfile')).toContain(`FROM ${K8S_IMAGES.k6}\n`);
    expect(files.get('image/large.js')?.length).toBeGreaterThan(CONFIG_MAP_BYTES);
    const { spec } = testRunOf(textOf(files, 'run/testrun.yaml'));
    expect(spec.script).toEqual({ localFile: '/loadstar/scripts/large.js' });
    expect(spec.runner.image).toBe('registry.example.com/tests:1');
  });

  it('that has just room leaves its source map, and says so', () => {
    const files = { 'a.js': 'let a;\n//# sourceMappingURL=a.js.map\n', 'a.js.map': '{}' };
    const data_files = new Map([['/home/a/users.csv', 'data-1-users.csv']]);
    const script = { main: 'a.js', files, data_files, without_map: false };
    expect(fitConfigMap(script)).toBe(script);
    const data = { 'data-1-users.csv': Buffer.from('a') };
    expect(fitConfigMap({ ...script, files: { ...files, ...data } }, 40)).toEqual({
      ...script,
      files: { 'a.js': 'let a;\n', ...data },
      without_map: true,
    });
    expect(() => fitConfigMap(script, 5)).toThrow('at most 5 bytes');
  });

  it('brings the files that it opens, byte for byte', async () => {
    const directory = join(cwd, 'loadtests');
    mkdirSync(directory, { recursive: true });
    const bytes = Buffer.from([0, 255, 10, 128]);
    writeFileSync(join(directory, 'pixel of me.bin'), bytes);
    writeFileSync(join(cwd, 'rows.csv'), 'a;b\n');
    const text = `import { defineScenario } from '@loadstar-hq/loadstar/k6';
const rows = open('../rows.csv');
const pixel = open('./pixel of me.bin', 'b');
export default defineScenario({ title: rows, journey: 'J', requests: ['GET /a'], slos: [], run() {} });`;
    writeFileSync(join(directory, 'opens.ts'), text);
    const { files } = await make('opens');
    const config_map = named(textOf(files, 'run/script.yaml'), 'ConfigMap', '-script');
    expect(() => validateManifest(config_map)).not.toThrow();
    const { binaryData } = config_map as unknown as { binaryData: Record<string, string> };
    expect(binaryData).toEqual({
      'data-1-rows.csv': Buffer.from('a;b\n').toString('base64'),
      'data-2-pixel_of_me.bin': bytes.toString('base64'),
    });
    const { runner, initializer } = testRunOf(textOf(files, 'run/testrun.yaml')).spec;
    for (const { env = [] } of [runner, initializer]) {
      const { value = '{}' } = env.find(({ name }) => name === SCRIPT_ENV.files) ?? {};
      expect(JSON.parse(value)).toEqual({
        [`${directory}/../rows.csv`]: '/test/data-1-rows.csv',
        [`${directory}/./pixel of me.bin`]: '/test/data-2-pixel_of_me.bin',
      });
    }
    const image = await make('opens', { ...AT_SHOP, script: 'image', out: 'x', image: 'registry.example.com/tests:1' });
    expect(image.files.get('image/data-2-pixel_of_me.bin')).toEqual(bytes);
    expect(textOf(image.files, 'image/Dockerfile')).toContain(' data-2-pixel_of_me.bin ');

    writeFileSync(join(cwd, 'rows.csv'), 'x'.repeat(CONFIG_MAP_BYTES));
    await expect(make('opens')).rejects.toMatchObject({
      found: expect.stringContaining(' bytes of files that it opens'),
      next: expect.stringContaining('--script image'),
    });
    writeFileSync(
      join(directory, 'calls.ts'),
      `import grpc from 'k6/net/grpc';\nnew grpc.Client().load(['protos'], 'hello.proto');\n${text}`,
    );
    await expect(make('calls')).rejects.toMatchObject({
      found: expect.stringContaining('`protos` on this machine, which calls loads'),
      next: expect.stringContaining('reflect: true'),
    });
  });
});

function largeScenario(bytes: number): string {
  return `const DATA = '${'x'.repeat(bytes)}';
export default { title: 'T', journey: 'J', requests: ['GET /a'], slos: [], run() { if (DATA.length === 0) throw DATA; } };`;
}

describe('what cannot run in Kubernetes is refused, with what to do', () => {
  it.each<[string, string, Partial<ManifestFlags>, string, string]>([
    [
      'more generators than users',
      'search',
      { ...AT_SHOP, parallelism: '6' },
      'at most as many generators as virtual users',
      '--scale 2',
    ],
    ['no generator', 'search', { ...AT_SHOP, parallelism: '0' }, '--parallelism', ''],
    ['no target', 'search', {}, 'a target', '--base-url'],
    ['a target that nobody allowed', 'search', { baseUrl: TARGET[0] }, 'a target that may be loaded', 'ALLOW_HOSTS'],
    ['the pod itself', 'search', { baseUrl: 'http://localhost:8080' }, 'a target that pods can reach', 'Service'],
    ['a browser', 'page-load', AT_SHOP, 'without a browser', 'loadstar run'],
    ['a staircase', 'search', { ...AT_SHOP, profile: 'breakpoint' }, 'a fixed load', 'loadstar run'],
    ['another output', 'search', { ...AT_SHOP, output: 'influxdb' }, 'the output loadstar', 'unset OUTPUT'],
    ['several scenarios', 'search,user-login', AT_SHOP, 'one scenario', 'mixed'],
    ['a wrong namespace', 'search', { ...AT_SHOP, namespace: 'Load_Tests' }, '--namespace', 'load-tests'],
    ['an image without a name', 'search', { ...AT_SHOP, script: 'image', out: 'x' }, '--image', 'registry'],
    ['an image on stdout', 'search', { ...AT_SHOP, script: 'image' }, '--out', ''],
    ['a place that is none', 'search', { ...AT_SHOP, script: 'pvc' }, '--script', ''],
    ['a memory that is none', 'search', { ...AT_SHOP, memory: 'much' }, '--memory', ''],
    ['cores that are none', 'search', { ...AT_SHOP, cpu: 'many' }, '--cpu', ''],
    ['a taint that is none', 'search', { ...AT_SHOP, toleration: ['a=b:Never'] }, '--toleration', 'dedicated=load'],
    ['a label that is none', 'search', { ...AT_SHOP, nodeSelector: ['load'] }, '--node-selector', 'pool=load'],
    ['a Secret that is none', 'search', { ...AT_SHOP, imagePullSecret: ['A b'] }, '--image-pull-secret', ''],
  ])('%s', async (_, scenario, flags, expected, next) => {
    const error = await make(scenario, flags).then(
      () => expect.unreachable('it was not refused'),
      (thrown: { exit_code: number; message: string; next?: string }) => thrown,
    );
    expect(error.exit_code).toBe(2);
    expect(error.message).toContain(expected);
    expect(error.next ?? '').toContain(next);
  });
});

describe('servers', () => {
  beforeAll(() => rmSync(join(cwd, 'loadtests'), { recursive: true, force: true }));

  it('of ours get the provisioning that every engine has', async () => {
    const { files } = await make('search');
    const text = textOf(files, 'stack/grafana-provisioning.yaml');
    const { provisioningFiles } = await import('../grafana/generate.ts');
    const stored = manifestsOf(text).flatMap(({ metadata, data }) =>
      Object.entries(data ?? {}).map(([file, content]) => [
        `${metadata.name.replace('loadstar-grafana-', '')}/${file}`,
        content,
      ]),
    );
    expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(provisioningFiles(OWN_PROJECT)));
    const in_file = textOf(files, 'stack/inbox.yaml');
    expect(named(in_file, 'Service', 'inbox').kind).toBe('Service');
    // The inbox refuses other host names: Grafana and the kubelet call it by that of its Service.
    const inbox = named(in_file, 'Deployment', 'inbox') as unknown as JobManifest;
    const [container] = inbox.spec.template.spec.containers;
    expect(container?.args?.join(' ')).toContain('--allow-host loadstar-inbox');
    expect(container?.readinessProbe?.httpGet?.httpHeaders).toEqual([{ name: 'Host', value: 'loadstar-inbox' }]);
  });

  it('of ours tell Slack where there is one, with its address by reference', async () => {
    const { files } = await make('search', AT_SHOP, { SLACK_WEBHOOK_URL: `https://hooks.slack.com/${SECRET}` });
    expect(files.has('stack/inbox.yaml')).toBe(false);
    expect(files.get('stack/grafana.yaml')).toContain('key: SLACK_WEBHOOK_URL');
  });

  it('that a team has are used, and no others are written to stdout', async () => {
    const { stream } = await make('search', AT_SHOP, {
      INFLUX_URL: 'https://influx.example.com:8443/',
      INFLUX_ORG: 'team',
    });
    const kinds = manifestsOf(stream).map(({ kind }) => kind);
    expect(kinds).not.toContain('StatefulSet');
    expect(named(stream, 'ConfigMap', 'loadstar-servers').data).toMatchObject({
      INFLUX_URL: 'https://influx.example.com:8443',
      INFLUX_ORG: 'team',
    });
    expect(JSON.stringify(named(stream, 'NetworkPolicy', 'loadstar-to-influxdb'))).toContain('8443');
  });

  it('that are on this machine are refused: in a pod they are the pod', async () => {
    const env = { INFLUX_URL: 'http://127.0.0.1:18086' };
    await expect(make('search', AT_SHOP, env)).rejects.toMatchObject({ exit_code: 2, found: env.INFLUX_URL });
  });

  it('and runs are directories of kustomize that name every file', async () => {
    const { files } = await make('search');
    for (const directory of ['base', 'stack', 'existing-servers', 'run']) {
      const { resources } = manifestsOf(textOf(files, `${directory}/kustomization.yaml`))[0] as unknown as {
        resources: string[];
      };
      const there = [...files.keys()].flatMap((it) =>
        it.startsWith(`${directory}/`) ? [it.slice(directory.length + 1)] : [],
      );
      expect(new Set(['kustomization.yaml', ...resources.filter((it) => it !== '../base')])).toEqual(new Set(there));
    }
    const run = manifestsOf(
      [...files].flatMap(([file, text]) => (file.startsWith('run/') ? [text] : [])).join('---\n'),
    );
    // Deleted with the run: so nothing that others use.
    expect(run.map(({ kind }) => kind)).not.toContain('Namespace');
    // A claim binds all Jobs to one node, and no pod is there to read it from.
    const all = [...files].flatMap(([file, text]) => (file.endsWith('.yaml') ? manifestsOf(String(text)) : []));
    expect(all.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ metadata }) => metadata.name)).toEqual([
      'loadstar-grafana',
    ]);
  });
});
