/**
 * Runs in a real cluster: `make test-kubernetes`, with a KUBECONFIG of a cluster that has k6-operator and the images
 * (CONTRIBUTING.md). It makes two namespaces, and deletes them at its end.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IPod } from 'kubernetes-models/v1/Pod';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { K8S_IMAGES, K8S_SECRETS, K8S_SERVICES, K8S_USERS, K8S_VERSION } from '../contract/k8s.ts';
import type { RunSummary } from '../contract/results.ts';
import { labels, resourceName } from '../kubernetes/services/names.ts';
import { CONTAINER_SECURITY, podSecurity } from '../kubernetes/services/pods.ts';
import { cluster, lookFor } from './lib/cluster.ts';
import { callLoadstar, type LoadstarResult } from './lib/loadstar-call.ts';
import { ROOT } from './lib/machine.ts';

const { KUBECTL } = process.env;
const NAMESPACE = 'loadstar-test';
const TARGET_NAMESPACE = 'loadstar-test-target';
const TARGET = 'clinic';
const LOAD_S = 20;
/** Pods start, the operator looks every few seconds, and a cluster of one small node is slow. */
const WAIT_S = 120;
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

/** The demo, and a Service that has no pods. */
const TARGETS = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${TARGET} }
spec:
  selector: { matchLabels: { app: ${TARGET} } }
  template:
    metadata: { labels: { app: ${TARGET} } }
    spec:
      containers:
        - name: ${TARGET}
          image: loadstar-demo:${K8S_VERSION}
          imagePullPolicy: IfNotPresent
          readinessProbe: { httpGet: { path: /healthz, port: 18080 } }
---
apiVersion: v1
kind: Service
metadata: { name: ${TARGET} }
spec: { selector: { app: ${TARGET} }, ports: [{ port: 8080, targetPort: 18080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: nobody }
spec: { selector: { app: nobody }, ports: [{ port: 8080 }] }
`;

/** Accounts of the team's scenario: as many as the users of the profile smoke. */
const ACCOUNTS = ['ada', 'ben', 'cem', 'dan', 'eva'];

/** What a pod logs of it: who ran setup() and teardown(), and of each user when it began, with which account and result of setup(). */
const TEAM = `import exec from 'k6/execution';
import { defineScenario } from '@loadstar-hq/loadstar/k6';
export default defineScenario({
  title: 'Team', journey: 'J', requests: ['GET /healthz'],
  slos: [{ indicator: 'error_rate', limit: 0.01, reason: 'r' }],
  setup() { console.log('setup ran'); return { token: String(Math.random()) }; },
  run({ client, user }, { token }) {
    if (exec.vu.iterationInScenario === 0) console.log(\`began \${Date.now()} \${user().name} \${token}\`);
    client.request({ method: 'GET', route: '/healthz' });
  },
  teardown() { console.log('teardown ran'); },
});
`;

/** All generators together make less than that, whatever the machine. */
const ENDING = TEAM.replace(
  'slos: [',
  "slos: [{ indicator: 'throughput_rps', limit: 1e6, abort: true, reason: 'r' }, ",
);

describe.skipIf(!KUBECTL)('a real cluster (KUBECTL names its kubectl: make test-kubernetes)', () => {
  const here = cluster(KUBECTL ?? '', NAMESPACE);
  const target = cluster(KUBECTL ?? '', TARGET_NAMESPACE);
  let directory: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'loadstar-cluster-'));
    // The machine is shared by all pods: how fast the target is says nothing here.
    const slos = `{ search: [{ indicator: 'p95_ms', limit: 20_000 }, { indicator: 'error_rate', limit: 0.01 }] }`;
    writeFileSync(
      join(directory, 'loadstar.config.ts'),
      `export default { slos: ${slos}, users: { file: 'users.csv' }, profiles: { even: { users: 5, duration: '20s' } } };\n`,
    );
    writeFileSync(join(directory, 'users.csv'), ['name', ...ACCOUNTS].join('\n'));
    mkdirSync(join(directory, 'loadtests'));
    writeFileSync(join(directory, 'loadtests', 'team.ts'), TEAM);
    writeFileSync(join(directory, 'loadtests', 'ending.ts'), ENDING);
    await deleteNamespaces();
    await target.kubectl(['create', 'namespace', TARGET_NAMESPACE]);
    await target.kubectl(['apply', '--filename', '-'], TARGETS);
    const { files } = await write('stack');
    await here.kubectl(['apply', '--server-side', '--kustomize', join(files, 'base')]);
    const create = `kubectl() { command "$KUBECTL" "$@"; }; source ${join(files, 'secret.example')}`;
    execFileSync('bash', ['-eo', 'pipefail', '-c', create]);
    const users = JSON.stringify(ACCOUNTS.map((name) => ({ name })));
    const secret = { name: K8S_SECRETS.users.name, stringData: { [K8S_SECRETS.users.keys[0]]: users } };
    await here.kubectl(
      ['apply', '--filename', '-'],
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: secret.name },
        stringData: secret.stringData,
      }),
    );
    await here.kubectl(['apply', '--server-side', '--kustomize', join(files, 'stack')]);
    await here.kubectl(['wait', '--for=condition=available', '--timeout=5m', 'deployment', '--all']);
    await target.kubectl(['wait', '--for=condition=available', '--timeout=5m', 'deployment', '--all']);
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    await deleteNamespaces();
  });

  async function deleteNamespaces(): Promise<void> {
    await here.kubectl(['delete', 'namespace', NAMESPACE, TARGET_NAMESPACE, '--ignore-not-found', '--timeout=5m']);
  }

  function loadstar(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<LoadstarResult> {
    const { PATH, HOME } = process.env;
    const home = { LOADSTAR_HOME: join(directory, 'home'), RESULTS_DIR: join(directory, 'results') };
    return callLoadstar({ root: ROOT, cwd: directory, env: { PATH, HOME, ...home, ...env } }, args).ended;
  }

  interface Run {
    readonly testid: string;
    readonly name: string;
    readonly files: string;
  }

  interface Written {
    readonly more?: readonly string[];
    readonly service?: string;
    readonly scenario?: string;
  }

  async function write(
    title: string,
    { more = [], service = TARGET, scenario = 'search' }: Written = {},
  ): Promise<Run> {
    const host = `${service}.${TARGET_NAMESPACE}.svc`;
    const files = join(directory, title);
    const at = ['--base-url', `http://${host}:8080`, '--allow-host', host, '--namespace', NAMESPACE, '--out', files];
    const size = ['--duration', `${LOAD_S}s`, '--cpu', '50m', '--wait', `${WAIT_S}s`];
    const parallelism = more.includes('--parallelism') ? [] : ['--parallelism', '2'];
    const { code, stdout, stderr } = await loadstar(['k8s', scenario, ...parallelism, ...size, ...at, ...more]);
    expect(code, stderr).toBe(0);
    const testid = /^run (\S+):/m.exec(stdout)?.[1] ?? '';
    return { testid, name: resourceName(testid), files };
  }

  const apply = ({ files }: Run) => here.kubectl(['apply', '--server-side', '--kustomize', join(files, 'run')]);

  async function start(title: string, written: Written = {}): Promise<Run> {
    const run = await write(title, written);
    await apply(run);
    return run;
  }

  async function podsOf(selector: string): Promise<readonly IPod[]> {
    const { items } = await here.get<{ items: readonly IPod[] }>(['pods', '--selector', selector]);
    return items;
  }

  const generatorsOf = ({ name }: Run) => podsOf(`k6_cr=${name},runner=true`);

  /** Until all generators of a run make load. */
  async function underLoad(run: Run): Promise<readonly IPod[]> {
    await lookFor(`the starter of ${run.name}`, WAIT_S, async () => {
      const [pod] = await podsOf(`k6_cr=${run.name},runner!=true,job-name=${run.name}-starter`);
      return pod?.status?.phase === 'Succeeded' ? true : null;
    });
    return await generatorsOf(run);
  }

  /** Verdict of the Job that judges a run: exit code and log. */
  async function judged({ name }: Run): Promise<{ code: number; log: string }> {
    const code = await lookFor(`the Job ${name}-finish to end`, LOAD_S + WAIT_S + 60, async () => {
      const [pod] = await podsOf(`job-name=${name}-finish`);
      return pod?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode ?? null;
    });
    const log = await here.kubectl(['logs', `job/${name}-finish`]);
    return { code, log: log.replace(/\s+/g, ' ') };
  }

  async function report(testid: string): Promise<RunSummary> {
    const { name, port } = K8S_SERVICES.influxdb;
    const forwarded = await here.forward(name, port);
    try {
      const { data = {} } = await here.get<ISecret>(['secret', K8S_SECRETS.tokens.name]);
      const token = Buffer.from(data.cli ?? '', 'base64').toString();
      const env = { ENGINE: 'external', INFLUX_URL: forwarded.url, INFLUX_TOKEN: token };
      const { code, stderr } = await loadstar(['report', testid], env);
      expect(code, stderr).toBe(0);
    } finally {
      forwarded.close();
    }
    expect(readFileSync(join(directory, 'results', testid, 'report.html'), 'utf8')).toContain(testid);
    return JSON.parse(readFileSync(join(directory, 'results', testid, 'summary.json'), 'utf8')) as RunSummary;
  }

  it('runs two generators, judges them as one run, and has its report wherever InfluxDB is reached', async () => {
    const placement = ['--toleration', 'dedicated=load:NoSchedule', '--node-selector', 'kubernetes.io/os=linux'];
    const run = await start('two', { more: [...placement, '--image-pull-secret', 'registry-login'] });
    const pods = await underLoad(run);
    expect(pods).toHaveLength(2);
    for (const { spec } of pods) {
      expect(spec?.tolerations).toContainEqual({
        key: 'dedicated',
        operator: 'Equal',
        value: 'load',
        effect: 'NoSchedule',
      });
      expect(spec?.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux' });
      expect(spec?.imagePullSecrets).toEqual([{ name: 'registry-login' }]);
    }
    const { code, log } = await judged(run);
    expect(code, log).toBe(0);
    expect(log).toMatch(/complete, all \d+ totals agree/);
    expect(log).toContain('verdict PASSED');
    const summary = await report(run.testid);
    expect(summary).toMatchObject({ status: 'passed', generators: { expected: 2 } });
    // The load, and not the start of the pods. Iterations under way at its end count.
    expect(summary.duration_s).toBeGreaterThan(LOAD_S / 2);
    expect(summary.duration_s).toBeLessThan(LOAD_S + 15);

    // The same manifests again change nothing.
    await apply(run);
    expect(await podsOf(`job-name=${run.name}-finish`)).toHaveLength(1);
    expect(await generatorsOf(run)).toHaveLength(2);

    await here.kubectl(['delete', '--kustomize', join(run.files, 'run'), '--timeout=2m']);
    expect(await podsOf(`k6_cr=${run.name}`)).toEqual([]);
    const left = await here.kubectl(['get', 'all,configmaps,networkpolicies', '--output', 'name']);
    expect(left).not.toContain(run.name);
    expect(left).toContain('statefulset.apps/loadstar-influxdb');
    expect((await report(run.testid)).requests).toBe(summary.requests);
  });

  it('keeps two runs at once apart', async () => {
    const runs = await Promise.all([start('first'), start('second')]);
    for (const run of runs) {
      const { code, log } = await judged(run);
      expect(code, log).toBe(0);
      expect(log).toMatch(/complete, all \d+ totals agree/);
    }
  });

  /** Logs of the pods of a run's generators. */
  async function logsOf(run: Run): Promise<string[]> {
    const pods = await generatorsOf(run);
    return await Promise.all(pods.map(({ metadata }) => here.kubectl(['logs', metadata?.name ?? ''])));
  }

  /** Nobody in a container may kill its first process. Go ends at once by this signal, and delivers nothing. */
  const crash = (pod: string) => here.kubectl(['exec', pod, '--', 'kill', '-QUIT', '1']);

  const mergerEnd = ({ name }: Run) =>
    lookFor(`the Job ${name}-merger to end`, WAIT_S, async () => {
      const { items } = await here.get<{ items: readonly IPod[] }>(['pods', '--selector', `job-name=${name}-merger`]);
      return items.at(-1)?.status?.containerStatuses?.[0]?.state?.terminated?.exitCode ?? null;
    });

  it('runs four generators as one: one setup(), one begin, an account for each user, one teardown()', async () => {
    const run = await start('four', { more: ['--parallelism', '4', '--profile', 'even'], scenario: 'team' });
    const { code, log } = await judged(run);
    expect(code, log).toBe(0);
    const logs = await logsOf(run);
    expect(logs).toHaveLength(4);
    const all = logs.join('\n');
    expect(all.match(/setup ran/g)).toHaveLength(1);
    expect(all.match(/teardown ran/g)).toHaveLength(1);
    const began = [...all.matchAll(/began (?<at_ms>\d+) (?<account>\w+) (?<token>[\d.]+)/g)].map(
      ({ groups }) => groups,
    );
    expect(began.map((it) => it?.account).sort()).toEqual(ACCOUNTS);
    expect(new Set(began.map((it) => it?.token)).size).toBe(1);
    const firsts = logs.map((of_one) => Math.min(...[...of_one.matchAll(/began (\d+)/g)].map(([, at]) => Number(at))));
    const skew_ms = Math.max(...firsts) - Math.min(...firsts);
    console.log(`the load of four generators began within ${skew_ms} ms`);
    expect(skew_ms).toBeLessThan(1_000);
    expect(await report(run.testid)).toMatchObject({ generators: { expected: 4, lost: [] }, status: 'passed' });
    expect(await mergerEnd(run)).toBe(0);
  });

  it('ends all generators by an SLO that they break together', async () => {
    const run = await start('breach', { more: ['--parallelism', '3', '--duration', '90s'], scenario: 'ending' });
    const { code, log } = await judged(run);
    expect(code, log).toBe(99);
    expect(log).toContain('ended early: over all generators, throughput');
    expect(log).toMatch(/complete, all \d+ totals agree/);
    const { duration_s, generators } = await report(run.testid);
    expect(generators).toMatchObject({ expected: 3, lost: [] });
    console.log(`the SLO is judged after 10 s of load, and the load was over after ${duration_s} s`);
    expect(duration_s).toBeGreaterThanOrEqual(10);
    expect(duration_s).toBeLessThan(15);
    expect(await mergerEnd(run)).toBe(0);
  });

  it('loses nothing, and counts nothing twice, where the pod of the merger is deleted', async () => {
    const run = await start('merger');
    await underLoad(run);
    const [pod] = await podsOf(`job-name=${run.name}-merger`);
    await here.kubectl(['delete', 'pod', pod?.metadata?.name ?? '', '--grace-period=0', '--force']);
    const { code, log } = await judged(run);
    expect(code, log).toBe(0);
    expect(log).toMatch(/complete, all \d+ totals agree/);
  });

  it('is incomplete where a pod is killed, and the others go on', async () => {
    const run = await start('killed', { more: ['--parallelism', '3'] });
    const [pod] = await underLoad(run);
    const name = pod?.metadata?.name ?? '';
    await crash(name);
    const { code, log } = await judged(run);
    expect(code, log).toBe(5);
    expect(log).toContain(name);
    expect(log).toContain('2 of 3 generators came to their end');
  });

  it('does not pass a run whose generator was stopped in the middle', async () => {
    const run = await start('deleted');
    const [pod] = await underLoad(run);
    await here.kubectl(['delete', 'pod', pod?.metadata?.name ?? '']);
    const { code, log } = await judged(run);
    expect(code, log).toBe(130);
    expect(log).toContain(`stopped before the end of its load: ${pod?.metadata?.name}`);
  });

  it('loses nothing where the pod of InfluxDB is deleted', async () => {
    const run = await start('restart');
    await underLoad(run);
    await here.kubectl(['delete', 'pod', 'loadstar-influxdb-0', '--grace-period=0', '--force']);
    const { code, log } = await judged(run);
    expect(code, log).toBe(0);
    expect(log).toMatch(/complete, all \d+ totals agree/);
  });

  it('fails a run whose target has no pods', async () => {
    const run = await start('nobody', { service: 'nobody' });
    const { code, log } = await judged(run);
    expect(code, log).toBe(99);
  });

  describe('with a wrong token', () => {
    const { name } = K8S_SECRETS.tokens;
    const replace = (secret: ISecret) => here.kubectl(['replace', '--filename', '-'], JSON.stringify(secret));

    it.each([
      ['k6', 'none within'],
      ['cli', 'unauthorized'],
    ])('of %s, ends with 4', async (key, message) => {
      const { metadata: _, ...secret } = await here.get<ISecret>(['secret', name]);
      const right = { ...secret, metadata: { name } };
      await replace({ ...right, data: { ...secret.data, [key]: Buffer.from('wrong').toString('base64') } });
      try {
        const run = await start(`token-${key}`);
        const { code, log } = await judged(run);
        expect(code, log).toBe(4);
        expect(log).toContain(message);
        await here.kubectl(['delete', '--kustomize', join(run.files, 'run'), '--timeout=2m']);
      } finally {
        await replace(right);
      }
    });
  });

  it('refuses pods that are not restricted', async () => {
    const { stderr, code } = await here.attempt(['run', 'root', `--image=${K8S_IMAGES.cli}`, '--privileged']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('violates PodSecurity "restricted');
  });

  it('lets no stranger reach InfluxDB, and a judge nothing but InfluxDB', async () => {
    const { influxdb, grafana } = K8S_SERVICES;
    const reach = async (pod: string, of_pod: object, { name, port }: { name: string; port: number }) => {
      const script = `fetch('http://${name}:${port}/health').then(() => console.log('reached'), () => console.log('refused'))`;
      const container = { name: 'it', image: K8S_IMAGES.cli, command: ['node', '-e', script] };
      const securityContext = podSecurity(K8S_USERS.cli);
      const spec = {
        restartPolicy: 'Never',
        securityContext,
        // Policies hold a moment after the pod starts.
        containers: [
          {
            ...container,
            command: ['sh', '-c', `sleep 10; exec "$@"`, 'sh', ...container.command],
            securityContext: CONTAINER_SECURITY,
          },
        ],
      };
      const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod, labels: of_pod }, spec };
      await here.kubectl(['apply', '--filename', '-'], JSON.stringify(manifest));
      await here.kubectl(['wait', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=2m', `pod/${pod}`]);
      return (await here.kubectl(['logs', pod])).trim();
    };
    const { files } = await write('policies');
    await here.kubectl(['apply', '--filename', join(files, 'run', 'network.yaml')]);
    const judge = labels('judge');
    await expect(reach('judge-to-influxdb', judge, influxdb)).resolves.toBe('reached');
    await expect(reach('judge-to-grafana', judge, grafana)).resolves.toBe('refused');
    await expect(reach('stranger-to-influxdb', {}, influxdb)).resolves.toBe('refused');
  });
});
