import { describe, expect, it } from 'vitest';
import { explain } from './carriers.ts';
import { judge, type RunToJudge } from './index.ts';
import { histogramOfValues } from './testing/histogram-of.ts';
import { Random } from './testing/histories.ts';

const random = new Random(90);
/** Log-normal, as latencies are (ms). */
const latencies = (count: number, median_ms: number, sigma = 0.3) =>
  Array.from({ length: count }, () => median_ms * Math.exp(sigma * random.normal()));

function runOf(requests: Readonly<Record<string, readonly number[]>>, place = 0): RunToJudge {
  const all = Object.values(requests).flat();
  return {
    testid: `run-${place}`,
    status: 'passed',
    by_request: Object.fromEntries(
      Object.entries(requests).map(([name, values]) => [name, { requests: values.length, error_rate: 0 }]),
    ),
    histograms: Object.fromEntries([
      ['', histogramOfValues(all)],
      ...Object.entries(requests).map(([name, values]) => [name, histogramOfValues(values)]),
    ]),
  };
}

const constant = (count: number, ms: number) => new Array<number>(count).fill(ms);

describe('shares of a change', () => {
  const before = [runOf({ a: constant(100, 100), b: constant(100, 200), c: constant(200, 10) })];

  it('are requests times difference where the mix stays', () => {
    // a: 100 × 60 ms, b: 100 × 20 ms.
    const after = [runOf({ a: constant(100, 160), b: constant(100, 220), c: constant(200, 10) })];
    const { carriers, mix } = explain('typical_ms', 100, before, after) ?? {};
    expect(carriers?.map(({ request }) => request)).toEqual(['a', 'b']);
    expect(carriers?.[0]?.share).toBeCloseTo(0.75, 1);
    expect(carriers?.[1]?.share).toBeCloseTo(0.25, 1);
    expect(mix).toBeCloseTo(0);
  });

  it('are none of a request that became faster, and add up to one', () => {
    const after = [runOf({ a: constant(100, 160), b: constant(100, 180), c: constant(200, 10) })];
    expect(explain('typical_ms', 100, before, after)?.carriers).toEqual([{ request: 'a', share: 1 }]);
    const faster = [runOf({ a: constant(100, 50), b: constant(100, 180), c: constant(200, 10) })];
    expect(explain('typical_ms', 100, before, faster)).toBeNull();
  });

  it('are those of the mix where no request is slower', () => {
    const after = [runOf({ a: constant(100, 100), b: constant(300, 200), c: constant(200, 10) })];
    const explanation = explain('typical_ms', 100, before, after);
    expect(explanation).toMatchObject({ carriers: [], mix: 1 });
    expect(explanation?.more[0]).toMatchObject({ request: 'b', before: 0.25, after: 0.5 });
  });

  it('of a percentile are the requests that are above its baseline, and were not', () => {
    // Above 150 ms: 100 of b before; after also 30 of a and 10 of c.
    const after = [
      runOf({
        a: [...constant(70, 100), ...constant(30, 300)],
        b: constant(100, 200),
        c: [...constant(190, 10), ...constant(10, 500)],
      }),
    ];
    const { carriers } = explain('p95_ms', 150, before, after) ?? {};
    expect(carriers).toEqual([
      { request: 'a', share: expect.closeTo(0.75) },
      { request: 'c', share: expect.closeTo(0.25) },
    ]);
  });

  it('are not taken from runs whose latencies the generator itself has delayed', () => {
    const delayed = (run: RunToJudge): RunToJudge => ({
      ...run,
      by_request: { ...run.by_request, b: { ...run.by_request?.b, generator_effects: { p50_ms: 300, p95_ms: 300 } } },
    });
    // b is 300 ms slower, and all of it may be the generator's own delay.
    const after = runOf({ a: constant(100, 160), b: constant(100, 500), c: constant(200, 10) });
    for (const metric of ['typical_ms', 'p95_ms'] as const) {
      const named = (runs: readonly RunToJudge[], newest: RunToJudge) =>
        explain(metric, 150, runs, [newest])?.carriers.map(({ request }) => request);
      expect(named(before, delayed(after))).toEqual(['a']);
      const slow_before = delayed(runOf({ a: constant(100, 100), b: constant(100, 500), c: constant(200, 10) }));
      const both = runOf({ a: constant(100, 160), b: constant(100, 200), c: constant(200, 10) });
      expect(named([...before, slow_before], both)).toEqual(['a']);
    }
  });

  it('of the error rate are failed requests', () => {
    const run = (a: number, b: number): RunToJudge => ({
      by_request: { a: { requests: 300, error_rate: a }, b: { requests: 100, error_rate: b } },
    });
    const { carriers } = explain('error_rate', 0, [run(0, 0)], [run(0.01, 0.09)]) ?? {};
    expect(carriers).toEqual([
      { request: 'b', share: expect.closeTo(0.75) },
      { request: 'a', share: expect.closeTo(0.25) },
    ]);
    expect(explain('throughput_rps', 10, [run(0, 0)], [run(0, 0)])).toBeNull();
  });
});

describe('a run that is worse as a whole', () => {
  const calm = (place: number, search = 1) =>
    runOf(
      {
        'GET /api/search': latencies(400, 300 * search),
        'GET /api/services': latencies(400, 60),
        'POST /api/orders': latencies(100, 150),
      },
      place,
    );
  const history = Array.from({ length: 12 }, (_, place) => calm(place));

  it('names the request that is 40 % slower, with its share, and that request is not as usual', () => {
    const judged = judge(history, calm(20, 1.4), { repeats: [calm(21, 1.4), calm(22, 1.4)] });
    const search = judged.metrics.filter(({ request }) => request === 'GET /api/search');
    expect(judged.verdict).toBe('regressed');
    expect(judged.sentence).toContain('GET /api/search');
    expect(search.filter(({ change }) => (change ?? 0) > 0.3).map(({ verdict }) => verdict)).not.toContain('same');
  });

  it('names it also where its own runs vary too much to be judged', () => {
    // Of each earlier run another level: by itself the request is as usual at 1.4 times its median.
    const levels = [0.6, 1.5, 0.8, 1.4, 0.7, 1.3, 0.9, 1.45, 0.65, 1.1];
    const wild = levels.map((level, place) => ({
      ...calm(place),
      histograms: { ...calm(place).histograms, 'GET /api/search': histogramOfValues(latencies(400, 300 * level)) },
    }));
    const { sentence, metrics } = judge(wild, calm(30, 1.7));
    expect(sentence).toMatch(/ By request: GET \/api\/search carries (9\d|100) % of it \(\d+ ms → \d+ ms\)\.$/);
    const row = metrics.find(({ metric, request }) => metric === metrics[0]?.metric && request === 'GET /api/search');
    expect(row?.verdict).toBe('suspected');
    expect(row?.sentence).toMatch(/it carries \d+ % of the change over all requests\.$/);
    expect(row?.value).toBeGreaterThan(row?.high ?? Number.POSITIVE_INFINITY);
  });

  it('says that the mix has shifted where no request is slower', () => {
    const mixed = (place: number) =>
      runOf(
        {
          'GET /api/search': latencies(1_600, 300),
          'GET /api/services': latencies(100, 60),
          'POST /api/orders': latencies(100, 150),
        },
        place,
      );
    const { sentence } = judge(history, mixed(40), { repeats: [mixed(41), mixed(42)] });
    expect(sentence).toMatch(
      /By request: a shift of the mix carries \d+ % of it: GET \/api\/search is 89 % of the requests, and was 44 %; no request is slower\./,
    );
  });
});

describe('the typical latency', () => {
  const of = (ms: number, place: number) => runOf({ a: constant(100, ms) }, place);
  const delayed = (run: RunToJudge): RunToJudge => ({
    ...run,
    generator_effects: { p50_ms: 100 },
    by_request: { a: { ...run.by_request?.a, generator_effects: { p50_ms: 100 } } },
  });
  const typical = (history: readonly RunToJudge[], run: RunToJudge) =>
    judge(history, run).metrics.filter(({ metric }) => metric === 'typical_ms');

  it('is compared with no run that the generator itself has delayed, and is none of such a run', () => {
    const quiet = Array.from({ length: 5 }, (_, place) => of(100, place));
    const disturbed = Array.from({ length: 9 }, (_, place) => delayed(of(200, place)));
    const judged = typical([...quiet, ...disturbed], of(100, 20));
    expect(judged).toHaveLength(2);
    for (const it of judged) expect(it).toMatchObject({ verdict: 'same', baseline_runs: 5 });
    for (const it of judged) expect(it.baseline).toBeCloseTo(100, -1);
    expect(typical(quiet, delayed(of(200, 20)))).toEqual([]);
  });
});

describe('a route with two modes', () => {
  const modes = (slow: number, hits: number) => [...latencies(hits, 2), ...latencies(400 - hits, 120 * slow)];
  /** About every second request is a cache hit, so that p50 is now of one mode, now of the other. */
  const run = (place: number, slow = 1) =>
    runOf({ 'GET /cached': modes(slow, 180 + Math.round(40 * random.next())) }, place);
  const history = Array.from({ length: 12 }, (_, place) => run(place));

  it('is as usual, and not unstable, while nothing is slower', () => {
    const { verdict, metrics } = judge(history, run(20));
    expect(metrics.find(({ metric }) => metric === 'p50_ms')?.high).toBeGreaterThan(100);
    expect(verdict).toBe('same');
    expect(metrics.map((it) => it.verdict)).not.toContain('unstable');
  });

  it('is found when it is 30 % slower', () => {
    const { metrics } = judge(history, run(30, 1.3));
    const found = metrics.find(({ metric, request }) => metric === 'typical_ms' && request === 'GET /cached');
    expect(found?.verdict).toBe('suspected');
    expect(found?.change).toBeGreaterThan(0.2);
  });
});
