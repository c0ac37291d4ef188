/** The dashboards: every panel complete, every query on a real influxd, and in a real Grafana where there is one. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InfluxDB } from '@influxdata/influxdb-client';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findGrafana } from '../cli/engine/native/grafana.ts';
import { nativeEngine } from '../cli/engine/native.ts';
import { liveLink } from '../cli/run/links.ts';
import { GRAFANA } from '../contract/grafana.ts';
import type { RunSummary } from '../contract/results.ts';
import { percentileSoFar, REQUEST_TABLE, ratePerSecond, shareSoFar } from '../grafana/dashboards/live/queries.ts';
import { provisioningFiles } from '../grafana/generate.ts';
import { VARIABLE } from '../grafana/lib/flux.ts';
import { type Machine, machine } from './lib/machine.ts';

interface Panel {
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly fieldConfig?: { defaults?: { unit?: string; noValue?: string } };
  readonly targets?: readonly { readonly refId: string; readonly query: string }[];
  readonly panels?: readonly Panel[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: { readonly query: string } }[];
  };
}

const dashboards: Dashboard[] = [...provisioningFiles()]
  .filter(([name]) => name.startsWith('dashboards/') && name.endsWith('.json'))
  .map(([, text]) => JSON.parse(text) as Dashboard);
const panelsOf = (dashboard: Dashboard) =>
  dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).filter((panel) => panel.type !== 'row');

/** How Grafana writes the chosen run into a query. */
const CHOSEN_RUN = `\${${VARIABLE.run}}`;

let here: Machine;
let summary: RunSummary;
beforeAll(async () => {
  here = await machine(process.env.GRAFANA_HOME ? { GRAFANA_HOME: process.env.GRAFANA_HOME } : {});
  const fault = ['--demo-fault', 'GET /api/services status=500 rate=0.3'];
  const run = await here.loadstar([
    'run',
    'appointment-booking',
    '--duration',
    '15s',
    '--scale',
    '4',
    '--json',
    ...fault,
  ]);
  [summary] = JSON.parse(run.stdout) as [RunSummary];
});
afterAll(() => here.dispose());

/** What Grafana would ask, for the run above, in steps of `step`. */
function interpolated(flux: string, step = '1s'): string {
  const from = new Date(Date.parse(summary.started) - 5_000).toISOString();
  const to = new Date(Date.parse(summary.ended) + 5_000).toISOString();
  return flux
    .replaceAll('v.timeRangeStart', from)
    .replaceAll('v.timeRangeStop', to)
    .replaceAll('v.windowPeriod', step)
    .replaceAll(CHOSEN_RUN, summary.testid)
    .replace(/\$\{(scenario|request):regex\}/g, '.*');
}

async function ask<Row>(flux: string, step?: string): Promise<Row[]> {
  const { influx } = await nativeEngine(here.context).up();
  const api = new InfluxDB({ url: influx.url, token: influx.tokens.grafana }).getQueryApi(influx.org);
  return await api.collectRows<Row>(interpolated(flux, step));
}

describe('every dashboard', () => {
  it('has an uid and a title of its own', () => {
    expect(dashboards.length).toBeGreaterThan(0);
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  });

  it('has a title, a description, a unit and an empty state in every panel', () => {
    for (const panel of dashboards.flatMap(panelsOf)) {
      expect(panel.title, JSON.stringify(panel).slice(0, 200)).toBeTruthy();
      expect(panel.description, panel.title).toMatch(/\.$/);
      expect(panel.fieldConfig?.defaults?.unit, panel.title).toBeTruthy();
      expect(panel.fieldConfig?.defaults?.noValue, panel.title).toBeTruthy();
    }
  });

  it('finds data for every query and variable of it, with a token that may only read', async () => {
    for (const dashboard of dashboards) {
      const queries = panelsOf(dashboard).flatMap((panel) =>
        (panel.targets ?? []).map(({ query }) => [panel.title ?? '', query] as const),
      );
      for (const { name, query } of dashboard.templating.list) queries.push([`variable ${name}`, query.query]);
      expect(queries.length).toBeGreaterThan(15);
      for (const [title, query] of queries) {
        const rows = await ask(query);
        // Nothing was dropped in this run: k6 then has no such metric.
        if (title !== 'Dropped iterations') expect(rows.length, title).toBeGreaterThan(0);
      }
    }
  });

  it('asks nothing that fails when there is no run', async () => {
    for (const panel of dashboards.flatMap(panelsOf)) {
      for (const { query } of panel.targets ?? []) {
        const rows = await ask(query.replaceAll(CHOSEN_RUN, 'none'));
        expect(
          rows.filter((row) => (row as { _value?: number })._value),
          panel.title,
        ).toEqual([]);
      }
    }
  });
});

describe('the figures', () => {
  it('of p95 agree between dashboard and k6 within 1 %, over all and by request', async () => {
    const [all] = await ask<{ _value: number }>(percentileSoFar(0.95));
    expect(Math.abs((all?._value ?? 0) / (summary.latency?.p95_ms ?? 1) - 1)).toBeLessThanOrEqual(0.01);
    const rows = await ask<{ name: string; p95: number; requests: number }>(REQUEST_TABLE);
    const booking = rows.find(({ name }) => name === 'POST /api/appointments');
    const slo = summary.slos.find(({ request }) => request === 'POST /api/appointments');
    expect(Math.abs((booking?.p95 ?? 0) / (slo?.value ?? 1) - 1)).toBeLessThanOrEqual(0.01);
    expect(rows.reduce((sum, row) => sum + row.requests, 0)).toBe(summary.requests);
  });

  it('of the error rate is that of k6', async () => {
    const [row] = await ask<{ _value: number }>(shareSoFar('http_req_failed'));
    expect(row?._value).toBeCloseTo(summary.error_rate, 10);
    expect(summary.error_rate).toBeGreaterThan(0);
  });

  it.each(['1s', '5s'])('of throughput add up to the requests made, in steps of %s', async (step) => {
    const rows = await ask<{ _value: number }>(ratePerSecond('http_reqs'), step);
    const total = rows.reduce((sum, row) => sum + row._value, 0) * Number.parseInt(step, 10);
    expect(Math.round(total)).toBe(summary.requests);
  });
});

describe('in a real Grafana', () => {
  it('all is provisioned without an error, and every panel shows data in a browser', async ({ skip }) => {
    if (!(await findGrafana(here.env))) return skip('no Grafana: set GRAFANA_HOME');
    const log = readFileSync(join(here.state_dir, 'grafana', 'log'), 'utf8');
    expect(log.split('\n').filter((line) => /level=error/.test(line) && /provisioning|dashboard/.test(line))).toEqual(
      [],
    );
    const url = `http://127.0.0.1:${here.env.GRAFANA_PORT}`;
    for (const { uid } of dashboards) expect((await fetch(`${url}/api/dashboards/uid/${uid}`)).status).toBe(200);

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
    try {
      const page = await browser.newPage({ viewport: { width: 1440, height: 2700 } });
      const refused: string[] = [];
      let answered = 0;
      page.on('response', (response) => {
        if (!response.url().includes('/api/ds/query')) return;
        answered += 1;
        if (response.status() >= 400) refused.push(response.url());
      });
      await page.goto(liveLink(url, summary.testid, new Date(summary.started), new Date(summary.ended)));
      const queried = panelsOf(dashboards[0] as Dashboard).length;
      await expect.poll(() => answered, { timeout: 60_000 }).toBeGreaterThanOrEqual(queried);
      await page.waitForTimeout(1_000);
      expect(refused).toEqual([]);
      expect(await page.getByTestId(/Panel status error/).count()).toBe(0);
      expect(await page.getByText('No data', { exact: true }).count()).toBe(0);
      await expect.poll(() => page.getByText('✗ broken').count()).toBeGreaterThan(0);
      mkdirSync('results/screenshots', { recursive: true });
      await page.screenshot({ path: `results/screenshots/${GRAFANA.dashboards.live.file}.png` });
    } finally {
      await browser.close();
    }
  });
});
