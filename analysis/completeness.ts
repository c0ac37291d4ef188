import type { MetricType } from '../contract/k6-metrics.ts';
import type { Completeness, CompletenessRow } from '../contract/results.ts';

/** What one side (k6, or InfluxDB) says of a metric. Only the quantities of its type are looked at. */
export interface MetricTotals {
  readonly type: MetricType;
  /** Counter: the sum of its values. Rate: how many were non-zero. */
  readonly sum: number;
  /** How many samples. k6 itself knows it of rates and trends alone. */
  readonly count: number;
  /** Gauge and trend: smallest and largest value. NaN where k6 has no number for it. */
  readonly min: number;
  readonly max: number;
}

type Quantity = 'sum' | 'count' | 'min' | 'max';

/** What is compared besides, where the output counted every sample. */
const COUNTED = 'samples received';

/** What k6 reports exactly at its end, by type. Trends' sums are not among them: k6 gives a rounded average. */
const QUANTITIES: Readonly<Record<MetricType, readonly Quantity[]>> = {
  counter: ['sum'],
  gauge: ['min', 'max'],
  rate: ['sum', 'count'],
  trend: ['count', 'min', 'max'],
};

const QUANTITY_LABEL: Readonly<Record<MetricType, Partial<Record<Quantity, string>>>> = {
  counter: { sum: 'sum' },
  gauge: { min: 'minimum', max: 'maximum' },
  rate: { sum: 'passes', count: 'total' },
  trend: { count: 'samples', min: 'minimum', max: 'maximum' },
};

/** Sums of floats depend on the order of adding: 2^-53 a step, times a few million samples. */
const FLOAT_NOISE = 1e-9;

/**
 * Holds what InfluxDB stored against what k6 sent, metric by metric.
 * @param tolerance share of a quantity that may be missing; 0 for an output that promises to lose nothing. More stored
 *   than sent is never tolerated: it means that something was counted twice.
 * @param received samples by metric as our own output counted them; null where a stock output ran, which counts none.
 */
export function completeness(
  sent: ReadonlyMap<string, MetricTotals>,
  stored: ReadonlyMap<string, MetricTotals>,
  tolerance: number,
  received: Readonly<Record<string, number>> | null = null,
): Completeness {
  const rows: CompletenessRow[] = [];
  let samples_sent = 0;
  let samples_stored = 0;
  let within_tolerance = true;
  for (const [metric, totals] of sent) {
    const found = stored.get(metric);
    const counted = received?.[metric] ?? (received ? 0 : null);
    if (counted !== null) {
      const have = found?.count ?? 0;
      samples_sent += counted;
      samples_stored += have;
      rows.push({ metric, quantity: COUNTED, sent: counted, stored: have, ok: counted === have });
      if (counted !== have) within_tolerance = false;
    } else if (totals.type === 'rate' || totals.type === 'trend') {
      samples_sent += totals.count;
      samples_stored += found?.count ?? 0;
    }
    const is_whole = counted !== null && counted === found?.count;
    for (const quantity of QUANTITIES[totals.type]) {
      const want = asK6Counts(totals, quantity);
      // k6 counts infinities, which InfluxDB does not take: its sum and extremes of them are no numbers.
      if (Number.isNaN(want)) continue;
      const have = asK6Counts({ ...NOTHING, ...found, type: totals.type }, quantity);
      const ok = same(want, have, is_whole ? counted : 0);
      if (!ok && !tolerable(quantity, want, have, tolerance)) within_tolerance = false;
      rows.push({ metric, quantity: QUANTITY_LABEL[totals.type][quantity] ?? quantity, sent: want, stored: have, ok });
    }
  }
  const complete = rows.every((row) => row.ok);
  const state = complete ? 'complete' : within_tolerance ? 'tolerated' : 'incomplete';
  return { state, samples_sent, samples_stored, tolerance, rows };
}

const NOTHING = { sum: 0, count: 0, min: 0, max: 0 } as const;

/** k6's maximum of a gauge begins at 0, and so is never below it (v1.8.1, metrics/sink.go: GaugeSink). */
function asK6Counts(totals: MetricTotals, quantity: Quantity): number {
  const value = totals[quantity];
  return totals.type === 'gauge' && quantity === 'max' ? Math.max(0, value) : value;
}

/**
 * @param addends how many values were added, if none is missing: values that cancel out leave their rounding errors, which
 *   are large beside a sum of almost 0
 */
function same(a: number, b: number, addends: number): boolean {
  return Math.abs(a - b) <= FLOAT_NOISE * Math.max(Math.abs(a), Math.abs(b), addends);
}

/** An extreme that is missing says that one point was lost; how far off the next value lies says nothing. */
function tolerable(quantity: Quantity, sent: number, stored: number, tolerance: number): boolean {
  if (tolerance === 0) return false;
  if (quantity === 'min') return stored >= sent;
  if (quantity === 'max') return stored <= sent;
  return stored <= sent && sent - stored <= tolerance * sent;
}
