import { describe, expect, it } from 'vitest';
import { comparisonCells, unstableLine } from './comparison-text.ts';
import { metricBand, metricChange, metricName, metricValue } from './metric-text.ts';
import type { MetricComparison } from './results.ts';

const metric = (change: Partial<MetricComparison>): MetricComparison => ({
  metric: 'p95_ms',
  request: null,
  baseline: 140,
  value: 182,
  change: 0.3,
  difference: 42,
  low: 130,
  high: 150,
  verdict: 'regressed',
  sentence: '',
  ...change,
});
const errors = metric({
  metric: 'error_rate',
  baseline: 0,
  value: 0.012,
  change: null,
  difference: 0.012,
  low: -0.01,
  high: 0.01,
});

describe('a figure of a comparison, in words', () => {
  it('has its unit, its change in both measures, and its band', () => {
    expect(metricName(metric({ request: 'GET /a' }))).toBe('p95 of GET /a');
    expect(metricName(metric({ plateau: 'plateau 2' }))).toBe('p95 in plateau 2');
    expect(metricChange('p95_ms', metric({}))).toBe('+30 %');
    expect(comparisonCells(metric({}))[3]).toBe('+30 % (+42 ms)');
    expect(metricChange('p95_ms', metric({ change: -0.1, difference: -14 }))).toBe('−10 %');
    expect(metricBand('p95_ms', 130, 150)).toBe('130 ms to 150 ms');
    expect(metricValue('throughput_rps', 12.34)).toBe('12.3/s');
  });

  it('of a share changes in percentage points, from 0 too, and its band stays within what there can be', () => {
    expect(metricChange('error_rate', errors)).toBe('+1.2 pp');
    expect(metricBand('error_rate', errors.low, errors.high)).toBe('0 % to 1 %');
  });
});

it('figures that cannot be judged are one line', () => {
  const comparison = {
    verdict: 'unstable',
    sentence: '',
    baseline: { kind: 'rolling', runs: 3, testid: null, branch: null },
    metrics: [metric({ verdict: 'unstable' }), metric({ verdict: 'unstable', request: 'GET /a' })],
  } as const;
  expect(unstableLine({ ...comparison, metrics: [...comparison.metrics] })).toContain(
    '2 figures, as p95, cannot be judged',
  );
  expect(unstableLine({ ...comparison, metrics: [metric({})] })).toBeNull();
});
