import { describe, expect, it } from 'vitest';
import { histogramOfValues } from './testing/histogram-of.ts';
import { Random } from './testing/histories.ts';
import { latencyReference, typicalLatency } from './typical-latency.ts';

const random = new Random(7);

/** Requests of a route with a cache: hits take about 2 ms, misses about 150 ms. */
function requests(count: number, misses: number, { hit = 1, miss = 1 } = {}) {
  const values = Array.from({ length: count }, () => {
    const level = random.next() < misses ? 150 * miss : 2 * hit;
    return level * Math.exp(0.25 * random.normal());
  });
  return histogramOfValues(values);
}

const reference = latencyReference([requests(4_000, 0.1)]);
if (!reference) throw new Error('unreachable: the reference has requests');
const ratio = (run: ReturnType<typeof requests>) =>
  (typicalLatency(reference, run)?.value_ms ?? Number.NaN) / reference.typical_ms;

describe('the typical latency', () => {
  it('is in the middle of the time that requests take', () => {
    expect(reference.typical_ms).toBeGreaterThan(120);
    expect(reference.typical_ms).toBeLessThan(180);
  });

  it.each([0.05, 0.1, 0.2])('says how much slower a run is, however many of its requests miss: %d', (misses) => {
    expect(ratio(requests(500, misses))).toBeCloseTo(1, 1);
    expect(ratio(requests(500, misses, { hit: 1.3, miss: 1.3 }))).toBeCloseTo(1.3, 1);
    expect(ratio(requests(500, misses, { hit: 0.7, miss: 0.7 }))).toBeCloseTo(0.7, 1);
  });

  it('sees that the slow requests alone are slower, although they are few', () => {
    expect(ratio(requests(2_000, 0.1, { miss: 1.3 }))).toBeGreaterThan(1.1);
  });

  it('sees that nothing is cached any more', () => {
    expect(ratio(requests(500, 1, { miss: 1 }))).toBeGreaterThan(0.9);
    expect(ratio(requests(500, 1, { miss: 1.3 }))).toBeGreaterThan(1.2);
  });

  it('is not known without a request that took any time', () => {
    expect(latencyReference([])).toBeNull();
    expect(latencyReference([histogramOfValues([0, 0])])).toBeNull();
    expect(typicalLatency(reference, histogramOfValues([0]))).toBeNull();
    expect(typicalLatency(reference, null)).toBeNull();
  });
});

it.each([200, 1_000])('its standard error is what runs of %d requests show', (count) => {
  const runs = Array.from({ length: 60 }, () => requests(count, 0.1));
  const values = runs.map((run) => typicalLatency(reference, run)?.value_ms ?? Number.NaN);
  const middle = values.reduce((total, value) => total + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((total, value) => total + (value - middle) ** 2, 0) / values.length);
  const error = typicalLatency(reference, runs[0] as ReturnType<typeof requests>)?.error_ms ?? Number.NaN;
  expect(deviation / error).toBeGreaterThan(0.6);
  expect(deviation / error).toBeLessThan(1.5);
});
