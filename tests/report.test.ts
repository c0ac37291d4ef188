/** The pages of real runs, in a real browser: drawn, complete, reachable by keyboard, in light, dark and on paper. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleCount } from '../analysis/histogram.ts';
import { ORG } from '../contract/buckets.ts';
import { ms, percent } from '../contract/format.ts';
import { OWN_PROJECT } from '../contract/project-name.ts';
import type { RunSummary } from '../contract/results.ts';
import { readOverTime } from '../influxdb/run-over-time.ts';
import { readOverviews } from '../influxdb/run-overview.ts';
import { AB, AB_RUN, abComparison } from '../report/example-ab.ts';
import { INPUT, indexRun, REGRESSED_RUN } from '../report/example-run.ts';
import { indexPage } from '../report/html/index-page.ts';
import { runPage } from '../report/html/run-page.ts';
import { pageAssets } from '../report/pages/assets.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { type Machine, machine, PICTURES_DIR } from './lib/machine.ts';

const CHROMIUM = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim();
const DURATION = '8s';
const indexFile = () => join(here.results_dir, 'index.html');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LIGHTS = ['light', 'dark'] as const;
const WIDTHS = [1440, 390] as const;

let here: Machine;
let browser: Browser | null = null;
/** In the order of the runs. */
const summaries: RunSummary[] = [];
const newest = () => summaries.at(-1) as RunSummary;
const pageOf = ({ testid }: RunSummary) => join(here.results_dir, testid, 'report.html');

beforeAll(async () => {
  here = await machine();
  for (const slow of [[], ['--demo-fault', 'GET /api/search latency_ms=150']]) {
    const run = await here.loadstar(['run', 'search', '--duration', DURATION, '--json', ...slow]);
    if (run.code !== 0) throw new Error(run.stderr);
    expect(run.stderr).toMatch(/report {4}\S*\/results\/.*\/report\.html/);
    summaries.push(...(JSON.parse(run.stdout) as RunSummary[]));
  }
  mkdirSync(PICTURES_DIR, { recursive: true });
  if (CHROMIUM) browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  await here.dispose();
});

interface Opened {
  readonly page: Page;
  /** Errors on its console, and everything that it asked a network for. */
  readonly faults: string[];
}

/** @throws Error where the page does not load */
async function open(file: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await (browser as Browser).newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith('file:')) faults.push(`request to ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    faults.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(pathToFileURL(file).href);
  return { page, faults };
}

/** Ids of the charts whose canvas has something on it. Whatever runs in the page is a string: Node.js has no types for it. */
async function drawn(page: Page): Promise<string[]> {
  return await page.evaluate(`[...document.querySelectorAll('[data-chart]')].filter((chart) => {
    const canvas = chart.querySelector('canvas');
    if (!canvas) return false;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value !== 0);
  }).map((chart) => chart.dataset.chart)`);
}

describe('without a browser', () => {
  it('each run leaves its page, and all of them one', () => {
    for (const summary of summaries) expect(existsSync(pageOf(summary))).toBe(true);
    const index = readFileSync(indexFile(), 'utf8');
    for (const { testid } of summaries) expect(index).toContain(`href="${testid}/report.html"`);
  });

  it('shows the p95 that k6 gave, and the SLOs of the run', () => {
    const page = readFileSync(pageOf(newest()), 'utf8');
    const { latency, error_rate } = newest();
    expect(page).toContain(`<p class="value">${ms(latency?.p95_ms ?? 0)}</p>`);
    expect(page).toContain(`<p class="value">${percent(error_rate)}</p>`);
    expect(page.match(/[✓✗] (passed|failed)/g)).toHaveLength(newest().slos.length);
  });

  it('reads every request of the run back, step by step', async () => {
    const { tokens } = await new SecretStore(here.state_dir).load();
    const connection = {
      url: `http://127.0.0.1:${here.env.INFLUX_PORT}`,
      org: ORG,
      token: (tokens as { cli: string }).cli,
    };
    const { testid, started, ended, requests } = newest();
    const span = { testid, started: new Date(started), ended: new Date(ended) };
    const over_time = await readOverTime(connection, 'loadstar', span, requests);
    const steps = over_time?.steps ?? [];
    expect(steps.length).toBeGreaterThan(3);
    expect(steps.reduce((sum, step) => sum + step.requests, 0)).toBe(requests);
    const counted = steps.reduce((sum, { histogram }) => sum + sampleCount(histogram), 0);
    expect(counted).toBe(requests);
    expect(Math.max(...steps.map(({ users }) => users ?? 0))).toBe(newest().vus_max);
    const [overview] = await readOverviews(connection, OWN_PROJECT, 1);
    expect(overview?.testid).toBe(testid);
    expect(sampleCount(overview?.histogram ?? null)).toBe(requests);
    expect(overview?.by_request.map(({ name }) => name)).toEqual(['GET /api/search']);
  });
});

describe('loadstar report', () => {
  it('writes the pages of a run anew, and says where', async () => {
    const [first] = summaries as [RunSummary];
    rmSync(pageOf(first));
    const { code, stdout, stderr } = await here.loadstar(['report', first.testid]);
    expect(code, stderr).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([pageOf(first), indexFile()]);
    expect(existsSync(pageOf(first))).toBe(true);
  });

  it('takes the newest run where none is named', async () => {
    const { code, stdout } = await here.loadstar(['report']);
    expect(code).toBe(0);
    expect(stdout).toContain(newest().testid);
  });

  it.each([
    ['nonsense', /expected the id of a run in results\/[\s\S]*found: [\s\S]*next: +one of 2/],
    ['../results', /expected the id of a run in results\/[\s\S]*found: [\s\S]*next: +one of 2/],
    // As a variable of CI that is not set would give.
    ['', /expected an argument of `report` to have a value\n +found: an empty one/],
  ])('refuses %j with what it could be', async (id, message) => {
    const { code, stdout, stderr } = await here.loadstar(['report', id]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
  });

  it('does with the files alone where InfluxDB cannot be had, and says so', async () => {
    const env = { ENGINE: 'external', INFLUX_URL: 'http://127.0.0.1:1', INFLUX_TOKEN: 'none' };
    const { code, stderr } = await here.loadstar(['report', newest().testid], { env });
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('no InfluxDB, expected');
    const page = readFileSync(pageOf(newest()), 'utf8');
    expect(page).toContain(ms(newest().latency?.p95_ms ?? 0));
    expect(page).toContain('from summary.json alone');
    expect(readFileSync(indexFile(), 'utf8')).toContain('these are the runs whose files are here');
    expect((await here.loadstar(['report', newest().testid])).code).toBe(0);
  });
});

describe.skipIf(!CHROMIUM)('the page of a run, in a browser (skipped without chromium on PATH)', () => {
  it.each(LIGHTS.flatMap((light) => WIDTHS.map((width) => [light, width] as const)))(
    'is drawn, accessible and as wide as the screen: %s, %i pixels',
    async (light, width) => {
      const { page, faults } = await open(pageOf(newest()), { colorScheme: light, viewport: { width, height: 900 } });
      await expect
        .poll(() => drawn(page))
        .toEqual(['latency', 'load', 'distribution', 'trend-p95_ms', 'trend-throughput_rps', 'trend-error_rate']);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      // Limit, value and state of every SLO are in sight without scrolling.
      const states = await page.locator('section[aria-labelledby="slos"] tr > :last-child').all();
      const edges = await Promise.all(states.map((it) => it.boundingBox()));
      expect(edges.length).toBeGreaterThan(1);
      expect(edges.filter((box) => !box || box.x + box.width > width)).toEqual([]);
      expect(await violations(page)).toEqual([]);
      await page.screenshot({ path: join(PICTURES_DIR, `report-${light}-${width}.png`), fullPage: true });
      expect(faults).toEqual([]);
    },
  );

  it('prints in black on white, whatever the screen has', async () => {
    const { page, faults } = await open(pageOf(newest()), { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await expect.poll(() => page.evaluate('document.documentElement.className')).toBe('printing');
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(26, 32, 39)');
    expect(await drawn(page)).toHaveLength(6);
    await page.setViewportSize({ width: 794, height: 1123 });
    await page.screenshot({ path: join(PICTURES_DIR, 'report-print.png'), fullPage: true });
    expect((await page.pdf({ format: 'A4', printBackground: true })).length).toBeGreaterThan(10_000);
    expect(faults).toEqual([]);
  });

  it('shows a name that looks like HTML as text', async () => {
    const name = `</script><img src=x onerror="alert(1)"><!--`;
    const file = join(PICTURES_DIR, 'hostile.html');
    const hostile = {
      ...INPUT,
      title: name,
      run: {
        ...REGRESSED_RUN,
        verdict: name,
        by_request: REGRESSED_RUN.by_request.map((row) => ({ ...row, name })),
      },
    };
    writeFileSync(file, runPage(hostile, await pageAssets('run')));
    const { page, faults } = await open(file);
    await expect.poll(() => drawn(page)).toHaveLength(6);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(name);
    expect(await page.evaluate('document.images.length')).toBe(0);
    expect(faults).toEqual([]);
  });

  it('sorts its tables by keyboard', async () => {
    const file = join(PICTURES_DIR, 'sorting.html');
    writeFileSync(file, runPage(INPUT, await pageAssets('run')));
    const { page } = await open(file);
    const table = page.locator('section[aria-labelledby="requests"] table');
    const names = () => table.locator('tbody th').allTextContents();
    const head = table.getByRole('columnheader', { name: 'Requests' });
    expect(await names()).toEqual(['GET /b', 'GET /a', 'GET /c', 'GET /d']);
    await head.getByRole('button').focus();
    await page.keyboard.press('Enter');
    expect(await names()).toEqual(['GET /b', 'GET /a', 'GET /c', 'GET /d']);
    await page.keyboard.press('Enter');
    expect(await names()).toEqual(['GET /d', 'GET /c', 'GET /a', 'GET /b']);
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
  });
});

describe.skipIf(!CHROMIUM)('the page of `loadstar ab`, in a browser (skipped without chromium on PATH)', () => {
  const CHARTS = ['ab-change', 'ab-levels', 'latency', 'load', 'distribution'];
  const ODD = `GET /$__range/</script><img src=x onerror="alert(1)">/😀/${'long/'.repeat(40)}`;
  const file = join(PICTURES_DIR, 'ab.html');
  beforeAll(async () => {
    const odd = abComparison({ request: ODD, verdict: 'improved', change: -1.4, low: null, high: null });
    const many = Array.from({ length: 30 }, (_, place) => abComparison({ request: `GET /${place}`, verdict: 'same' }));
    const run = { ...AB_RUN, ab: { ...AB, requests: [...AB.requests, odd, ...many], not_judged: [ODD] } };
    writeFileSync(file, runPage({ ...INPUT, run }, await pageAssets('run')));
  });

  it.each(LIGHTS.flatMap((light) => WIDTHS.map((width) => [light, width] as const)))(
    'is drawn, accessible and as wide as the screen: %s, %i pixels',
    async (light, width) => {
      const { page, faults } = await open(file, { colorScheme: light, viewport: { width, height: 900 } });
      await expect.poll(() => drawn(page)).toEqual(CHARTS);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      expect(await violations(page)).toEqual([]);
      await page.screenshot({ path: join(PICTURES_DIR, `ab-${light}-${width}.png`), fullPage: true });
      expect(faults).toEqual([]);
    },
  );

  it('shows any request block by block, whatever it is called', async () => {
    const { page, faults } = await open(file);
    const caption = page.locator('#ab-figures figcaption').first();
    expect(await caption.textContent()).toContain('Difference of each pair: GET /a.');
    await page.locator('#ab-request').selectOption({ label: `${ODD} (improved)` });
    expect(await caption.textContent()).toContain(ODD);
    await expect.poll(() => drawn(page)).toEqual(CHARTS);
    expect(await page.locator('img').count()).toBe(0);
    expect(faults).toEqual([]);
  });
});

describe.skipIf(!CHROMIUM)('the page over all runs, in a browser (skipped without chromium on PATH)', () => {
  const CHARTS = ['trend-p95_ms', 'trend-throughput_rps', 'trend-error_rate', 'overlay'];

  it.each(LIGHTS.flatMap((light) => WIDTHS.map((width) => [light, width] as const)))(
    'is drawn, accessible and as wide as the screen: %s, %i pixels',
    async (light, width) => {
      const { page, faults } = await open(indexFile(), { colorScheme: light, viewport: { width, height: 900 } });
      await expect.poll(() => drawn(page)).toEqual(CHARTS);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      expect(await violations(page)).toEqual([]);
      await page.screenshot({ path: join(PICTURES_DIR, `index-${light}-${width}.png`), fullPage: true });
      expect(faults).toEqual([]);
    },
  );

  it('compares any two runs by the figures of their summaries', async () => {
    const [first, second] = summaries as [RunSummary, RunSummary];
    const { page, faults } = await open(indexFile());
    const p95 = (run: RunSummary) => ms(run.latency?.p95_ms ?? 0);
    const cells = () =>
      page.locator('#compare-tables table').first().locator('tr', { hasText: 'p95' }).locator('td').allTextContents();
    expect((await cells()).slice(0, 2)).toEqual([p95(first), p95(second)]);
    const difference = (await cells()).at(-1)?.slice(1);
    await page.locator('#run-a').selectOption(second.testid);
    await page.locator('#run-b').selectOption(first.testid);
    expect((await cells()).slice(0, 2)).toEqual([p95(second), p95(first)]);
    // The same difference the other way round, and no verdict from two runs alone.
    expect((await cells()).at(-1)?.slice(1)).toBe(difference);
    expect(await page.locator('#compare-tables').textContent()).toContain('against its own history');
    expect(page.url()).toContain(`a=${second.testid}&b=${first.testid}`);
    expect(faults).toEqual([]);
  });

  it('runs nothing, asks nobody and shows no dialog, whatever scenarios, branches, commits and requests are called', async () => {
    const name = `</script><img src=x onerror="alert(1)"><svg onload=alert(2)><!--`;
    const request = { name, requests: 1, p50_ms: 1, p95_ms: 1, p99_ms: 1, max_ms: 1, error_rate: 0 };
    const runs = ['a', 'b'].map((id, index) => ({
      ...indexRun(index),
      testid: `${name}${id}`,
      scenario: name,
      target: name,
      branch: name,
      commit: name,
      version: name,
      verdict: name,
      by_request: [request],
    }));
    const file = join(PICTURES_DIR, 'hostile-index.html');
    const input = { generated: new Date(0).toISOString(), runs, more: false, notes: [name] };
    writeFileSync(file, indexPage(input, await pageAssets('index')));
    const { page, faults } = await open(file);
    // What the script writes anew is escaped as well.
    await page.locator('#run-a').selectOption({ index: 1 });
    await page.locator('#group').selectOption({ index: 0 });
    await page.waitForTimeout(300);
    expect(await page.locator('img, svg[onload]').count()).toBe(0);
    expect(await page.locator('#compare-tables').textContent()).toContain(name);
    expect(faults).toEqual([]);
    rmSync(file);
  });

  it('opens at the pair that its address names, and leads to their reports', async () => {
    const [first] = summaries as [RunSummary];
    const { page } = await open(indexFile());
    await page.goto(`${pathToFileURL(indexFile()).href}#a=${first.testid}&b=${first.testid}`);
    await page.reload();
    expect(await page.locator('#compare-hint').textContent()).toContain('the same run');
    await page.locator(`a[href="${first.testid}/report.html"]`).click();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Search');
  });
});

/** What axe finds against WCAG 2.1 A and AA, in a line each. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return await page.evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 120) + ' ' + failureSummary)))`);
}
