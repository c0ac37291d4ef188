/** The dashboards: every panel complete, every query on a real influxd, and in a real Grafana where there is one. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { type Browser, chromium, type Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALERTING } from '../contract/alerting.ts';
import { BUCKETS } from '../contract/buckets.ts';
import { GRAFANA } from '../contract/grafana.ts';
import { HEATMAP_BOUNDS_MS, MEASUREMENT } from '../contract/live-schema.ts';
import { metricLabel, metricValue } from '../contract/metric-text.ts';
import { OWN_PROJECT } from '../contract/project-name.ts';
import type { Comparison, Latency, RunSummary, SloResult } from '../contract/results.ts';
import { SCENARIOS } from '../contract/scenarios.ts';
import type { Slo } from '../contract/slo.ts';
import { ALL_REQUESTS, sloLimit, sloValue } from '../contract/slo-text.ts';
import type { TelemetrySeries } from '../contract/telemetry.ts';
import { sloQuery } from '../grafana/alerting/queries.ts';
import { FIGURE_FUNCTION, FIGURE_IMPORTS, STATE } from '../grafana/builder/figures.ts';
import { query, VARIABLE, WHOLE_RUN } from '../grafana/builder/flux.ts';
import { LOADSTAR_SCHEMA } from '../grafana/builder/schemas/loadstar.ts';
import { RAW_SCHEMA } from '../grafana/builder/schemas/raw.ts';
import type { MetricsSchema } from '../grafana/builder/schemas/schema.ts';
import { RUNS, SIDE } from '../grafana/dashboards/compare/queries.ts';
import {
  GENERATOR_STATE,
  GENERATORS_SHOWN,
  generatorHealth,
  generatorTable,
  heatmap,
  lostAnnotation,
  lostCount,
  p95SoFar,
  ratePerSecond,
  rateSoFar,
  requestTable,
  runs,
  shareSoFar,
  usersNow,
} from '../grafana/dashboards/live/queries.ts';
import { sloTable } from '../grafana/dashboards/live/slos.ts';
import { components, NO_COMPONENT, seriesOverTime } from '../grafana/dashboards/live/telemetry.ts';
import { newestValue, runsTable, trend } from '../grafana/dashboards/runs/queries.ts';
import { HISTORY_RUNS, history } from '../grafana/dashboards/slos/queries.ts';
import { configurationOf } from '../history/configuration.ts';
import { readComparison } from '../influxdb/comparisons.ts';
import { readOverviews } from '../influxdb/run-overview.ts';
import { type RunRecord, RunStore } from '../influxdb/runs.ts';
import { writePoints } from '../influxdb/write-records.ts';
import { writeTelemetry } from '../influxdb/write-telemetry.ts';
import { findK6 } from '../stack/binaries/k6.ts';
import { findGrafana } from '../stack/native/grafana.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import {
  type Dashboard,
  dashboards,
  interpolated,
  type Panel,
  panelsOf,
  queriesOf,
  type Selection,
} from './lib/dashboards.ts';
import { type Machine, machine, PICTURES_DIR } from './lib/machine.ts';
import { endOf, startOf, writeHistory } from './lib/records.ts';
import { isP95Uncertain } from './lib/uncertain.ts';

/** Rightly empty for the runs below: nothing was dropped, and no generator is lost. */
const MAY_BE_EMPTY = /^(Dropped iterations A|Users B|annotation Generators)$/;

/** Cards of the newest run against its baseline. */
const AGAINST_BASELINE = /^(p95|Throughput|Error rate) B$/;

/** The runbook asks nothing. */
const cases = dashboards
  .filter((dashboard) => panelsOf(dashboard).length > 0)
  .map((dashboard) => [dashboard.title, dashboard] as const);

const SCENARIO = 'appointment-booking';
const REQUEST = 'POST /api/appointments';
const LAST_S = 15;

/** A team that uses the same servers. */
const OTHER = { project: 'bank', run: 'run-of-the-bank' } as const;

let here: Machine;
/** A history, a run that passes and one that fails, both through both kinds of output. */
let before: RunSummary;
let summary: RunSummary;
beforeAll(async () => {
  here = await machine({
    ...(process.env.GRAFANA_HOME ? { GRAFANA_HOME: process.env.GRAFANA_HOME } : {}),
    GRAFANA_ANONYMOUS: 'true',
  });
  // As that of the last run: others are not held against each other.
  const shape = { profile: 'smoke', scale: 4, duration_s: LAST_S, outputs: ['loadstar', 'influxdb'] } as const;
  const configuration = configurationOf(SCENARIO, shape, (await findK6(here.context)).version);
  const run = async (duration: string, ...more: readonly string[]): Promise<RunSummary> => {
    const outputs = ['--output', 'loadstar,influxdb', '--confirm', '0'];
    const made = await here.loadstar([
      'run',
      SCENARIO,
      '--duration',
      duration,
      '--scale',
      '4',
      '--json',
      ...outputs,
      ...more,
    ]);
    const [result] = JSON.parse(made.stdout) as [RunSummary];
    return result;
  };
  const { influx } = await nativeEngine(here.context).up();
  const store = new RunStore({ url: influx.url, org: influx.org, token: influx.tokens.cli });
  await writeHistory(store, { scenario: SCENARIO, profile: 'smoke', target: 'demo', configuration }, [95, 140]);
  before = await run('8s');
  summary = await run(`${LAST_S}s`, '--demo-fault', 'GET /api/services status=500 rate=0.3');
  await writeTelemetry(
    { url: influx.url, org: influx.org, token: influx.tokens.cli },
    summary.testid,
    TELEMETRY(summary),
  );
  // As if it had been repeated to confirm it.
  const ended = new Date(summary.ended);
  const repeat = startOf('a-repeat', { age_s: 0, scenario: SCENARIO, started: ended, planned_end: ended });
  await store.end({ ...repeat, confirms: summary.testid }, endOf(repeat));
  // The newest run of all is of another team, and equal in everything else.
  const started = new Date(ended.getTime() + 1_000);
  const other = startOf(OTHER.run, { project: OTHER.project, age_s: 0, scenario: SCENARIO, started });
  await store.end(other, endOf(other));
}, 240_000);
afterAll(() => here.dispose());

/** Dashboards of many runs, by uid. */
const OVER_RUNS: readonly string[] = [GRAFANA.dashboards.runs.uid, GRAFANA.dashboards.slos.uid];

/** Two components, units side by side, a limit, and two instances. */
const TELEMETRY = ({ started }: RunSummary): TelemetrySeries[] => {
  const points = (limit: number | null, ...values: readonly number[]) =>
    values.map((value, place) => ({ at_ms: Date.parse(started) + place * 2_000, value, limit }));
  const of_db = { component: 'db', instance: '' } as const;
  const of_cpu = { component: 'cpu', series: 'process', kind: 'utilisation', unit: 'share' } as const;
  return [
    { ...of_db, series: 'connections in use', kind: 'utilisation', unit: 'count', points: points(20, 8, 20, 20) },
    { ...of_db, series: 'query time', kind: 'latency', unit: 'ms', points: points(null, 12.5, 70, 80) },
    { ...of_cpu, instance: 'api-1', points: points(1, 0.2, 0.3) },
    { ...of_cpu, instance: 'api-2', points: points(1, 0.4, 0.5) },
  ];
};

/** Longer than the history is. */
const HISTORY_MS = 20 * 24 * 60 * 60 * 1_000;

/** Over a time that holds all runs. */
const chosen = (more: Partial<Selection> = {}): Selection => ({
  run: summary.testid,
  against: before.testid,
  scenario: SCENARIO,
  target: 'demo',
  from: new Date(Date.parse(summary.started) - HISTORY_MS),
  to: new Date(Date.parse(summary.ended) + 5_000),
  step: '1s',
  ...more,
});
/** Where there is no run. */
const NOTHING: Partial<Selection> = { run: 'none', against: 'none', target: 'nowhere' };

async function ask<Row>(flux: string, more: Partial<Selection> = {}): Promise<Row[]> {
  const { influx } = await nativeEngine(here.context).up();
  const api = new InfluxDB({ url: influx.url, token: influx.tokens.grafana }).getQueryApi(influx.org);
  return await api.collectRows<Row>(interpolated(flux, chosen(more)));
}

describe('every dashboard', () => {
  it('has an uid and a title of its own', () => {
    expect(dashboards.map(({ uid }) => uid).sort()).toEqual(
      Object.values(GRAFANA.dashboards)
        .map(({ uid }) => uid)
        .sort(),
    );
    expect(new Set(dashboards.map(({ title }) => title)).size).toBe(dashboards.length);
  });

  it('has a title, a description, a unit and an empty state in every panel', () => {
    for (const panel of dashboards.flatMap(panelsOf)) {
      expect(panel.title, JSON.stringify(panel).slice(0, 200)).toBeTruthy();
      expect(panel.description, panel.title).toMatch(/\.$/);
      expect(panel.fieldConfig?.defaults?.unit, panel.title).toBeTruthy();
      expect(panel.fieldConfig?.defaults?.noValue, panel.title).toBeTruthy();
    }
  });

  it('averages no percentile: of several windows it shows the highest, or merges histograms', () => {
    for (const [name, query] of dashboards.flatMap(queriesOf)) {
      // The raw layout has samples, whose mean is a mean.
      if (!query.includes(`from(bucket: "${BUCKETS.live.name}")`) && query.includes(BUCKETS.raw.name)) continue;
      expect(query, name).not.toMatch(/fn: mean|\|> mean\((?!column: "ok")/);
    }
  });

  it.each(cases)(
    '%s finds data for every query, variable and annotation, with a token that may only read',
    async (_, dashboard) => {
      const queries = queriesOf(dashboard);
      expect(queries.length).toBeGreaterThan(6);
      for (const [name, query] of queries) {
        const rows = await ask<object & { _value?: unknown }>(query);
        if (MAY_BE_EMPTY.test(name)) continue;
        if (isP95Uncertain(summary) && AGAINST_BASELINE.test(name)) continue;
        expect(rows.length, `${name}\n${query}`).toBeGreaterThan(0);
        // A row that holds nothing is no answer either.
        for (const row of rows) expect('_value' in row && row._value === null, `${name}\n${query}`).toBe(false);
      }
    },
  );

  it.each(cases)('%s asks nothing that fails when there is no run', async (_, dashboard) => {
    for (const [name, query] of queriesOf(dashboard)) {
      const rows = await ask<{ _value?: number }>(query, NOTHING);
      if (!name.startsWith('variable'))
        expect(
          rows.filter((row) => row._value),
          name,
        ).toEqual([]);
    }
  });
});

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const layouts = [LOADSTAR_SCHEMA, RAW_SCHEMA].map((schema) => [schema.name, schema] as const);

describe.each(layouts)('the figures of a run in the layout %s', (_, schema) => {
  it('are those of the summary once the run has ended, digit by digit, over all and by request', async () => {
    const [all] = await ask<{ _value: number }>(p95SoFar(schema));
    expect(all?._value).toBe(summary.latency?.p95_ms);
    const rows = await ask<Percentiles & { name: string; requests: number; max: number }>(requestTable(schema));
    const shown = rows.map(({ name, requests, p50, p95, p99, max }) => ({ name, requests, p50, p95, p99, max }));
    const known = summary.by_request.map(({ name, requests, p50_ms, p95_ms, p99_ms, max_ms }) => ({
      name,
      requests,
      p50: p50_ms,
      p95: p95_ms,
      p99: p99_ms,
      max: max_ms,
    }));
    expect(shown.sort(byName)).toEqual(known.sort(byName));
    expect(rows.reduce((sum, row) => sum + row.requests, 0)).toBe(summary.requests);
  });

  it('while it goes on are within 1 %, and within the extremes', async () => {
    const [all] = await ask<Percentiles>(
      query(
        schema.imports,
        `${schema.percentiles_function}\nlatencies = ${schema.percentilesOf(WHOLE_RUN, 'http_req_duration', [])}\nlatencies`,
      ),
    );
    const { p50_ms, p95_ms, p99_ms, max_ms } = summary.latency as Latency;
    const known = { p50: p50_ms, p95: p95_ms, p99: p99_ms };
    for (const name of ['p50', 'p95', 'p99'] as const) {
      expect(Math.abs((all?.[name] ?? 0) / known[name] - 1), name).toBeLessThanOrEqual(0.01);
      expect(all?.[name], name).toBeLessThanOrEqual(max_ms);
    }
  });

  it('the error rate is that of k6', async () => {
    const [row] = await ask<{ _value: number }>(shareSoFar(schema, 'http_req_failed'));
    expect(row?._value).toBeCloseTo(summary.error_rate, 10);
    expect(summary.error_rate).toBeGreaterThan(0);
  });

  it('the request rate is that of k6', async () => {
    const [row] = await ask<{ _value: number }>(rateSoFar(schema, 'http_reqs'));
    expect(row?._value).toBeCloseTo(summary.throughput_rps, 6);
  });

  it.each(['1s', '5s'])('throughput adds up to the requests made, in steps of %s', async (step) => {
    const rows = await ask<{ _value: number }>(ratePerSecond(schema, 'http_reqs'), { step });
    const total = rows.reduce((sum, row) => sum + row._value, 0) * Number.parseInt(step, 10);
    expect(Math.round(total)).toBe(summary.requests);
  });
});

describe('runs in their order', () => {
  interface Place {
    readonly run: number;
    readonly value?: number | null;
    readonly 'level shift'?: number | null;
  }

  it('have the number of the table in the trend of a metric, on eight places at least', async () => {
    const runs = await ask<{ run: number; testid: string }>(runsTable());
    const places = (await ask<Place>(trend('p95_ms'))).filter(({ run }) => run >= 0);
    expect(places.length).toBeGreaterThanOrEqual(8);
    expect(places.map(({ run }) => run)).toEqual(places.map((_, index) => index + 1));
    for (const { testid, latency } of [before, summary]) {
      const number = runs.find((it) => it.testid === testid)?.run;
      expect(places.find(({ run }) => run === number)?.value, testid).toBe(latency?.p95_ms);
    }
    const is_marked = places.some((it) => typeof it['level shift'] === 'number');
    expect(is_marked || isP95Uncertain(summary)).toBe(true);
  });

  it('have a column each in the history of the SLOs, newest first', async () => {
    const rows = await ask<Record<string, unknown>>(history());
    for (const [index, slo] of summary.slos.entries()) {
      const subject = slo.request ?? slo.metric;
      const name = `${SCENARIO}: ${metricLabel(slo.indicator)}${subject ? `, ${subject}` : ''}`;
      const row = rows.find(({ SLO }) => SLO === name) ?? {};
      const shown = HISTORY_RUNS.map((column) => row[column]).filter((it) => typeof it === 'number');
      // The repeat came later, with SLOs of its own.
      const { slos: later } = endOf(startOf('', { age_s: 0 })).summary;
      const is_repeated = later.some((it) => it.indicator === slo.indicator && it.request === slo.request);
      const known = [slo, before.slos[index] as SloResult].map(({ ok }) => (ok ? 1 : 0));
      expect(shown.slice(is_repeated ? 1 : 0).slice(0, 2), name).toEqual(known);
    }
  });
});

it.each(layouts)('the heatmap has every row between its lowest and its highest (%s)', async (_, schema) => {
  const rows = await ask<{ _field: string; _value: number }>(heatmap(schema));
  const order = [...HEATMAP_BOUNDS_MS.map(String), '+Inf'];
  const places = [...new Set(rows.map(({ _field }) => order.indexOf(_field)))].sort((a, b) => a - b);
  expect(places.length).toBeGreaterThanOrEqual(3);
  expect(places).toEqual(places.map((_, index) => (places[0] ?? 0) + index));
  expect(rows.reduce((sum, { _value }) => sum + _value, 0)).toBe(summary.requests);
});

interface SloRow {
  readonly for: string;
  readonly SLO: string;
  readonly value: string;
  readonly limit: string;
  readonly state: number;
}

/** A row as the verdict has it: any output writes its figures so. */
function rowOf({ ok, ...slo }: SloResult): SloRow {
  return {
    for: slo.request ?? slo.metric ?? ALL_REQUESTS,
    SLO: metricLabel(slo.indicator),
    value: sloValue(slo),
    limit: sloLimit(slo),
    state: ok ? STATE.passed : STATE.failed,
  };
}

const inOrder = (rows: readonly SloRow[]) => rows.map((row) => JSON.stringify(row)).sort();

describe('the SLO table of Live', () => {
  const table = async (schema: MetricsSchema, run: string): Promise<SloRow[]> => {
    const rows = await ask<SloRow>(sloTable(schema), { run });
    return rows.map(({ for: subject, SLO, value, limit, state }) => ({ for: subject, SLO, value, limit, state }));
  };

  it.each(layouts)(
    'has every SLO of a run with the figures of its verdict, failed ones first (%s)',
    async (_, schema) => {
      const rows = await table(schema, summary.testid);
      expect(inOrder(rows)).toEqual(inOrder(summary.slos.map(rowOf)));
      expect(rows.length).toBeGreaterThan(SCENARIOS[SCENARIO].slos.length - 1);
      const failed = rows.filter(({ state }) => state === STATE.failed).length;
      expect(failed).toBeGreaterThan(0);
      expect(rows.slice(0, failed).every(({ state }) => state === STATE.failed)).toBe(true);
    },
  );

  it('has them while the run goes on, in both layouts: throughput, own trends, limits of a team, and one without a sample', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'loadstar-slos-'));
    const LOGIN = 'POST /api/auth/login';
    const own = [
      { indicator: 'throughput_rps', limit: 0.1 },
      { indicator: 'error_rate', limit: 0.07, request: LOGIN },
      { indicator: 'checks_rate', limit: 0.5, request: LOGIN },
    ] as const;
    const config = { slos: { 'slot-notifications': own } };
    writeFileSync(join(directory, 'loadstar.config.ts'), `export default ${JSON.stringify(config)};`);
    const slos: readonly Slo[] = [
      ...SCENARIOS['slot-notifications'].slos,
      ...own.map((slo) => ({ ...slo, reason: '' })),
    ];
    const expected = slos.map((slo) => ({
      for: slo.request ?? slo.metric ?? ALL_REQUESTS,
      SLO: metricLabel(slo.indicator),
      limit: sloLimit(slo),
    }));
    const of = (rows: readonly { for: string; SLO: string; limit: string }[]) =>
      rows.map((row) => `${row.SLO} ${row.limit} ${row.for}`).sort();
    const seen = new Set<string>();
    let running = true;
    const args = [
      'slot-notifications',
      '--duration',
      '25s',
      '--output',
      'loadstar,influxdb',
      '--confirm',
      '0',
      '--json',
    ];
    const ended = here
      .loadstar(['run', ...args], {
        env: { LOADSTAR_CONFIG: join(directory, 'loadstar.config.ts') },
      })
      .finally(() => {
        running = false;
      });
    while (running) {
      const [newest] = await ask<{ _value: string }>(runs(LOADSTAR_SCHEMA));
      if (newest && /slot-notifications/.test(newest._value)) {
        for (const [name, schema] of layouts) {
          const rows = await table(schema, newest._value);
          expect(of(rows), name).toEqual(of(expected));
          const without = rows.filter(({ state }) => state === STATE.no_data);
          if (without.length === 1) seen.add(`${name}: ${without[0]?.SLO} ${without[0]?.for} ${without[0]?.value}`);
        }
      }
      await new Promise((done) => setTimeout(done, 1_000));
    }
    const { stdout, stderr } = await ended;
    expect(stdout, stderr).not.toBe('');
    const [result] = JSON.parse(stdout) as [RunSummary];
    rmSync(directory, { recursive: true });
    // While the run goes on all have a value but the one that k6 can have none for.
    expect([...seen].sort()).toEqual([`loadstar: checks ${LOGIN} no data`, `raw: checks ${LOGIN} no data`]);
    for (const [, schema] of layouts) {
      expect(inOrder(await table(schema, result.testid))).toEqual(inOrder(result.slos.map(rowOf)));
    }
  }, 120_000);

  it('writes figures as every other output does', async () => {
    const values = [
      0, 0.000_5, 0.012_34, 0.5, 0.999_5, 0.999_96, 1, 9.996, 12.34, 99.96, 100.4, 999.6, 1_234.5, 9_999.4, 12_345,
      1_234_567,
    ];
    const units = { p95_ms: 'ms', error_rate: 'share', throughput_rps: 'per_s' } as const;
    for (const [metric, unit] of Object.entries(units) as [keyof typeof units, string][]) {
      const rows = values.map((value) => `{value: ${value.toFixed(6)}}`).join(', ');
      const written = await ask<{ _value: string }>(
        query(
          ['array', ...FIGURE_IMPORTS],
          `${FIGURE_FUNCTION}
array.from(rows: [${rows}]) |> map(fn: (r) => ({_value: figure(unit: "${unit}", value: r.value)}))`,
        ),
      );
      expect(written.map(({ _value }) => _value)).toEqual(values.map((value) => metricValue(metric, value)));
    }
  });
});

describe('the newest run', () => {
  it('is the one that was judged, not a repeat that confirmed it', async () => {
    const [row] = await ask<{ _value: number }>(newestValue('p95_ms'));
    expect(row?._value).toBe(summary.latency?.p95_ms);
  });
});

describe('two projects in one InfluxDB', () => {
  const newestRun = async () => {
    const { influx } = await nativeEngine(here.context).up();
    const store = new RunStore({ url: influx.url, org: influx.org, token: influx.tokens.cli });
    const [run] = await store.list(1, null);
    return run as RunRecord;
  };
  const values = async (flux: string, project: string) =>
    (await ask<{ _value: string }>(flux, { project })).map(({ _value }) => _value);

  it.each(dashboards.map((it) => [it.title, it] as const))(
    '%s opens at the project of the newest run',
    async (_, { templating, uid }) => {
      const [first] = templating?.list ?? [];
      expect(first?.name).toBe(VARIABLE.project);
      const offered = await values(first?.query.query ?? '', OWN_PROJECT);
      expect([...offered].sort()).toEqual([OTHER.project, OWN_PROJECT]);
      // The time that these tests choose ends with the run of the other team; without a choice, runs of later tests count.
      const newest = OVER_RUNS.includes(uid ?? '') ? OTHER.project : (await newestRun()).project;
      expect(offered[0]).toBe(newest);
    },
  );

  it('have lists of runs, newest runs and tables of their own', async () => {
    for (const list of [runs(LOADSTAR_SCHEMA), RUNS]) {
      expect(await values(list, OTHER.project)).toEqual([OTHER.run]);
      const own = await values(list, OWN_PROJECT);
      expect(own).toContain(summary.testid);
      expect(own).not.toContain(OTHER.run);
    }
    const of_other = { project: OTHER.project };
    expect(await ask<{ testid: string }>(runsTable(), of_other)).toMatchObject([{ testid: OTHER.run }]);
    expect((await ask<{ testid: string }>(runsTable())).map(({ testid }) => testid)).not.toContain(OTHER.run);
    const [newest] = await ask<{ _value: number }>(newestValue('p95_ms'), of_other);
    expect(newest?._value).not.toBe(summary.latency?.p95_ms);
    const states = await ask<object>(history(), of_other);
    expect(states.length).toBeGreaterThan(0);
    // It has one run, and the other project a history.
    for (const row of states) expect(Object.keys(row)).not.toContain(HISTORY_RUNS[1]);
    expect((await ask<object>(history())).some((row) => (HISTORY_RUNS[1] ?? '') in row)).toBe(true);
  });
});

const byName = (a: { readonly name: string }, b: { readonly name: string }) => a.name.localeCompare(b.name);

describe('telemetry on the Live dashboards', () => {
  it('has a panel per component, the highest of each step, and limits by a name of their own', async () => {
    expect(await ask(components())).toMatchObject([{ _value: 'cpu' }, { _value: 'db' }]);
    expect(await ask(components(), NOTHING)).toMatchObject([{ _value: NO_COMPONENT }]);
    interface Row {
      readonly _field: string;
      readonly series: string;
      readonly instance: string;
      readonly _value: number;
    }
    const rows = await ask<Row>(seriesOverTime(), { step: '1h' });
    const cells = rows.map(({ _field, series, instance, _value }) =>
      [_field, series, instance.trim(), _value].join('|'),
    );
    expect([...new Set(cells)].sort()).toEqual(
      [
        'count|connections in use||20',
        'limit, count|connections in use||20',
        'ms|query time||80',
        'share|process|api-1|0.3',
        'share|process|api-2|0.5',
        'limit, share|process|api-1|1',
        'limit, share|process|api-2|1',
      ].sort(),
    );
    expect(await ask(seriesOverTime(), NOTHING)).toEqual([]);
  });
});

describe('the generators of a run on Live', () => {
  const run = 'many-generators';
  const NUMBER = 2 * GENERATORS_SHOWN;
  /** The last two: one has come to its end, one has been silent for longer than any that lives. */
  const names = Array.from({ length: NUMBER }, (_, index) => `pod-${index}`);
  const [ended, lost] = names.slice(-2) as [string, string];
  const shown = () => ({ run, from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 5_000) });

  beforeAll(async () => {
    const { influx } = await nativeEngine(here.context).up();
    const now_ms = Date.now();
    const of = (measurement: string, instance: string, at_ms: number) =>
      new Point(measurement).tag('testid', run).tag('project', OWN_PROJECT).tag('instance', instance).timestamp(at_ms);
    const points = names.flatMap((instance, index) => {
      const last_ms = now_ms - (instance === lost || instance === ended ? 20_000 : 1_000);
      return [last_ms - 1_000, last_ms].flatMap((at_ms) => [
        of(MEASUREMENT.generator, instance, at_ms)
          .floatField('window_s', 1)
          .floatField('machine_cpu_ratio', (index + 1) / (2 * NUMBER))
          .intField('load_began_ms', now_ms - 40_000),
        of(MEASUREMENT.generator, instance, at_ms - 500)
          .floatField('p95_ms', index)
          .floatField('requests_per_s', 10),
        of('vus', instance, at_ms).floatField('value', 3),
      ]);
    });
    points.push(of(MEASUREMENT.end, ended, now_ms - 19_000).intField('points', 1));
    await writePoints({ url: influx.url, org: influx.org, token: influx.tokens.k6 }, BUCKETS.live, points);
  });

  it('are a row each: the lost one first, then the slowest, then those that have ended, since when', async () => {
    const rows = await ask<{ generator: string; state: number; since: number; p95: number }>(
      generatorTable(LOADSTAR_SCHEMA),
      shown(),
    );
    const running = names.slice(0, -2).reverse();
    expect(rows.map(({ generator }) => generator)).toEqual([lost, ...running, ended]);
    expect(rows.map(({ state }) => state)).toEqual([
      GENERATOR_STATE.lost,
      ...running.map(() => GENERATOR_STATE.running),
      GENERATOR_STATE.ended,
    ]);
    const ages_s = rows.map(({ since }) => Math.round((Date.now() - since) / 1_000));
    expect(ages_s[0]).toBeGreaterThanOrEqual(20);
    expect(ages_s[0]).toBeLessThan(39);
    for (const age_s of ages_s.slice(1, -1)) expect(age_s).toBeGreaterThanOrEqual(40);
    expect(rows[1]?.p95).toBe(NUMBER - 3);
  });

  it('that are lost are counted at the top and marked, until they are heard again; users are those of the others', async () => {
    const users = async () => (await ask<{ _value: number }>(usersNow(LOADSTAR_SCHEMA), shown()))[0]?._value;
    expect(await ask(lostCount(LOADSTAR_SCHEMA), shown())).toMatchObject([{ _value: 1 }]);
    expect(await ask(lostAnnotation(LOADSTAR_SCHEMA), shown())).toMatchObject([
      { title: 'generator lost', tags: lost },
    ]);
    expect(await users()).toBe(3 * (NUMBER - 2));
  });

  it('have lines of their own only if they are among those with the most', async () => {
    const rows = await ask<{ instance: string }>(generatorHealth(LOADSTAR_SCHEMA, ['machine_cpu_ratio']), shown());
    expect([...new Set(rows.map(({ instance }) => instance))].sort()).toEqual(names.slice(-GENERATORS_SHOWN).sort());
  });
});

describe('one run has one figure for one thing, digit by digit', () => {
  const k6 = () => summary.latency?.p95_ms ?? Number.NaN;
  const targetOf = (title: string) => {
    const compare = dashboards.find(({ uid }) => uid === GRAFANA.dashboards.compare.uid) as Dashboard;
    return panelsOf(compare).find((panel) => panel.title === title)?.targets?.[0]?.query ?? '';
  };

  it('in the record and in Compare', async () => {
    const { influx } = await nativeEngine(here.context).up();
    const connection = { url: influx.url, org: influx.org, token: influx.tokens.cli };
    const [record] = await new RunStore(connection).find([summary.testid]);
    expect(record?.p95_ms).toBe(k6());
    const [overview] = (await readOverviews(connection, OWN_PROJECT, 5)).filter(
      ({ testid }) => testid === summary.testid,
    );
    expect([...(overview?.by_request ?? [])].sort(byName)).toEqual([...summary.by_request].sort(byName));
    const headlines = await ask<{ metric: string; B: string }>(targetOf('Headline figures'));
    expect(headlines.find(({ metric }) => metric === 'p95')?.B).toBe(`${Math.round(k6() * 100) / 100} ms`);
    const requests = await ask<{ request: string; 'p95 B': number }>(targetOf('By request'));
    for (const { name, p95_ms } of summary.by_request) {
      expect(requests.find(({ request }) => request === name)?.['p95 B'], name).toBe(p95_ms);
    }
  });

  it('in the SLOs and the requests that they are of', () => {
    const of_latency = summary.slos.filter(({ indicator, metric }) => indicator === 'p95_ms' && metric === null);
    expect(of_latency.map(({ request }) => request)).toContain(REQUEST);
    for (const { request, value } of of_latency) {
      const row = summary.by_request.find(({ name }) => name === request);
      expect(value, request ?? 'all').toBe(request === null ? k6() : row?.p95_ms);
    }
  });

  it('and no percentile beyond the maximum', () => {
    for (const { name, p50_ms, p95_ms, p99_ms, max_ms } of summary.by_request) {
      expect([p50_ms, p95_ms, p99_ms, max_ms], name).toEqual([p50_ms, p95_ms, p99_ms, max_ms].sort((a, b) => a - b));
      expect(max_ms, name).toBeLessThanOrEqual(summary.latency?.max_ms ?? 0);
    }
  });

  it('in the verdict that is stored', async () => {
    const { influx } = await nativeEngine(here.context).up();
    const connection = { url: influx.url, org: influx.org, token: influx.tokens.cli };
    const [record] = (await new RunStore(connection).find([summary.testid])) as [RunRecord];
    const stored = await readComparison(connection, { ...record, started: new Date(record.started) });
    const key = ({ metric, request }: { metric: string; request: string | null }) => `${metric} ${request}`;
    const figuresOf = ({ metrics }: Comparison) =>
      metrics.map(({ sentence, ...figures }) => figures).sort((a, b) => key(a).localeCompare(key(b)));
    expect(stored && figuresOf(stored)).toEqual(summary.comparison && figuresOf(summary.comparison));
    expect(stored?.baseline).toEqual(summary.comparison?.baseline);
  });
});

describe('the p95 of an alert', () => {
  it('is within 1 % of that of k6, over the same time', async () => {
    const k6 = summary.latency?.p95_ms ?? 1;
    const near = (value: number | undefined) => expect(Math.abs((value ?? 0) / k6 - 1)).toBeLessThanOrEqual(0.01);
    // The alert looks at its own window: here one that holds the whole run and nothing else.
    const age_s = Math.ceil((Date.now() - Date.parse(summary.started)) / 1_000) + 5;
    const alert = sloQuery({ project: OWN_PROJECT, scenario: SCENARIO }, { indicator: 'p95_ms', limit: 1, reason: '' });
    const rows = await ask<{ testid: string; _value: number }>(
      alert.replaceAll(`range(start: -${ALERTING.window_s}s)`, `range(start: -${age_s}s)`),
    );
    near(rows.find(({ testid }) => testid === summary.testid)?._value);
  });
});

describe('in a real Grafana', () => {
  const url = () => `http://127.0.0.1:${here.env.GRAFANA_PORT}`;

  it('all is provisioned without a single error', async ({ skip }) => {
    if (!(await findGrafana(here.env))) return skip('no Grafana: set GRAFANA_HOME');
    const log = readFileSync(join(here.state_dir, 'grafana', 'log'), 'utf8');
    const errors = log.split('\n').filter((line) => /level=error/.test(line));
    // Its SQLite file is locked now and then while a busy machine starts it: it tries again, and what follows here sees all.
    expect(errors.filter((line) => !line.includes('error="database is locked"'))).toEqual([]);
    for (const { uid } of dashboards) expect((await fetch(`${url()}/api/dashboards/uid/${uid}`)).status).toBe(200);
  });

  it.for(cases)(
    '%s: every panel returns data through Grafana, and nothing where there is no run',
    async ([, dashboard], { skip }) => {
      if (!(await findGrafana(here.env))) return skip('no Grafana: set GRAFANA_HOME');
      for (const panel of panelsOf(dashboard)) {
        const full = await throughGrafana(panel, chosen());
        expect(full.some((length) => length > 0) || panel.title === 'Dropped iterations', panel.title).toBe(true);
        await throughGrafana(panel, chosen(NOTHING));
      }
    },
  );

  /** @returns rows of each frame */
  async function throughGrafana(panel: Panel, choice: Selection): Promise<number[]> {
    const datasource = { type: 'influxdb', uid: GRAFANA.datasource.uid };
    const queries = (panel.targets ?? []).map(({ refId, query }) => ({
      refId,
      datasource,
      query: interpolated(query, choice),
      intervalMs: 1_000,
      maxDataPoints: 500,
    }));
    const answer = await fetch(`${url()}/api/ds/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ queries, from: 'now-1h', to: 'now' }),
    });
    const { results } = (await answer.json()) as {
      results: Record<string, { error?: string; frames?: { data: { values: unknown[][] } }[] }>;
    };
    return Object.values(results).flatMap(({ error, frames = [] }) => {
      expect(error, panel.title).toBeUndefined();
      return frames.map(({ data }) => data.values[0]?.length ?? 0);
    });
  }

  it('every dashboard opens in a browser without a panel error, in dark and light, with runs and without', async ({
    skip,
  }) => {
    if (!(await findGrafana(here.env))) return skip('no Grafana: set GRAFANA_HOME');
    const program = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim();
    if (!program) return skip('no chromium on PATH');
    const browser = await chromium.launch({
      executablePath: program,
      args: [
        '--no-sandbox',
        '--disable-background-networking',
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      ],
    });
    mkdirSync(PICTURES_DIR, { recursive: true });
    try {
      for (const dashboard of dashboards) {
        for (const theme of ['dark', 'light']) await look(browser, dashboard, theme, chosen());
        await look(browser, dashboard, 'empty', chosen(NOTHING));
      }
    } finally {
      await browser.close();
    }
  }, 300_000);

  async function look(
    browser: Browser,
    { uid, title, panels }: Dashboard,
    theme: string,
    choice: Selection,
  ): Promise<void> {
    const { file } = Object.values(GRAFANA.dashboards).find((it) => it.uid === uid) ?? { file: '' };
    const last = panels.at(-1) as { gridPos?: { y: number; h: number } };
    const height = 140 + 38 * ((last.gridPos?.y ?? 0) + (last.gridPos?.h ?? 0));
    const page = await browser.newPage({ viewport: { width: 1440, height } });
    const refused: string[] = [];
    let open = 0;
    let answered = 0;
    page.on('request', (request) => {
      if (request.url().includes('/api/ds/query')) open += 1;
    });
    page.on('response', (response) => {
      if (response.url().includes('/api/ds/query') && response.status() >= 400) refused.push(response.url());
    });
    // Grafana takes a question back when it asks it anew.
    const count = (request: Request) => {
      if (request.url().includes('/api/ds/query')) answered += 1;
    };
    page.on('requestfinished', count).on('requestfailed', count);
    const parameters = new URLSearchParams({
      from: String(Date.parse(before.started) - (OVER_RUNS.includes(uid) ? HISTORY_MS : 60_000)),
      to: String(Date.parse(summary.ended) + 10_000),
      [`var-${VARIABLE.run}`]: choice.run,
      [`var-${SIDE.A}`]: choice.against,
      theme: theme === 'light' ? 'light' : 'dark',
      'var-target': choice.target,
      [`var-${VARIABLE.project}`]: OWN_PROJECT,
      // None in between.
      refresh: '1m',
    });
    await page.goto(`${url()}/d/${uid}/${file}?${parameters}&kiosk`);
    const asks = panelsOf({ panels }).length > 0;
    if (asks) await expect.poll(() => answered > 3 && answered === open, { timeout: 60_000 }).toBe(true);
    else await page.getByText('What to do').or(page.getByText('the generator')).first().waitFor();
    // Panels are drawn when they come into view.
    for (const panel of await page.getByTestId(/data-testid Panel header/).all()) await panel.scrollIntoViewIfNeeded();
    await expect.poll(() => answered === open, { timeout: 60_000 }).toBe(true);
    await page.waitForTimeout(2_000);
    expect(refused, title).toEqual([]);
    expect(await page.getByTestId(/Panel status error/).count(), title).toBe(0);
    expect(await page.getByText(/TypeError|undefined|Unable to find/).count(), title).toBe(0);
    if (theme !== 'empty') {
      expect(await page.getByText('No data', { exact: true }).count(), title).toBe(0);
      if (file === 'live') await page.getByText('✗ failed').first().waitFor();
    }
    await page.screenshot({ path: join(PICTURES_DIR, `${file}-${theme}.png`) });
    await page.close();
  }
});
