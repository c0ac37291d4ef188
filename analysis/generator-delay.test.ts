import { describe, expect, it } from 'vitest';
import type { Histogram } from '../contract/histogram.ts';
import { HEATMAP_BOUNDS_MS } from '../contract/live-schema.ts';
import { extraDelay_ms, generatorEffects, latencyEffect } from './generator-delay.ts';
import { percentile } from './histogram.ts';
import { judge, RUN_METRICS, type RunToJudge } from './index.ts';
import { isAffected } from './run-to-judge.ts';
import { histogramOfValues } from './testing/histogram-of.ts';
import { Random } from './testing/histories.ts';

const REQUESTS = 2_000;
const COMPARED = ['p50_ms', 'p95_ms', 'p99_ms'] as const;

/** A request that comes at a random moment of time waits so long (ms). */
type Delay = (random: Random) => number;

const NONE: Delay = () => 0;
/** Nothing runs for 200 ms of each second: SIGSTOP. */
const STOPPED: Delay = (random) => Math.max(0, random.between(0, 1_000) - 800);
/** A tenth of a core: the process runs for 10 ms of each 100 ms while it has work, which is half of the time. */
const QUOTA: Delay = (random) => (random.chance(0.5) ? Math.max(0, random.between(0, 100) - 10) : 0);
/** Another program takes the processor for slices of up to 6 ms. */
const BUSY: Delay = (random) => (random.chance(0.05) ? random.between(0, 6) : 0);

/** What the output measures: the share of moments that wait longer than each bound. */
function sharesOf(delay: Delay): Record<string, number> {
  const random = new Random(99);
  const waits = Array.from({ length: 10_000 }, () => delay(random));
  const shares = HEATMAP_BOUNDS_MS.map((bound) => [bound, waits.filter((it) => it > bound).length / waits.length]);
  return Object.fromEntries(shares.filter(([, share]) => share !== 0));
}

/** Latencies of a target of 60 ms, each delayed once when its request is sent or its answer is read. */
function latencies(seed: number, delay: Delay, factor = 1): number[] {
  const random = new Random(seed);
  return Array.from({ length: REQUESTS }, () => factor * 60 * Math.exp(0.25 * random.normal()) + delay(random));
}

function runOf(seed: number, delay: Delay, factor = 1): RunToJudge {
  const histogram = histogramOfValues(latencies(seed, delay, factor));
  const figures = Object.fromEntries(
    COMPARED.map((metric) => [metric, percentile(histogram, RUN_METRICS[metric].percentile ?? 0)]),
  );
  return {
    ...figures,
    histograms: { '': histogram },
    generator_effects: generatorEffects(figures, histogram, sharesOf(delay)),
  };
}

const trueEffect = (delay: Delay, share: number) => {
  const at = (one: Delay) => percentile(histogramOfValues(latencies(7, one)), share) ?? 0;
  return at(delay) - at(NONE);
};

describe("the effect of the generator's own delay", () => {
  it.each([
    ['nothing', NONE],
    ['a stop', STOPPED],
    ['a quota', QUOTA],
    ['a busy machine', BUSY],
  ])('is never below what %s has added to a percentile', (_name, delay) => {
    const histogram = histogramOfValues(latencies(7, delay));
    for (const share of [0.5, 0.9, 0.95, 0.99]) {
      expect(latencyEffect(histogram, share, sharesOf(delay))).toBeGreaterThanOrEqual(trueEffect(delay, share));
    }
  });

  it('stays below what matters on a machine that is only busy, and does not on a starved generator', () => {
    const affected = (delay: Delay) => {
      const { generator_effects: effects, ...run } = runOf(7, delay);
      return COMPARED.filter((metric) => isAffected(run[metric] ?? 0, effects?.[metric] ?? 0, RUN_METRICS[metric]));
    };
    expect(affected(NONE)).toEqual([]);
    expect(affected(BUSY)).toEqual([]);
    expect(affected(STOPPED)).toEqual(expect.arrayContaining(['p95_ms', 'p99_ms']));
    expect(affected(QUOTA)).toEqual(['p50_ms', 'p95_ms', 'p99_ms']);
  });

  it('is the whole value where more requests were delayed than the percentile leaves', () => {
    const histogram: Histogram = histogramOfValues([100, 110, 120]);
    const always = Object.fromEntries(HEATMAP_BOUNDS_MS.map((bound) => [bound, 0.9]));
    expect(latencyEffect(histogram, 0.5, always)).toBe(percentile(histogram, 0.5));
  });

  it('on the throughput is the time that was lost, and on shares the requests that it can have failed', () => {
    const figures = { throughput_rps: 80, error_rate: 0.03, checks_rate: 0.9 };
    expect(generatorEffects(figures, null, { 1: 0.2, 20: 0.01 })).toEqual({
      throughput_rps: 20,
      error_rate: 0.01,
      checks_rate: expect.closeTo(0.01),
    });
    expect(generatorEffects({ ...figures, error_rate: 0, checks_rate: 1 }, null, { 1: 0.2, 20: 0.4 })).toEqual({
      throughput_rps: 20,
    });
    expect(generatorEffects(figures, null, {})).toEqual({});
  });
});

describe('a verdict', () => {
  const history = Array.from({ length: 10 }, (_, seed) => runOf(seed + 100, NONE));
  const worse = ({ metrics }: ReturnType<typeof judge>) =>
    metrics.filter(({ verdict }) => verdict === 'suspected' || verdict === 'regressed').map(({ metric }) => metric);

  it.each([
    ['stopped for 200 ms each second', STOPPED],
    ['with a tenth of a core', QUOTA],
  ])('takes no generator that is %s for a slow target, however often', (_name, delay) => {
    const starved = [1, 2, 3].map((seed) => runOf(seed, delay));
    const unknown = starved.map((run) => ({ ...run, generator_effects: null }));
    for (const [index, run] of starved.entries()) {
      expect(worse(judge([...history, ...starved.slice(0, index)], run))).toEqual([]);
      // The same figures of a generator that was in time are the target's.
      expect(worse(judge([...history, ...unknown.slice(0, index)], unknown[index] ?? run))).toContain('p95_ms');
    }
  });

  it('still finds a slow target on a busy machine', () => {
    expect(worse(judge(history, runOf(1, BUSY, 1.6)))).toContain('p95_ms');
  });

  it('does not learn from a starved generator', () => {
    const starved = [1, 2, 3, 4].map((seed) => runOf(seed, STOPPED));
    const judged = judge([...history.slice(0, 6), ...starved], runOf(5, NONE));
    const p95 = judged.metrics.find(({ metric, request }) => metric === 'p95_ms' && request === null);
    expect(p95).toMatchObject({ verdict: 'same', baseline: expect.closeTo(90, -1) });
  });
});

it('says how much longer requests waited for one generator than for another', () => {
  // Stopped for 200 ms of each second, a request waits 20 ms on average.
  expect(extraDelay_ms(sharesOf(STOPPED), sharesOf(NONE))).toBeGreaterThan(19);
  expect(extraDelay_ms(sharesOf(STOPPED), sharesOf(NONE))).toBeLessThan(24);
  expect(extraDelay_ms(sharesOf(BUSY), sharesOf(STOPPED))).toBe(0);
});
