/** Queries of telemetry to a real Grafana of a team: our InfluxDB and Grafana's TestData are its data sources. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Point } from '@influxdata/influxdb-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKETS, V1_MAPPING } from '../contract/buckets.ts';
import type { RunSummary } from '../contract/results.ts';
import { type AskedQuery, MOST_SERIES_OF_QUERY } from '../contract/telemetry.ts';
import type { InfluxConnection } from '../influxdb/connection.ts';
import { readTelemetry } from '../influxdb/telemetry.ts';
import { writePoints } from '../influxdb/write-records.ts';
import { proxyRules } from '../lib/proxies.ts';
import { startAskedQueries } from '../runs/telemetry/asked-queries.ts';
import { GrafanaApi, QUERY_NEEDS } from '../stack/grafana-push/api.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Machine, machine } from './lib/machine.ts';
import { type TeamGrafana, teamGrafana } from './lib/team-grafana.ts';

/** After the second time that is asked, 15 s after the first. */
const WATCHED_MS = 18_000;
const TESTDATA = 'grafana-testdata-datasource';
const FLUX = 'team-flux';

let here: Machine;
let team: TeamGrafana | null = null;
let influx: InfluxConnection;
beforeAll(async () => {
  here = await machine();
  const { influx: access } = await nativeEngine(here.context).up();
  const { url, org, tokens } = access;
  influx = { url, org, token: tokens.cli };
  team = await teamGrafana(process.env);
  if (!team) return;
  const of_influx = { type: 'influxdb', access: 'proxy', url };
  await team.call('POST', '/api/datasources', {
    ...of_influx,
    name: 'The team',
    uid: FLUX,
    jsonData: { version: 'Flux', organization: org, defaultBucket: BUCKETS.raw.name, httpMode: 'POST' },
    secureJsonData: { token: tokens.grafana },
  });
  await team.call('POST', '/api/datasources', {
    ...of_influx,
    name: 'Team InfluxQL',
    jsonData: { dbName: V1_MAPPING.database, httpMode: 'GET', httpHeaderName1: 'Authorization' },
    secureJsonData: { httpHeaderValue1: `Token ${tokens.grafana}` },
  });
  await team.call('POST', '/api/datasources', { name: 'Test', type: TESTDATA, access: 'proxy' });
  // The team's metrics: a value a second, also of the seconds to come.
  const now_ms = Date.now();
  const points = Array.from({ length: 330 }, (_, second) =>
    Array.from({ length: MOST_SERIES_OF_QUERY + 5 }, (_pod, pod) =>
      new Point(pod < 2 ? 'pool' : 'wide')
        .tag('pod', `pod-${pod}`)
        .tag('cluster', 'eu')
        .floatField('value', 10 * (pod + 1))
        .timestamp(now_ms + (second - 30) * 1_000),
    ),
  ).flat();
  await writePoints({ url, org, token: tokens.k6 }, BUCKETS.raw, points);
}, 180_000);
afterAll(async () => {
  await team?.stop();
  await here.dispose();
});

const POOL = { component: 'db', kind: 'utilisation', unit: 'share' } as const;
const flux = (measurement: string, more = '') =>
  `from(bucket: "${BUCKETS.raw.name}") |> range(start: v.timeRangeStart, stop: v.timeRangeStop)
  |> filter(fn: (r) => r._measurement == "${measurement}") ${more}
  |> aggregateWindow(every: v.windowPeriod, fn: mean, createEmpty: false)`;

/** Asks for a while. @returns stored series by name and instance with their values, what was warned of, how many were stored */
async function watch(testid: string, queries: readonly AskedQuery[], access: { url: string; token: string }) {
  const warned: string[] = [];
  const started = new Date();
  const api = new GrafanaApi(access, proxyRules({}), QUERY_NEEDS);
  const ui = { warn: (text: string) => void warned.push(text) };
  const running = startAskedQueries(queries, { testid, influx, api, ui, every_s: 2 });
  const stored = async () => {
    const { series } = await readTelemetry(influx, { testid, started, ended: new Date() });
    return Object.fromEntries(
      series.map((one) => [`${one.series}/${one.instance}`, [...new Set(one.points.map(({ value }) => value))]]),
    );
  };
  await sleep(WATCHED_MS);
  const during = await stored();
  const count = await running.finish(true);
  return { during, after: await stored(), warned, count };
}

describe("queries to the team's Grafana", () => {
  it('become series of the run while it goes on, whatever kind of query', async ({ skip }) => {
    if (!team) return skip('no Grafana: set GRAFANA_HOME');
    const { during, after, warned, count } = await watch(
      'run-asked',
      [
        { ...POOL, name: 'pool', data_source: FLUX, query: flux('pool'), factor: 0.01, limit: 1 },
        {
          ...POOL,
          name: 'of pods',
          unit: 'count',
          data_source: 'Team InfluxQL',
          query: 'SELECT max("value") FROM "pool" WHERE $timeFilter GROUP BY time($__interval) fill(none)',
        },
        {
          ...POOL,
          name: 'as given',
          unit: 'count',
          data_source: 'Test',
          query: { scenarioId: 'csv_metric_values', stringInput: '7,null,7' },
        },
      ],
      { url: team.url, token: team.viewer_token },
    );
    const all = { 'pool/pod-0': [0.1], 'pool/pod-1': [0.2], 'of pods/': [20], 'as given/': [7] };
    expect(warned).toEqual([]);
    expect(during).toEqual(all);
    expect(after).toEqual(all);
    expect(count).toBe(4);
  }, 60_000);

  it('are asked by a run whose target has them, and said in its lines', async ({ skip }) => {
    if (!team) return skip('no Grafana: set GRAFANA_HOME');
    const app = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
    const directory = mkdtempSync(join(tmpdir(), 'loadstar-asked-'));
    try {
      await once(app, 'listening');
      const ask = [{ ...POOL, name: 'pool', data_source: FLUX, query: flux('pool'), factor: 0.01, limit: 1 }];
      const base_url = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
      const config = { name: 'shop', targets: { staging: { base_url, telemetry: { around_s: 2, ask } } } };
      writeFileSync(join(directory, 'loadstar.config.ts'), `export default ${JSON.stringify(config)};\n`);
      writeFileSync(
        join(directory, 'home.js'),
        "import http from 'k6/http';\nexport const options = { duration: '12s' };\nexport default () => http.get(__ENV.BASE_URL);\n",
      );
      const run = ['run', join(directory, 'home.js'), '--config', join(directory, 'loadstar.config.ts'), '--json'];
      const with_grafana = { GRAFANA_URL: team.url, GRAFANA_TOKEN: team.viewer_token };
      const { stdout, stderr, code } = await here.loadstar([...run, '--target', 'staging'], { env: with_grafana });
      expect(code, stderr).toBe(0);
      expect(stderr).toContain(`telemetry: 1 query to Grafana at ${team.url}`);
      expect(stderr).toContain('telemetry: 2 series of 1 query');
      const [{ testid, started, ended }] = JSON.parse(stdout) as [RunSummary];
      const span = { testid, started: new Date(started), ended: new Date(ended) };
      const { series } = await readTelemetry(influx, span);
      expect(series.map(({ component, instance, points }) => [component, instance, points[0]?.limit])).toEqual([
        ['db', 'pod-0', 1],
        ['db', 'pod-1', 1],
      ]);
      const { stderr: without } = await here.loadstar([
        ...run,
        '--target',
        'staging',
        '--profile',
        'smoke',
        '--duration',
        '2s',
      ]);
      expect(without).toContain('no queries to Grafana, because GRAFANA_URL is not set');
    } finally {
      app.close();
      rmSync(directory, { recursive: true, force: true });
    }
  }, 120_000);

  it('that fail, find nothing or too much are a warning each, and the others go on', async ({ skip }) => {
    if (!team) return skip('no Grafana: set GRAFANA_HOME');
    const of = (name: string, query: AskedQuery['query'], data_source = FLUX) => ({
      ...POOL,
      name,
      query,
      data_source,
    });
    const { after, warned } = await watch(
      'run-bad',
      [
        of('good', flux('pool', '|> filter(fn: (r) => r.pod == "pod-0")')),
        of('unknown', 'x', 'No such source'),
        of('broken', 'from(bucket: nope) |> x'),
        of('nothing', flux('none')),
        of('wide', flux('wide')),
        of('text', 'up', 'Test'),
        of('table', { scenarioId: 'csv_content', csvContent: 'host,load\na,1' }, 'Test'),
        of(
          'long',
          `import "strings"\n${flux('wide')} |> map(fn: (r) => ({r with pad: r.pod + strings.repeat(v: "x", i: 200000)})) |> group(columns: ["pad"])`,
        ),
      ],
      { url: team.url, token: team.viewer_token },
    );
    expect(after['good/']).toEqual([10]);
    expect(Object.keys(after).filter((name) => name.startsWith('wide/'))).toHaveLength(MOST_SERIES_OF_QUERY);
    const about = (name: string) => warned.filter((text) => text.startsWith(`telemetry: query ${name} of `)).join('\n');
    expect(about('good')).toBe('');
    expect(about('unknown')).toContain('expected a data source named No such source in Grafana; found none');
    expect(about('broken')).toContain('pipe destination must be a function call');
    expect(about('nothing')).toContain('no value during the whole run');
    expect(about('wide')).toContain(`more than ${MOST_SERIES_OF_QUERY} series`);
    expect(about('text')).toContain(`found a data source of type ${TESTDATA}`);
    expect(about('table')).toContain('a table without a column of time');
    expect(about('long')).toContain('expected an answer of Grafana below 8 MiB');
    // Each of them once, although they were asked three times.
    expect(warned).toHaveLength(7);
  }, 90_000);

  it('with a token without rights, and without an answer, are warnings too', async ({ skip }) => {
    if (!team) return skip('no Grafana: set GRAFANA_HOME');
    const { id } = await team.call<{ id: number }>('POST', '/api/serviceaccounts', { name: 'nobody', role: 'None' });
    const { key } = await team.call<{ key: string }>('POST', `/api/serviceaccounts/${id}/tokens`, { name: 'nobody' });
    const query = { ...POOL, name: 'pool', data_source: FLUX, query: flux('pool') };
    const [refused, wrong, away] = await Promise.all([
      watch('run-refused', [query], { url: team.url, token: key }),
      watch('run-wrong', [query], { url: team.url, token: 'wrong' }),
      watch('run-away', [query], { url: 'http://127.0.0.1:1', token: key }),
    ]);
    expect(refused.warned).toHaveLength(1);
    expect(refused.warned[0]).toMatch(/status 403: .*; use the token of a service account with the role Viewer/);
    expect(wrong.warned).toHaveLength(1);
    expect(wrong.warned[0]).toMatch(/status 401: .*; use the token/);
    expect(away.warned).toHaveLength(1);
    expect(away.warned[0]).toContain('expected Grafana to answer at http://127.0.0.1:1; found ');
    expect([refused.count, wrong.count, away.count]).toEqual([0, 0, 0]);
  }, 90_000);
});
