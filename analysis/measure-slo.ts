/** The value of an SLO's indicator in a part of a run, and whether that part has enough samples to say it. */
import type { Histogram } from '../contract/histogram.ts';
import { aggregationOf, isUpperLimit, type Slo, type SloIndicator } from '../contract/slo.ts';
import { mean, mergeHistograms, percentile, sampleCount } from './histogram.ts';

/** What a part of a run holds of one metric. */
export interface PartSamples {
  /** Of a trend; null without a sample, and for other metrics. */
  readonly histogram: Histogram | null;
  /** Of a rate: samples that were not 0; of a counter: its sum. */
  readonly value: number;
  /** Samples of a rate or counter. */
  readonly count: number;
  readonly span_s: number;
}

export interface MeasuredSlo {
  readonly value: number;
  readonly samples: number;
}

/** @returns null without a sample */
export function measureSlo(
  indicator: SloIndicator,
  { histogram, value, count, span_s }: PartSamples,
): MeasuredSlo | null {
  const aggregation = aggregationOf(indicator);
  switch (aggregation.kind) {
    case 'percentile':
      return measured(percentile(histogram, aggregation.share), sampleCount(histogram));
    case 'mean':
      return measured(mean(histogram), sampleCount(histogram));
    case 'share':
      return measured(value / count, count);
    case 'per_second':
      return measured(span_s > 0 ? value / span_s : null, count);
  }
}

function measured(value: number | null, samples: number): MeasuredSlo | null {
  return value === null || samples === 0 ? null : { value, samples };
}

/** Of a mean nothing is tolerated by definition: it is taken for a percentile as sensitive as p95. */
const TOLERATED_BY_MEAN = 0.05;

/** The share of samples that may be bad without failing the SLO. */
function toleratedShare({ indicator, limit }: Pick<Slo, 'indicator' | 'limit'>): number {
  const aggregation = aggregationOf(indicator);
  switch (aggregation.kind) {
    case 'percentile':
      return 1 - aggregation.share;
    case 'mean':
      return TOLERATED_BY_MEAN;
    case 'share':
      return isUpperLimit(indicator) ? limit : 1 - limit;
    case 'per_second':
      return 1;
  }
}

/** So many that one bad sample alone does not fail the SLO; if none is tolerated, one. */
export function leastSamples(slo: Pick<Slo, 'indicator' | 'limit'>): number {
  const tolerated = toleratedShare(slo);
  if (tolerated <= 0) return 1;
  // Floats: 1 − 0.99 is a hair more than 0.01.
  return Math.floor(1 / tolerated + 1e-9) + 1;
}

/** Parts of one metric together. */
export function joinSamples(parts: readonly PartSamples[]): PartSamples {
  const sum = (field: 'value' | 'count' | 'span_s') => parts.reduce((total, part) => total + part[field], 0);
  return {
    histogram: mergeHistograms(parts.map((part) => part.histogram)),
    value: sum('value'),
    count: sum('count'),
    span_s: sum('span_s'),
  };
}

/** The worst value of all windows of `width` parts in a row that have enough samples, and its first part; fewer parts are one window. */
export function worstWindow(
  slo: Pick<Slo, 'indicator' | 'limit'>,
  parts: readonly PartSamples[],
  width: number,
): (MeasuredSlo & { readonly first: number }) | null {
  const least = leastSamples(slo);
  let worst: (MeasuredSlo & { readonly first: number }) | null = null;
  for (let first = 0; first <= Math.max(0, parts.length - width); first += 1) {
    const found = measureSlo(slo.indicator, joinSamples(parts.slice(first, first + width)));
    if (!found || found.samples < least) continue;
    const is_worse =
      worst === null || (isUpperLimit(slo.indicator) ? found.value > worst.value : found.value < worst.value);
    if (is_worse) worst = { ...found, first };
  }
  return worst;
}
