import { describe, expect, it } from 'vitest';
import type { K6Summary } from '../../contract/k6-summary.ts';
import type { Slo } from '../../contract/slo.ts';
import { watchForAbort } from './abort-watch.ts';

const slo: Slo = { indicator: 'error_rate', limit: 0.01, aborts: { limit: 0.5, after_s: 10 }, reason: 'down' };
const failing = (rate: number): K6Summary => ({
  metrics: { http_req_failed: { type: 'rate', values: { rate, passes: rate * 100, fails: 100 - rate * 100 } } },
  state: { testRunDurationMs: 1 },
});
const begun = (age_s: number) => new Date(Date.now() - age_s * 1_000);
const silent = {
  onUnreadable: () => undefined,
  readable: async () => null,
  readWindow: async () => null,
  every_ms: 5,
};
const loaded_for = (age_s: number) => () => begun(age_s);
const never = new AbortController().signal;

it('ends the run where the merged data is beyond the limit that ends it', async () => {
  const breach = await watchForAbort(
    { slos: [slo], read: async () => failing(0.6), ...silent },
    begun(60),
    never,
    loaded_for(60),
  );
  expect(breach).toMatchObject({ indicator: 'error_rate', limit: 0.5, value: 0.6 });
});

it('ends the run at the limit of an SLO that ends it as soon as it is broken', async () => {
  const strict: Slo = { indicator: 'error_rate', limit: 0.01, abort: true, reason: 'down' };
  const breach = await watchForAbort(
    { slos: [strict], read: async () => failing(0.02), ...silent },
    begun(60),
    never,
    loaded_for(60),
  );
  expect(breach).toMatchObject({ limit: 0.01, value: 0.02 });
});

it.each([
  ['where an SLO is broken, but not so far', [slo], 0.3, 60],
  ['before its time', [slo], 0.6, 0],
  ['for an SLO that ends no run', [{ ...slo, aborts: undefined } as unknown as Slo], 1, 60],
])('does not end it %s', async (_, slos, rate, age_s) => {
  const ended = new AbortController();
  let looks = 0;
  const read = async () => {
    looks += 1;
    // The second look has seen the first one go by.
    if (looks === 2) ended.abort();
    return failing(rate);
  };
  if (age_s === 0) setTimeout(() => ended.abort(), 50);
  expect(await watchForAbort({ slos, read, ...silent }, begun(60), ended.signal, loaded_for(age_s))).toBeNull();
});

it('goes on, and says so once, where InfluxDB does not answer', async () => {
  const ended = new AbortController();
  const said: unknown[] = [];
  let looks = 0;
  const read = async () => {
    looks += 1;
    if (looks < 3) throw new Error('gone');
    return failing(0.9);
  };
  const watch = { ...silent, slos: [slo], read, onUnreadable: (error: unknown) => void said.push(error) };
  expect(await watchForAbort(watch, begun(60), ended.signal, loaded_for(60))).toMatchObject({ value: 0.9 });
  expect(said).toHaveLength(1);
});

describe('an SLO over its last seconds', () => {
  const sliding: Slo = { indicator: 'p95_ms', limit: 400, over: '30s', abort: true, reason: 'now' };
  const newest = new Date(Date.now() - 700);
  const watch = (value: number | null) => ({
    slos: [sliding],
    ...silent,
    readable: async () => newest,
    readWindow: async () => (value === null ? null : { value }),
  });
  const ended = () => AbortSignal.timeout(100);

  it('ends the run by the window that has just become readable', async () => {
    const spans: { from: Date; to: Date }[] = [];
    const readWindow = async (_: Slo, span: { from: Date; to: Date }) => {
      spans.push(span);
      return { value: 900 };
    };
    const breach = await watchForAbort({ ...watch(900), readWindow }, begun(60), never, () => begun(50));
    expect(breach).toMatchObject({ indicator: 'p95_ms', over: '30s', limit: 400, value: 900 });
    const to_ms = Math.floor(newest.getTime() / 1_000) * 1_000;
    expect(spans[0]).toEqual({ from: new Date(to_ms - 30_000), to: new Date(to_ms) });
  });

  it.each([
    ['before its window is full', 900, () => begun(20)],
    ['before there is load', 900, () => null],
    ['where it passes', 400, () => begun(50)],
    ['where it has too few samples', null, () => begun(50)],
  ])('does not end it %s', async (_, value, loaded) => {
    expect(await watchForAbort(watch(value), begun(60), ended(), loaded)).toBeNull();
  });

  it('leaves SLOs of the whole run to k6 where k6 judges', async () => {
    const both = { ...watch(400), slos: [{ ...slo, abort: true }, sliding] };
    expect(await watchForAbort(both, begun(60), ended(), () => begun(50))).toBeNull();
  });
});
