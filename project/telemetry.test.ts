import { expect, it } from 'vitest';
import { CONFIG } from './schema.ts';
import { needsTelegraf, resolveTelemetry } from './telemetry.ts';
import { TELEMETRY } from './telemetry-schema.ts';

const problem = (value: unknown) => {
  const { success, error } = TELEMETRY.safeParse(value);
  return success ? null : error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
};
const url = 'http://127.0.0.1:9100/metrics';
const series = { metric: 'app_queue', component: 'worker', kind: 'saturation', unit: 'count' };

it('takes what docs/telemetry.md shows', () => {
  expect(
    problem({
      scrape: [
        { url: '/metrics', token_from_env: 'METRICS_TOKEN' },
        { url, component: 'db' },
      ],
    }),
  ).toBeNull();
  expect(problem({ host: true, around_s: 0, every_s: 1, containers: ['shop-*'] })).toBeNull();
  expect(problem({ scrape: [{ url, series: [{ ...series, limit_metric: 'app_queue_max' }] }] })).toBeNull();
});

it.each([
  [{}, /one of `scrape`, `host`/],
  [{ host: true, around_s: -1 }, /around_s: a number of seconds from 0 to 600/],
  [{ host: true, every_s: 0.5 }, /every_s: a whole number of seconds from 1 to 60/],
  [{ scrape: [{ url: 'ftp://a' }] }, /url: an http\(s\) address/],
  [{ scrape: [{ url: 'http://user:password@a/metrics' }] }, /url: an http\(s\) address without credentials/],
  [{ scrape: [{ url }, { url }] }, /scrape: each address once/],
  [
    { scrape: [{ url, token_from_env: 'A', basic_auth_from_env: 'B' }] },
    /one of basic_auth_from_env and token_from_env/,
  ],
  [{ scrape: [{ url, token_from_env: 'secret-value' }] }, /the name of an environment variable/],
  [{ scrape: [{ url, token: 'x' }] }, /one of: url, component/],
  [{ scrape: [{ url, series: [{ ...series, metric: 'a b' }] }] }, /the name of a metric/],
  [{ scrape: [{ url, series: [{ ...series, limit: 5, limit_metric: 'b' }] }] }, /one of limit and limit_metric/],
  [{ scrape: [{ url, series: [{ ...series, kind: 'cause' }] }] }, /kind/],
])('refuses %j', (value, expected) => {
  expect(problem(value)).toMatch(expected);
});

it('reads secrets from the environment alone, and tells several endpoints apart', () => {
  const config = { scrape: [{ url: '/metrics', token_from_env: 'TOKEN' }, { url }] };
  const asked = { config, field: 'targets.a.telemetry', directory: '/team' };
  expect(() => resolveTelemetry(asked, {})).toThrow(
    expect.objectContaining({ exit_code: 2, message: expect.stringContaining('TOKEN') }),
  );
  const { endpoints, around_s, every_s } = resolveTelemetry(asked, { TOKEN: 'abc' });
  expect({ around_s, every_s }).toEqual({ around_s: 30, every_s: 2 });
  expect(endpoints.map(({ instance, headers }) => ({ instance, headers }))).toEqual([
    { instance: 'target', headers: { Authorization: 'Bearer abc' } },
    { instance: '127.0.0.1:9100', headers: {} },
  ]);
});

it('needs Telegraf where something is scraped, unless the call says otherwise', () => {
  const of = (telemetry: object) => CONFIG.parse({ targets: { a: { base_url: 'http://127.0.0.1:1', telemetry } } });
  const query = { name: 'a', component: 'db', kind: 'rate', unit: 'per_s', data_source: 'a', query: 'a' };
  expect(
    [of({ host: true }), of({ scrape: [{ url }] }), of({ containers: ['a'] })].map((it) => needsTelegraf(it, '')),
  ).toEqual([true, true, true]);
  expect(needsTelegraf(of({ host: true }), 'off')).toBe(false);
  expect([of({ ask: [query] }), CONFIG.parse({})].map((it) => needsTelegraf(it, undefined))).toEqual([false, false]);
  expect(needsTelegraf(CONFIG.parse({}), 'on')).toBe(true);
});
