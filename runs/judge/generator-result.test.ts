import { describe, expect, it } from 'vitest';
import { histogramOfValues } from '../../analysis/testing/histogram-of.ts';
import { HEATMAP_BOUNDS_MS } from '../../contract/live-schema.ts';
import type { GeneratorDelay, SloResult } from '../../contract/results.ts';
import { generatorResult, markGeneratorEffects } from './generator-result.ts';

const histogram = histogramOfValues(Array.from({ length: 1_000 }, (_, index) => 50 + index / 20));
const latency = { min_ms: 50, avg_ms: 75, p50_ms: 75, p90_ms: 95, p95_ms: 97.5, p99_ms: 99.5, max_ms: 100 };
const headline = { latency, throughput_rps: 100, error_rate: 0, checks_rate: 1 };
const busy = { seconds: 30, peak_machine_cpu: 1, peak_resident_bytes: 1 };

/** Nothing runs for a share of the time, always as long. */
function stops(share: number, length_ms: number): GeneratorDelay {
  const above = (bound: number) => share * Math.max(0, 1 - bound / length_ms);
  return Object.fromEntries(HEATMAP_BOUNDS_MS.map((bound) => [bound, above(bound)]));
}

describe('a load generator', () => {
  it('is saturated by its delay, and not by the CPU of its machine', () => {
    expect(generatorResult({ ...busy, delayed: { 1: 0.1, 2: 0.02 } }, headline, histogram).saturated).toBe(false);
    expect(generatorResult({ ...busy, delayed: stops(0.8, 100) }, headline, histogram)).toMatchObject({
      saturated: true,
      effects: { p95_ms: expect.closeTo(40, 0), throughput_rps: expect.closeTo(381, 0) },
    });
  });

  it('is not saturated while one latency says something of the target', () => {
    const late = histogramOfValues(Array.from({ length: 1_000 }, (_, index) => (index < 970 ? 50 + index / 20 : 250)));
    const { saturated, effects } = generatorResult({ ...busy, delayed: stops(0.04, 200) }, headline, late);
    expect(saturated).toBe(false);
    expect(effects?.p50_ms).toBeLessThan(20);
    expect(effects?.p99_ms).toBeGreaterThan(20);
  });

  it('of unknown delay has no effects, and keeps what an older version found', () => {
    expect(generatorResult(busy, headline, histogram)).toEqual({ ...busy, saturated: false });
    const old = { ...busy, saturated: true, saturated_s: 7, longest_s: 7 };
    expect(generatorResult(old, headline, histogram)).toEqual(old);
  });
});

describe('a failed SLO', () => {
  const failed: SloResult = { indicator: 'p95_ms', request: null, metric: null, limit: 90, value: 97.5, ok: false };
  const generator = (p95_ms: number) => ({ ...busy, saturated: false, effects: { p95_ms } });
  const effect = (slo: SloResult, p95_ms = 10) =>
    markGeneratorEffects([slo], generator(p95_ms), [])[0]?.generator_effect;

  it('is marked if the target may have been within the limit', () => {
    expect(effect(failed)).toBe(10);
    expect(effect(failed, 7)).toBeUndefined();
    expect(effect({ ...failed, ok: true })).toBeUndefined();
    expect(effect({ ...failed, value: null })).toBeUndefined();
    expect(effect({ ...failed, metric: 'grpc_req_duration' })).toBeUndefined();
    expect(markGeneratorEffects([failed], null, [])).toEqual([failed]);
  });

  it('on one request is marked by the effects on that request', () => {
    const figures = { requests: 1, p50_ms: 1, p95_ms: 97.5, p99_ms: 1, max_ms: 1, error_rate: 0 };
    const by_request = [{ name: 'GET /a', ...figures, generator_effects: { p95_ms: 8 } }];
    const marked = (request: string) => markGeneratorEffects([{ ...failed, request }], generator(10), by_request);
    expect(marked('GET /a')).toMatchObject([{ generator_effect: 8 }]);
    expect(marked('GET /b')[0]?.generator_effect).toBeUndefined();
  });
});
