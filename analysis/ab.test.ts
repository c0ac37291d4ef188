import { describe, expect, it } from 'vitest';
import { GAMMA } from '../contract/histogram.ts';
import { type AbSettings, type BlockFigures, type BlockPair, judgeAb, lookPairs, withGeneratorDelay } from './ab.ts';
import { Random } from './testing/histories.ts';

const SETTINGS: AbSettings = { least_change: 0.03, planned_pairs: 36, pair_s: 8 };
const REQUESTS = 40;

interface Truth {
  readonly ms: number;
  readonly failing?: number;
  readonly requests?: number;
}

function block(random: Random, routes: Readonly<Record<string, Truth>>, disturbance: number): BlockFigures {
  return Object.fromEntries(
    Object.entries(routes).map(([name, { ms, failing = 0, requests = REQUESTS }]) => {
      const counts: Record<string, number> = {};
      for (let request = 0; request < requests; request += 1) {
        const latency = ms * disturbance * Math.exp(0.4 * random.normal());
        const bucket = `b${Math.floor(Math.log(latency) / Math.log(GAMMA))}`;
        counts[bucket] = (counts[bucket] ?? 0) + 1;
      }
      const rates = { http_req_failed: { value: Math.round(failing * requests), count: requests } };
      return [name, { latency: { counts, min: 0.1, max: 10_000 }, rates }];
    }),
  );
}

/** Blocks of two builds on a machine with bursts, which slow a block by up to a half. */
function pairs(seed: number, count: number, base: Record<string, Truth>, head: Record<string, Truth>): BlockPair[] {
  const random = new Random(seed);
  const burst = () => (random.next() < 0.3 ? random.between(1, 1.5) : 1);
  return Array.from({ length: count }, (_, place) => ({
    at_s: place * 8,
    base: block(random, base, burst()),
    head: block(random, head, burst()),
  }));
}

const ROUTES = { 'GET /a': { ms: 60 }, 'GET /b': { ms: 20 }, 'GET /c': { ms: 200 } };

describe('two builds', () => {
  it('that are equal are called different hardly ever', () => {
    const seeds = Array.from({ length: 40 }, (_, seed) => seed);
    const verdicts = seeds.map((seed) => judgeAb(pairs(seed, 36, ROUTES, ROUTES), SETTINGS).verdict);
    // The allowed error is 1 in 500 to either side.
    expect(verdicts.filter((verdict) => verdict === 'regressed' || verdict === 'improved').length).toBeLessThan(2);
  });

  it('of which one is slower in one request: it is named, with its size and an interval that holds it', () => {
    const { verdict, requests, overall } = judgeAb(pairs(1, 36, ROUTES, { ...ROUTES, 'GET /a': { ms: 72 } }), SETTINGS);
    const [worst] = requests;
    expect(verdict).toBe('regressed');
    expect(worst).toMatchObject({ request: 'GET /a', verdict: 'regressed' });
    expect(worst?.change).toBeCloseTo(0.2, 1);
    expect(worst?.low).toBeLessThan(0.2);
    expect(worst?.high).toBeGreaterThan(0.2);
    expect(worst?.head_ms).toBeCloseTo((worst?.base_ms ?? 0) + (worst?.difference_ms ?? 0));
    expect(worst?.sentence).toMatch(/^GET \/a: [\d.]+ % slower \([\d.]+ ms → [\d.]+ ms; \+[\d.]+ % to \+[\d.]+ %\)$/);
    expect(requests.filter((it) => it.verdict === 'regressed')).toHaveLength(1);
    expect(overall?.change).toBeGreaterThan(0.02);
  });

  it('on a machine that moves all requests of a block alike: the one that differs is found beside the others', () => {
    const random = new Random(7);
    const routes = { ...ROUTES, 'GET /d': { ms: 40 }, 'GET /e': { ms: 90 } };
    const head = { ...routes, 'GET /a': { ms: 68 } };
    const noisy = Array.from({ length: 36 }, (_, place) => ({
      at_s: place * 8,
      base: block(random, routes, Math.exp(0.25 * random.normal())),
      head: block(random, head, Math.exp(0.25 * random.normal())),
    }));
    const { requests } = judgeAb(noisy, SETTINGS);
    const verdicts = requests.map(({ request, verdict }) => [request, verdict]);
    expect(verdicts[0]).toEqual(['GET /a', 'regressed']);
    expect(verdicts.slice(1).map(([, verdict]) => verdict)).not.toContain('regressed');
  });

  it('of which head is slower in all requests: all are named, because no request is a reference then', () => {
    const slower = { 'GET /a': { ms: 75 }, 'GET /b': { ms: 25 }, 'GET /c': { ms: 250 } };
    const { requests, overall } = judgeAb(pairs(4, 36, ROUTES, slower), SETTINGS);
    expect(overall?.verdict).toBe('regressed');
    expect(requests.map(({ verdict }) => verdict)).toEqual(Array(3).fill('regressed'));
  });

  it('of which head is faster in all others: a request that is as before has not regressed', () => {
    const faster = { 'GET /a': { ms: 60 }, 'GET /b': { ms: 12 }, 'GET /c': { ms: 120 } };
    const { requests } = judgeAb(pairs(5, 36, ROUTES, faster), SETTINGS);
    expect(requests.find(({ request }) => request === 'GET /a')?.verdict).not.toBe('regressed');
    expect(requests.filter(({ verdict }) => verdict === 'improved')).toHaveLength(2);
  });

  it('of which one is faster', () => {
    const faster = { 'GET /a': { ms: 45 } };
    expect(judgeAb(pairs(1, 36, { 'GET /a': { ms: 60 } }, faster), SETTINGS).verdict).toBe('improved');
  });

  it('that differ by less than matters are the same', () => {
    const base = { 'GET /a': { ms: 60, requests: 2_000 } };
    const head = { 'GET /a': { ms: 60.6, requests: 2_000 } };
    const loose = { ...SETTINGS, least_change: 0.15 };
    expect(judgeAb(pairs(3, 36, base, head), loose)).toMatchObject({ verdict: 'same', needed_s: null });
  });

  it('are unclear before the first look, and until pairs are enough; then it says how much longer it would take', () => {
    const head = { ...ROUTES, 'GET /a': { ms: 90 } };
    expect(judgeAb(pairs(1, 3, ROUTES, head), SETTINGS)).toMatchObject({ verdict: 'unclear', needed_s: null });
    expect(judgeAb([], SETTINGS)).toMatchObject({ verdict: 'unclear', overall: null, requests: [], needed_s: null });
    const { verdict, needed_s } = judgeAb(pairs(2, 36, ROUTES, ROUTES), SETTINGS);
    expect(verdict).toBe('unclear');
    expect(needed_s).toBeGreaterThan(8);
  });

  it('of which one fails more requests: that is a regression, however fast the failures are', () => {
    const head = { ...ROUTES, 'GET /b': { ms: 2, failing: 0.05 } };
    const { verdict, requests } = judgeAb(pairs(1, 36, ROUTES, head), SETTINGS);
    expect(verdict).toBe('regressed');
    expect(requests[0]).toMatchObject({ request: 'GET /b', errors: { verdict: 'regressed', base: 0 } });
    expect(requests[0]?.sentence).toBe('GET /b: 5 % of the requests fail, 0 % with base');
  });

  it('of which the load generator of head waited longer: that is no regression, unless it is larger than that', () => {
    const found = judgeAb(pairs(1, 36, ROUTES, { ...ROUTES, 'GET /a': { ms: 72 } }), SETTINGS);
    const of = (extra_ms: number) => withGeneratorDelay(found, extra_ms, 0.03);
    expect(of(0.3).verdict).toBe('regressed');
    expect(of(11).verdict).toBe('unclear');
    // Decided as soon as the interval is above 0, it is never far above: a tenth of a millisecond must not take it back.
    const barely = { ...found, requests: found.requests.map((it) => ({ ...it, low: it.low === null ? null : 1e-5 })) };
    expect(withGeneratorDelay(barely, 0.1, 0.03).verdict).toBe('regressed');
    expect(of(11).requests[0]?.sentence).toMatch(
      /^GET \/a: not clear .* waited 11 ms longer for their load generator$/,
    );
  });

  it('say nothing of requests that are rare', () => {
    const rare = { ...ROUTES, 'GET /rare': { ms: 10, requests: 1 } };
    expect(judgeAb(pairs(1, 36, rare, rare), SETTINGS).not_judged).toEqual(['GET /rare']);
  });
});

it('looks at the pairs a few times, the last time at their end', () => {
  expect(lookPairs(36)).toEqual([7, 13, 18, 23, 29, 36]);
});
