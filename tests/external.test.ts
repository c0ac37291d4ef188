/**
 * Servers that a team already has: a real InfluxDB behind a TLS front with a private CA and a base path, behind a proxy,
 * with tokens that may too little, and behind what is no InfluxDB at all.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfluxDB } from '@influxdata/influxdb-client';
import { AuthorizationsAPI, BucketsAPI, OrgsAPI, type Permission } from '@influxdata/influxdb-client-apis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKETS, ORG } from '../contract/buckets.ts';
import { GRAFANA } from '../contract/grafana.ts';
import type { RunSummary } from '../contract/results.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Authority, authority, type Certificate } from './lib/certificates.ts';
import { type Front, type FrontOptions, forwardProxy, front, passOn } from './lib/fronts.ts';
import { type Machine, machine } from './lib/machine.ts';
import { teamGrafana } from './lib/team-grafana.ts';

const NAMES = 'DNS:influx.test,DNS:grafana.test,IP:127.0.0.1';
const BASE = '/influx';

let here: Machine;
let directory: string;
let ca: Authority;
let certificate: Certificate;
let influx: { url: string; token: string; org_id: string };
let tls: Front;
const fronts: Front[] = [];

beforeAll(async () => {
  here = await machine();
  directory = mkdtempSync(join(tmpdir(), 'loadstar-external-'));
  const { url } = (await nativeEngine(here.context).up()).influx;
  const { operator_token: token } = await new SecretStore(here.state_dir).load();
  const { orgs = [] } = await new OrgsAPI(new InfluxDB({ url, token })).getOrgs({ org: ORG });
  influx = { url, token, org_id: String(orgs[0]?.id) };
  ca = authority(directory, 'stack');
  certificate = ca.issue(NAMES);
  tls = await opened(influx.url, { certificate, base_path: BASE });
});
afterAll(async () => {
  for (const one of fronts) await one.close();
  await here.dispose();
  rmSync(directory, { recursive: true, force: true });
});

async function opened(target: string, options: FrontOptions): Promise<Front> {
  const one = await front(target, options);
  fronts.push(one);
  return one;
}

/** With the private CA and the TLS front, unless said otherwise. */
function external(env: Record<string, string> = {}): { env: Record<string, string> } {
  const address = { INFLUX_URL: `https://127.0.0.1:${tls.port}${BASE}`, STACK_CA_FILE: ca.ca_file };
  return { env: { ENGINE: 'external', INFLUX_TOKEN: influx.token, ...address, ...env } };
}

async function requestsOfStockOutput(summary: RunSummary | undefined): Promise<number | undefined> {
  const rows = await new InfluxDB(influx).getQueryApi(ORG).collectRows<{ _value: number }>(
    `from(bucket: "${BUCKETS.raw.name}") |> range(start: -1h) |> filter(fn: (r) => r._measurement == "http_reqs"
      and r.testid == "${summary?.testid}") |> group() |> sum()`,
  );
  return rows[0]?._value;
}

/** Its `next` is what a person reads last: so all three lines are looked at. */
async function expectError(env: Record<string, string>, code: number, pattern: RegExp, args = ['runs']): Promise<void> {
  const call = await here.loadstar(args, external(env));
  expect(call.code, call.stderr).toBe(code);
  expect(call.stderr).toMatch(pattern);
  expect(call.stderr).toMatch(/error: expected [\s\S]*\n {2}found: /);
  expect(call.stderr).not.toMatch(/internal error in loadstar|\n\s+at .*\.ts:\d+/);
  expect(call.stderr).not.toContain(influx.token);
}

/** Two at a time: a machine that is busy with more would not answer within the limits that are tested here. */
async function expectErrors(cases: readonly Parameters<typeof expectError>[]): Promise<void> {
  for (let first = 0; first < cases.length; first += 2) {
    await Promise.all(cases.slice(first, first + 2).map((one) => expectError(...one)));
  }
}

describe('InfluxDB with a private CA and a base path', () => {
  it('takes a run, whose target has a CA of its own, and all that is asked of the history', async () => {
    const other = authority(directory, 'target');
    const target = await opened(`http://127.0.0.1:${here.env.DEMO_PORT}`, { certificate: other.issue('IP:127.0.0.1') });
    const demo = await nativeEngine(here.context).startDemo({ faults: [] });
    const args = ['run', '--duration', '4s', '--json', '--base-url', `https://127.0.0.1:${target.port}`];
    const [first, second] = [
      await here.loadstar(args, external({ TARGET_CA_FILE: other.ca_file })),
      // The stock output knows only whom k6 as a whole trusts: both CAs then.
      await here.loadstar([...args, '--output', 'loadstar,influxdb'], external({ TARGET_CA_FILE: other.ca_file })),
    ];
    await demo.stop();
    for (const run of [first, second]) expect(run.code, run.stderr).toBe(0);
    const [[one], [two]] = [first, second].map(({ stdout }) => JSON.parse(stdout) as RunSummary[]) as [
      RunSummary[],
      RunSummary[],
    ];
    for (const summary of [one, two]) {
      expect(summary).toMatchObject({ engine: 'external', completeness: { state: 'complete' }, error_rate: 0 });
    }
    expect(await requestsOfStockOutput(two)).toBe(two?.requests);

    const file = join(directory, 'history.jsonl');
    for (const call of [
      ['runs'],
      ['compare', one?.testid ?? '', two?.testid ?? ''],
      ['baseline', 'show'],
      ['report', one?.testid ?? ''],
      ['runs', 'export', '--out', file],
      ['runs', 'import', file],
    ]) {
      const done = await here.loadstar(call, external());
      expect(done.code, `${call.join(' ')}: ${done.stderr}`).toBe(0);
    }
    expect(readFileSync(file, 'utf8')).toContain(one?.testid);
  });

  it('is what `status` and `doctor` name, with its version', async () => {
    const status = await here.loadstar(['status', '--json'], external());
    expect(JSON.parse(status.stdout).services[0]).toMatchObject({
      state: 'running',
      detail: expect.stringMatching(/\/influx, InfluxDB v2\./),
    });
    const doctor = await here.loadstar(['doctor'], external());
    expect(doctor.code, doctor.stderr).toBe(0);
    expect(doctor.stdout).toMatch(/ok +influxdb +https:\S+, InfluxDB v2\./);
    const ill = await here.loadstar(['doctor'], external({ STACK_CA_FILE: '' }));
    expect(ill.code).toBe(4);
    expect(ill.stdout).toMatch(/missing influxdb .*not trusted[\s\S]*STACK_CA_FILE/);
  });

  it('is found by the id of its organisation too', async () => {
    const runs = await here.loadstar(['runs'], external({ INFLUX_ORG: influx.org_id, INFLUX_URL: `${influx.url}/` }));
    expect(runs.code, runs.stderr).toBe(0);
  });
});

describe('a proxy', () => {
  it('leads this process and k6 to InfluxDB; loopback goes past it', async () => {
    const proxy = await forwardProxy({ login: 'me:hunter2' });
    fronts.push(proxy);
    const env = {
      INFLUX_URL: `https://influx.test:${tls.port}${BASE}`,
      https_proxy: `http://me:hunter2@127.0.0.1:${proxy.port}`,
      HTTP_PROXY: `http://me:hunter2@127.0.0.1:${proxy.port}`,
    };
    const run = await here.loadstar(
      ['run', '--duration', '3s', '--json', '--output', 'loadstar,influxdb'],
      external(env),
    );
    expect(run.code, run.stderr).toBe(0);
    const [summary] = JSON.parse(run.stdout) as RunSummary[];
    expect(summary).toMatchObject({ completeness: { state: 'complete' }, error_rate: 0 });
    expect(await requestsOfStockOutput(summary)).toBe(summary?.requests);
    // InfluxDB alone, and not the load.
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT influx.test:${tls.port}`]));
    expect(run.stderr + run.stdout).not.toContain('hunter2');
  });

  it('that an http address takes is asked without a tunnel, and the load through it is said aloud', async () => {
    const proxy = await forwardProxy();
    fronts.push(proxy);
    const slack = await opened(influx.url, { intercept: (_, response) => Boolean(response.end('ok')) });
    const demo = await nativeEngine(here.context).startDemo({ faults: [] });
    const env = {
      INFLUX_URL: influx.url.replace('127.0.0.1', 'influx.test'),
      HTTP_PROXY: `127.0.0.1:${proxy.port}`,
      ALLOW_HOSTS: 'app.test',
      SLACK_WEBHOOK_URL: `http://hooks.test:${slack.port}/services/x`,
      NOTIFY: 'always',
    };
    const args = ['run', '--duration', '3s', '--json', '--base-url', `http://app.test:${here.env.DEMO_PORT}`];
    const run = await here.loadstar(args, external(env));
    await demo.stop();
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject([{ completeness: { state: 'complete' }, error_rate: 0 }]);
    expect(proxy.asked.some((line) => line.startsWith('POST http://influx.test'))).toBe(true);
    expect(proxy.asked.some((line) => line.startsWith('GET http://app.test'))).toBe(true);
    expect(proxy.asked).toContain(`POST http://hooks.test:${slack.port}/services/x`);
    expect(proxy.asked.some((line) => line.startsWith('CONNECT'))).toBe(false);
    expect(run.stderr).toMatch(/the load goes through the proxy.*NO_PROXY=app\.test/);
  });

  it('that refuses, wants a password, or is not there is told from InfluxDB', async () => {
    const [forbids, asks] = [await forwardProxy({ refusal: 403 }), await forwardProxy({ login: 'me:x' })];
    fronts.push(forbids, asks);
    const INFLUX_URL = `https://influx.test:${tls.port}${BASE}`;
    const via = (port: number) => ({ INFLUX_URL, HTTPS_PROXY: `http://127.0.0.1:${port}` });
    await expectErrors([
      [via(forbids.port), 4, /the proxy http:\S+ answers 403[\s\S]*NO_PROXY=influx\.test/],
      [via(asks.port), 4, /answers 407[\s\S]*user:password.*HTTPS_PROXY/],
      [via(1), 4, /nothing listening at the proxy http:\/\/127\.0\.0\.1:1[\s\S]*HTTPS_PROXY/],
    ]);
    const plain = { INFLUX_URL: 'http://influx.test:1', HTTP_PROXY: `http://127.0.0.1:${asks.port}` };
    await expectErrors([
      [plain, 4, /answers 407[\s\S]*user:password.*HTTP_PROXY/],
      [{ INFLUX_URL, HTTPS_PROXY: 'socks5://127.0.0.1:1' }, 2, /HTTPS_PROXY[\s\S]*socks5/],
    ]);
  });
});

describe('a server that limits, and shows late what it took', () => {
  it('is waited for: nothing is lost, and what is on its way is not called missing', async () => {
    // The first write of the output is its start: a limit must not end the run there.
    const refused: Record<string, number> = {};
    let late = 0;
    const limit = (response: ServerResponse, bucket: string) => {
      refused[bucket] = (refused[bucket] ?? 0) + 1;
      response.writeHead(429, { 'retry-after': '1', 'content-type': 'application/json' });
      response.end('{"code":"too many requests","message":"org has exceeded its write limit"}');
      return true;
    };
    const cloud = await opened(influx.url, {
      certificate,
      intercept: (incoming, response, body) => {
        const { pathname, searchParams } = new URL(incoming.url ?? '', influx.url);
        if (pathname !== '/api/v2/write' || body.length === 0) return false;
        const bucket = searchParams.get('bucket') ?? '';
        if ((refused[bucket] ?? 0) < 2) return limit(response, bucket);
        if (bucket !== BUCKETS.live.name) return false;
        // Taken, and to be seen in two seconds: as InfluxDB Cloud documents of its writes.
        late += 1;
        setTimeout(() => passOn(influx.url, incoming.url ?? '', incoming, body, (answer) => answer.resume()), 2_000);
        response.writeHead(204).end();
        return true;
      },
    });
    const run = await here.loadstar(
      ['run', '--duration', '3s', '--json'],
      external({ INFLUX_URL: `https://127.0.0.1:${cloud.port}` }),
    );
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject([{ completeness: { state: 'complete' } }]);
    expect(refused).toEqual({ [BUCKETS.live.name]: 2, [BUCKETS.runs.name]: 2 });
    expect(late).toBeGreaterThan(1);
  });
});

describe('what is wrong is named, with what to do', () => {
  const at = (url: string) => ({ INFLUX_URL: url });

  it('certificates', async () => {
    const expired = await opened(influx.url, { certificate: ca.issue(NAMES, -1) });
    const named = await opened(influx.url, { certificate: ca.issue('DNS:other.test') });
    await expectErrors([
      [{ STACK_CA_FILE: '' }, 4, /not trusted here[\s\S]*STACK_CA_FILE=/],
      [at(`https://127.0.0.1:${expired.port}`), 4, /has expired[\s\S]*clock/],
      [at(`https://127.0.0.1:${named.port}`), 4, /another host \(DNS:other\.test\)[\s\S]*INFLUX_URL/],
      [{ STACK_CA_FILE: '/nowhere.pem' }, 2, /STACK_CA_FILE to be a readable PEM file/],
      [at(influx.url.replace('http:', 'https:')), 4, /does not speak TLS[\s\S]*INFLUX_URL=http:/],
      [at(`http://127.0.0.1:${tls.port}`), 4, / closed \(.*\)[\s\S]*INFLUX_URL=https:/],
    ]);
  });

  it('addresses', async () => {
    await expectErrors([
      [at('http://127.0.0.1:1'), 4, /nothing listening at 127\.0\.0\.1:1[\s\S]*check host and port in INFLUX_URL/],
      [at('http://influx.nowhere.invalid'), 4, /no host with the name influx\.nowhere\.invalid/],
      [at('influx.example.com'), 2, /INFLUX_URL to be an address with http/],
      [at('http://me:hunter2@127.0.0.1:1'), 2, /without credentials/],
    ]);
    const silent = await opened(influx.url, { intercept: () => true });
    await expectError(
      at(`http://127.0.0.1:${silent.port}`),
      4,
      /no answer from 127\.0\.0\.1:\d+ within 10 s[\s\S]*firewall/,
    );
    const moved = await opened(influx.url, {
      intercept: (_, response) => {
        response.writeHead(301, { location: 'https://influx.example.com/ping' }).end();
        return true;
      },
    });
    await expectError(
      at(`http://127.0.0.1:${moved.port}`),
      4,
      /redirect to[\s\S]*set INFLUX_URL=https:\/\/influx\.example\.com/,
    );
  });

  /** By what these are documented, or were seen, to answer to what we ask. */
  it('servers that are no InfluxDB 2', async () => {
    const answering = async (answer: (url: string, response: ServerResponse) => void) => {
      const one = await opened(influx.url, {
        intercept: (incoming, response) => {
          answer(incoming.url ?? '', response);
          return true;
        },
      });
      return at(`http://127.0.0.1:${one.port}`);
    };
    const versioned = (version: string, build: string, status = 204) =>
      answering((_, response) =>
        response.writeHead(status, { 'x-influxdb-version': version, 'x-influxdb-build': build }).end(),
      );
    const documented = /docs\/external\.md/;
    await expectErrors([
      [await versioned('1.8.10', 'OSS'), 4, /found: InfluxDB 1\.8\.10: it has different buckets/],
      [await versioned('3.3.0', 'Core', 200), 4, /found: InfluxDB 3\.3\.0: it has no Flux/],
      [await versioned('unknown', 'OSS'), 4, documented],
      [
        await answering((_, response) => response.writeHead(401).end('{"error": "the request was not authenticated"}')),
        4,
        /status 401[\s\S]*InfluxDB 3 also answers like this/,
      ],
      [
        await answering((url, response) =>
          url === '/api/health'
            ? response.end('{"database":"ok","version":"12.2.0"}')
            : response.writeHead(404).end('<title>Grafana</title>'),
        ),
        4,
        /found: Grafana 12\.2\.0[\s\S]*GRAFANA_URL/,
      ],
      [
        at(`https://127.0.0.1:${tls.port}`),
        4,
        /a web page, "Nothing here"[\s\S]*check host, port and path in INFLUX_URL/,
      ],
    ]);
  });

  it('tokens, organisations and buckets', async () => {
    const { token: all, url } = influx;
    const api = new InfluxDB({ url, token: all });
    const { buckets = [] } = await new BucketsAPI(api).getBuckets({ orgID: influx.org_id });
    const tokenFor = async (grants: readonly ['read' | 'write', string][]) => {
      const permissions: Permission[] = grants.map(([action, name]) => ({
        action,
        resource: { type: 'buckets', orgID: influx.org_id, id: String(buckets.find((it) => it.name === name)?.id) },
      }));
      return String(
        (await new AuthorizationsAPI(api).postAuthorizations({ body: { orgID: influx.org_id, permissions } })).token,
      );
    };
    const { live, runs } = BUCKETS;
    const reads = await tokenFor([
      ['read', live.name],
      ['read', runs.name],
    ]);
    const writes = await tokenFor([
      ['write', live.name],
      ['write', runs.name],
    ]);
    const one = await tokenFor([
      ['read', live.name],
      ['write', live.name],
    ]);
    const enough = await tokenFor([
      ['read', live.name],
      ['write', live.name],
      ['read', runs.name],
      ['write', runs.name],
    ]);

    expect((await here.loadstar(['runs'], external({ INFLUX_TOKEN: reads }))).code).toBe(0);
    const run = ['run', '--duration', '3s'];
    await expectErrors([
      [{ INFLUX_TOKEN: reads }, 4, /to write k6, k6_runs[\s\S]*k6: can read, but not write/, run],
      [{ INFLUX_TOKEN: writes }, 4, /k6: can write, but not read[\s\S]*influx auth create/],
      [{ INFLUX_TOKEN: one }, 4, /k6_runs: can neither read nor write/],
      [{ INFLUX_TOKEN: 'nonsense' }, 4, /to accept INFLUX_TOKEN[\s\S]*status 401/],
      [{ INFLUX_ORG: 'others' }, 4, /the organisation others[\s\S]*INFLUX_ORG/],
      [{ INFLUX_TOKEN: '' }, 2, /no INFLUX_TOKEN/],
    ]);

    // As a plan with two buckets has it: without the one for the stock outputs.
    const raw = buckets.find(({ name }) => name === BUCKETS.raw.name);
    const runs_bucket = buckets.find(({ name }) => name === runs.name);
    await new BucketsAPI(api).patchBucketsID({ bucketID: String(raw?.id), body: { name: 'renamed' } });
    const day = [{ type: 'expire' as const, everySeconds: 30 * 86_400 }];
    await new BucketsAPI(api).patchBucketsID({ bucketID: String(runs_bucket?.id), body: { retentionRules: day } });
    const fine = await here.loadstar(['up'], external({ INFLUX_TOKEN: enough }));
    expect(fine.code, fine.stderr).toBe(0);
    expect(fine.stderr).toMatch(/k6_runs keeps 30 days[\s\S]*runs export/);
    await expectError({}, 4, /no k6_raw[\s\S]*influx bucket create --org loadstar --name k6_raw --retention 168h/, [
      ...run,
      '--output',
      'influxdb',
    ]);
    await new BucketsAPI(api).patchBucketsID({ bucketID: String(raw?.id), body: { name: BUCKETS.raw.name } });

    // A run without its telemetry is a run all the same.
    const expectNoTelemetry = async (env: Record<string, string>, reason: RegExp) => {
      const { code, stderr } = await here.loadstar([...run, '--telemetry', 'on'], external(env));
      expect(code, stderr).toBe(0);
      expect(stderr).toMatch(reason);
      expect(stderr).not.toContain('collecting telemetry');
    };
    const denied =
      /warning: no telemetry in the bucket target: expected INFLUX_TOKEN[\s\S]*target: can neither read nor/;
    await expectNoTelemetry({ INFLUX_TOKEN: enough }, denied);
    const target = buckets.find(({ name }) => name === BUCKETS.target.name);
    await new BucketsAPI(api).patchBucketsID({ bucketID: String(target?.id), body: { name: 'renamed' } });
    await expectNoTelemetry({}, /warning: no telemetry[\s\S]*found no target; influx bucket create .* --name target/);
    await new BucketsAPI(api).patchBucketsID({ bucketID: String(target?.id), body: { name: BUCKETS.target.name } });
  });

  it('clocks that differ, with the seconds', async () => {
    const ahead = await opened(influx.url, {
      headers: () => ({ date: new Date(Date.now() + 95_000).toUTCString() }),
    });
    const skewed = await here.loadstar(['runs'], external({ INFLUX_URL: `http://127.0.0.1:${ahead.port}` }));
    expect(skewed.code, skewed.stderr).toBe(0);
    expect(skewed.stderr).toMatch(/warning: the clock of this machine is 9[456] s behind that of InfluxDB v2/);
    const right = await here.loadstar(['runs'], external());
    expect(right.stderr).not.toContain('clock');
  });
});

describe('Grafana with a private CA, behind a proxy', () => {
  it('is pushed to, and its data source trusts the CA that InfluxDB needs', async ({ skip }) => {
    const team = await teamGrafana(process.env);
    if (!team) return skip('no Grafana: set GRAFANA_HOME');
    try {
      const grafana = await opened(team.url, { certificate });
      const proxy = await forwardProxy();
      fronts.push(proxy);
      const env = {
        GRAFANA_URL: `https://grafana.test:${grafana.port}`,
        GRAFANA_TOKEN: team.token,
        HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
      };
      const push = await here.loadstar(['grafana', 'push'], external(env));
      expect(push.code, push.stderr).toBe(0);
      expect(push.stderr).not.toContain('warning');
      expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT grafana.test:${grafana.port}`]));
      const { jsonData } = await team.call<{ jsonData: object }>(
        'GET',
        `/api/datasources/uid/${GRAFANA.datasource.uid}`,
      );
      expect(jsonData).toMatchObject({ tlsAuthWithCACert: true });

      const up = await here.loadstar(
        ['up'],
        external({ ...env, HTTPS_PROXY: '', GRAFANA_URL: `https://127.0.0.1:${grafana.port}` }),
      );
      expect(up.stderr).not.toContain('links lead to');
      const unreached = await here.loadstar(
        ['grafana', 'push'],
        external({ ...env, INFLUX_URL: 'http://127.0.0.1:1' }),
      );
      expect(unreached.code, unreached.stderr).toBe(0);
      expect(unreached.stderr).toMatch(/warning: Grafana cannot read InfluxDB at http:\/\/127\.0\.0\.1:1/);
    } finally {
      await team.stop();
    }
  });
});
