/** When something that failed was bad: the stretch of a run that made it fail. */
import { isUpperLimit, type Slo, type SloIndicator } from '../contract/slo.ts';
import { leastSamples, type MeasuredSlo, measureSlo, type PartSamples } from './measure-slo.ts';
import { median } from './statistics.ts';

export interface BadStretch {
  /** Indexes of its first part, and of the first one after it. */
  readonly from: number;
  readonly to: number;
  /** Typical value while it lasted. */
  readonly value: number;
  /** Typical value before it; null where nothing was measured. */
  readonly before: number | null;
}

/**
 * Samples that a part needs. The whole run has failed already, so that a part says no more than when: fewer do than an SLO
 * of its own would need.
 */
export function samplesOfPart(slo: Pick<Slo, 'indicator' | 'limit'>): number {
  return Math.min(MOST_NEEDED, leastSamples(slo));
}

const MOST_NEEDED = 10;

/** A value of the whole run is as bad as this stretch makes it: one part alone may be a blip. */
const LEAST_PARTS = 2;

/**
 * Finds the stretch of parts beyond a limit that weighs most: the first parts of a run may be slow too, because it is cold,
 * and make nothing fail. One good part does not end it.
 * @param parts of equal length, in order of time
 * @returns null where no part has enough samples and is beyond the limit
 */
export function worstStretch(slo: Limit, parts: readonly PartSamples[]): BadStretch | null {
  const values = valuesOf(slo.indicator, parts, samplesOfPart(slo));
  const stretches = badStretches(slo, values);
  const weight = ([from, to]: Indexes) =>
    values.slice(from, to).reduce((sum, it) => sum + (it ? it.samples * excess(it.value, slo.limit) : 0), 0);
  const [first, ...others] = lastingOf(stretches);
  if (!first) return null;
  const [from, to] = others.reduce<Indexes>((best, it) => (weight(it) > weight(best) ? it : best), first);
  const typical = (known: Values) => {
    const numbers = known.flatMap((it) => (it ? [it.value] : []));
    return numbers.length > 0 ? median(numbers) : null;
  };
  return { from, to, value: typical(values.slice(from, to)) ?? slo.limit, before: typical(values.slice(0, from)) };
}

/**
 * Finds where a bad stretch begins within its first parts. Their pieces may have few samples, as the parts have enough.
 * @param pieces of equal length, in order of time
 * @returns index of the piece; null where none is beyond the limit
 */
export function startOfStretch(slo: Limit, pieces: readonly PartSamples[]): number | null {
  const [first] = lastingOf(badStretches(slo, valuesOf(slo.indicator, pieces, 1)));
  return first?.[0] ?? null;
}

/** Index of the first part, and of the first one after it. */
type Indexes = readonly [from: number, to: number];
type Limit = { readonly indicator: SloIndicator; readonly limit: number };
type Values = readonly (MeasuredSlo | null)[];

/** null: too few samples. */
function valuesOf(indicator: SloIndicator, parts: readonly PartSamples[], least_samples: number): Values {
  return parts.map((part) => {
    const found = measureSlo(indicator, part);
    return found && found.samples >= least_samples ? found : null;
  });
}

function badStretches({ indicator, limit }: Limit, values: Values): Indexes[] {
  const upper = isUpperLimit(indicator);
  const isBad = (index: number) => {
    const value = values[index]?.value;
    return value !== undefined && (upper ? value > limit : value < limit);
  };
  const stretches: Indexes[] = [];
  for (let index = 0; index < values.length; index += 1) {
    if (!isBad(index)) continue;
    const from = index;
    while (isBad(index + 1) || isBad(index + 2)) index += 1;
    stretches.push([from, index + 1]);
  }
  return stretches;
}

/** Without blips, unless there is nothing else. */
function lastingOf(stretches: readonly Indexes[]): readonly Indexes[] {
  const lasting = stretches.filter(([from, to]) => to - from >= LEAST_PARTS);
  return lasting.length > 0 ? lasting : stretches;
}

/** How far beyond, as a share of the limit; of a limit of 0 the value itself. */
function excess(value: number, limit: number): number {
  return Math.abs(value - limit) / (limit === 0 ? 1 : Math.abs(limit));
}
