/** Sentences on a comparison of two builds. */
import { duration, ms, percent, signed } from '../contract/format.ts';
import type { AbComparison, AbResult, AbVerdict } from '../contract/results.ts';

const ALL_TOGETHER = 'All requests together';

/**
 * One sentence on a request, or on all together.
 * @param generator_ms what the load generator of head can have added, if that makes it unclear
 */
export function abSentence(judged: Omit<AbComparison, 'sentence' | 'pairs'>, generator_ms = 0): string {
  const { request, verdict, errors, change, needed_s, base_ms, head_ms } = judged;
  const name = request ?? ALL_TOGETHER;
  if (errors.verdict === 'regressed')
    return `${name}: ${percent(errors.head)} of the requests fail, ${percent(errors.base)} with base`;
  const sizes = `${ms(base_ms)} → ${ms(head_ms)}`;
  const range = rangeText(judged);
  switch (verdict) {
    case 'regressed':
      return `${name}: ${changePercent(change)} slower (${sizes}${range})`;
    case 'improved':
      return `${name}: ${changePercent(-change)} faster (${sizes}${range})`;
    case 'same':
      return `${name}: no difference that matters (${sizes}${range})`;
    case 'unclear': {
      if (generator_ms > 0)
        return `${name}: not clear (${sizes}${range}), because requests of head waited ${ms(generator_ms)} longer for their load generator`;
      const longer = needed_s === null ? '' : `; about ${duration(needed_s)} more would be needed`;
      return `${name}: not clear yet (${sizes}${range})${longer}`;
    }
  }
}

/** A tenth of a percent is finer than blocks can tell. @param change a fraction */
export function changePercent(change: number): string {
  return percent(Math.round(change * PER_MILLE) / PER_MILLE);
}

const PER_MILLE = 1_000;

/** Beside the figure: what it may be. */
function rangeText({ low, high }: Pick<AbComparison, 'low' | 'high'>): string {
  return low === null || high === null ? '' : `; ${signed(low, changePercent)} to ${signed(high, changePercent)}`;
}

type Result = Pick<AbResult, 'verdict' | 'end' | 'needed_s' | 'overall' | 'requests'>;

/**
 * What the comparison has come to, in one sentence.
 * @param ended_build which build ended by itself, and how
 */
export function abResultSentence(
  { verdict, end, needed_s, overall, requests }: Result,
  ended_build: string | null = null,
): string {
  const of = (wanted: AbVerdict) => requests.filter((it) => it.verdict === wanted);
  switch (verdict) {
    case 'regressed': {
      const worse = of('regressed');
      return `head is worse than base: ${listed(worse.length > 0 ? worse : overall ? [overall] : [])}`;
    }
    case 'improved': {
      const better = of('improved');
      return `head is faster than base: ${listed(better.length > 0 ? better : overall ? [overall] : [])}`;
    }
    case 'same':
      return 'no difference between base and head that matters';
    case 'unclear': {
      if (end === 'cut') return `${ended_build ?? 'it ended'} before the answer was clear`;
      const longer = needed_s === null ? '' : `; about ${duration(needed_s)} more would be needed for a clear answer`;
      return `no regression found${boundText(overall, requests)}${longer}`;
    }
  }
}

/** How much slower head can be, at most. */
function boundText(overall: AbComparison | null, requests: readonly AbComparison[]): string {
  if (!overall || overall.high === null) return '';
  const bound = (it: AbComparison) => Math.max(0, it.high ?? Number.POSITIVE_INFINITY);
  const [first, ...others] = requests;
  const text = `: all requests together are at most ${percent(bound(overall))} slower`;
  if (!first || others.length === 0) return text;
  const widest = others.reduce((most, it) => (bound(it) > bound(most) ? it : most), first);
  return Number.isFinite(bound(widest)) ? `${text}, and ${widest.request} at most ${percent(bound(widest))}` : text;
}

/** More are in the table. */
const MOST_NAMED = 3;

function listed(comparisons: readonly AbComparison[]): string {
  const named = comparisons.slice(0, MOST_NAMED).map(({ sentence }) => sentence);
  const rest = comparisons.length - named.length;
  return [...named, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}
