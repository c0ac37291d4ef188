/** When something that failed was bad: the stretch of a run that made it fail. */
import { isUpperLimit, type Slo, type SloIndicator } from '../contract/slo.ts';
import { leastSamples, measureSlo, type PartSamples } from './measure-slo.ts';
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
export function worstStretch(
  slo: { readonly indicator: SloIndicator; readonly limit: number },
  parts: readonly PartSamples[],
): BadStretch | null {
  const least = samplesOfPart(slo);
  const upper = isUpperLimit(slo.indicator);
  const values = parts.map((part) => {
    const found = measureSlo(slo.indicator, part);
    return found && found.samples >= least ? found : null;
  });
  const isBad = (index: number) => {
    const value = values[index]?.value;
    return value !== undefined && (upper ? value > slo.limit : value < slo.limit);
  };
  const stretches: (readonly [from: number, to: number])[] = [];
  for (let index = 0; index < parts.length; index += 1) {
    if (!isBad(index)) continue;
    const from = index;
    while (isBad(index + 1) || isBad(index + 2)) index += 1;
    stretches.push([from, index + 1]);
  }
  const weight = ([from, to]: readonly [number, number]) =>
    values.slice(from, to).reduce((sum, it) => sum + (it ? it.samples * excess(it.value, slo.limit) : 0), 0);
  const lasting = stretches.filter(([from, to]) => to - from >= LEAST_PARTS);
  const candidates = lasting.length > 0 ? lasting : stretches;
  const [first, ...others] = candidates;
  if (!first) return null;
  const [from, to] = others.reduce<readonly [number, number]>(
    (best, it) => (weight(it) > weight(best) ? it : best),
    first,
  );
  const typical = (known: typeof values) => {
    const numbers = known.flatMap((it) => (it ? [it.value] : []));
    return numbers.length > 0 ? median(numbers) : null;
  };
  return { from, to, value: typical(values.slice(from, to)) ?? slo.limit, before: typical(values.slice(0, from)) };
}

/** How far beyond, as a share of the limit; of a limit of 0 the value itself. */
function excess(value: number, limit: number): number {
  return Math.abs(value - limit) / (limit === 0 ? 1 : Math.abs(limit));
}
