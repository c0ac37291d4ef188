import { expect, it } from 'vitest';
import type { Causes } from '../../contract/causes.ts';
import type { TelemetrySeries } from '../../contract/telemetry.ts';
import { FAILED_RUN, INPUT } from '../example-run.ts';
import type { RunPageData } from './data.ts';
import { runPage } from './run-page.ts';

const ASSETS = { script: 'void 0;', style: 'p { margin: 0 }' };
const BEGAN_MS = Date.parse(INPUT.over_time?.began ?? '');

/** A sample a second, from 5 s before the first request on. */
function series(more: Partial<TelemetrySeries>, value: (second: number) => number, limit: number | null = null) {
  const points = Array.from({ length: 60 }, (_, place) => {
    const second = place - 5;
    return { at_ms: BEGAN_MS + second * 1_000, value: value(second), limit };
  });
  return { component: 'db', series: 'queries', kind: 'rate', unit: 'per_s', instance: '', points, ...more } as const;
}

const POOL = series(
  { series: 'connections in use', kind: 'utilisation', unit: 'count' },
  (second) => (second < 12 ? 9 : 20),
  20,
);
const LAG = series({ component: 'event loop', series: 'lag', kind: 'saturation', unit: 'ms' }, (second) => second + 6);
const FLAT = series({ component: 'locks', series: 'waiting', kind: 'saturation', unit: 'count' }, () => 0);
const CPU = series(
  { component: 'cpu', series: 'process', kind: 'utilisation', unit: 'share' },
  (second) => second / 80 + 0.1,
);

const CAUSES: Causes = {
  symptom: { kind: 'slo', metric: 'p95_ms', request: null, limit: 500, at: new Date(BEGAN_MS + 20_000).toISOString() },
  series: 4,
  ranked: [
    {
      component: 'db',
      series: 'connections in use',
      instance: '',
      kind: 'utilisation',
      unit: 'count',
      change: 'limit',
      at: new Date(BEGAN_MS + 12_000).toISOString(),
      value: 20,
      limit: 20,
      usual: 9,
      baseline_runs: 0,
      baseline_most: null,
      sentence: '`db` connections in use reached 20 of 20.',
    },
  ],
};

function write(all: readonly TelemetrySeries[], left_out = 0): { readonly page: string; readonly data: RunPageData } {
  const page = runPage(
    { ...INPUT, run: { ...FAILED_RUN, causes: CAUSES }, telemetry: { series: all, left_out } },
    ASSETS,
  );
  const json = /<script type="application\/json"[^>]*>(.*?)<\/script>/s.exec(page)?.[1];
  return { page, data: JSON.parse(json ?? 'null') as RunPageData };
}

it('charts the component of the first cause first, during the run, with its limit and where the cause begins', () => {
  const { page, data } = write([CPU, LAG, FLAT, POOL]);
  expect(data.telemetry.map(({ lines }) => lines.map(({ label }) => label))).toEqual([
    ['connections in use'],
    ['process'],
    ['lag'],
  ]);
  const [pool] = data.telemetry;
  // Six steps of five seconds.
  expect([pool?.at_s[0], pool?.at_s.at(-1)]).toEqual([0, 30]);
  expect(new Set(pool?.lines[0]?.limits)).toEqual(new Set([20]));
  expect(pool?.marks).toEqual([{ label: 'cause 1', at_s: 12 }]);
  expect(data.telemetry[1]?.marks).toEqual([]);
  expect(data.symptom).toEqual([{ label: 'p95 fails', at_s: 20 }]);
  expect(page).toContain('connections in use: at most 20 of 20, at 0:12');
});

it('has the figures of every series as a table, those that did not move folded away', () => {
  const { page } = write([CPU, LAG, FLAT, POOL], 7);
  const rows = [...page.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    row.replace(/<[^>]+>/g, '|').replace(/\|+/g, '|'),
  );
  expect(rows).toContain('|connections in use|9|15.7|20|0:12|20|');
  expect(rows).toContain('|lag|6 ms|21 ms|36 ms|0:30|–|');
  expect(page).toMatch(/1 series that did not move<\/summary>.*locks: waiting/s);
  expect(page).toContain('7 more series were not read');
});

it('charts a series that stays at its limit, although it does not move', () => {
  const full = series({ component: 'worker', series: 'jobs', kind: 'utilisation', unit: 'count' }, () => 4, 4);
  expect(write([full]).data.telemetry).toHaveLength(1);
});

it('names the sample that is nearest to its limit, and a limit that changes', () => {
  const points = POOL.points.map(({ at_ms }, place) => ({
    at_ms,
    ...(place < 14 ? { value: 2, limit: 40 } : { value: 1, limit: 1 }),
  }));
  expect(write([{ ...POOL, points }]).page).toContain(
    'connections in use: at most 1 of 1, at 0:09 (limit 40, from 0:09 on 1)',
  );
});

it('has no section without telemetry', () => {
  expect(write([]).page).not.toContain('id="target"');
  expect(write([POOL]).page).toContain('id="target"');
});

it('stays small with hundreds of series, and leaves none out of the tables', () => {
  const many = Array.from({ length: 500 }, (_, place) =>
    series({ component: `component ${place % 20}`, series: `series ${place}` }, (second) => second * place + 1),
  );
  const { page, data } = write(many);
  expect(data.telemetry.flatMap(({ lines }) => lines).length).toBeLessThanOrEqual(60);
  for (const { lines } of data.telemetry) expect(lines.length).toBeLessThanOrEqual(6);
  for (const { series: name } of many)
    expect(page.includes(`>${name}<`) || page.includes(` ${name}<`), name).toBe(true);
  expect(page.length).toBeLessThan(500_000);
});
