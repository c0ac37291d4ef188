/** What `loadstar ab` found, in words: what the page, Markdown and messages have in common. */
import { changePercent } from '../../analysis/ab-text.ts';
import { duration, ms, percent, signed } from '../../contract/format.ts';
import { UNKNOWN } from '../../contract/metric-text.ts';
import type { AbComparison, AbResult, RunSummary } from '../../contract/results.ts';
import { ALL_REQUESTS } from '../../contract/slo-text.ts';
import { RUN_OUTCOMES } from '../../contract/verdicts.ts';

const MINUTE_S = 60;
/** Of a millisecond, finer than blocks can tell. */
const STEPS = 10;
const STEPS_BELOW_1_MS = 100;
/** The rest is in summary.json. */
const MOST_NAMED = 5;

/** All requests together, then each of them, the worst first. */
export function abComparisons({ overall, requests }: AbResult): readonly AbComparison[] {
  return [...(overall ? [overall] : []), ...requests];
}

export function abLabel({ request }: Pick<AbComparison, 'request'>): string {
  return request ?? ALL_REQUESTS;
}

/** `+8.2 %` */
export function abChange({ change }: AbComparison): string {
  return signed(change, changePercent);
}

/** `+4.1 ms` */
export function abDifference({ difference_ms }: AbComparison): string {
  const steps = Math.abs(difference_ms) < 1 ? STEPS_BELOW_1_MS : STEPS;
  return signed(Math.round(difference_ms * steps) / steps, ms);
}

/** `121 → 128 ms` */
export function abPercentiles({ base_p95_ms, head_p95_ms }: AbComparison): string {
  const [base, head] = [ms(base_p95_ms), ms(head_p95_ms)];
  const is_one_unit = base.endsWith(' ms') && head.endsWith(' ms');
  return `${is_one_unit ? base.slice(0, -' ms'.length) : base} → ${head}`;
}

/** `+5.1 % to +11.3 %` */
export function abInterval({ low, high }: Pick<AbComparison, 'low' | 'high'>): string {
  return low === null || high === null ? UNKNOWN : `${signed(low, changePercent)} to ${signed(high, changePercent)}`;
}

/** `0.1 % → 2 %` of the requests; null if none failed. */
export function abFailed({ errors: { base, head } }: AbComparison): string | null {
  return base === 0 && head === 0 ? null : `${percent(base)} → ${percent(head)}`;
}

/** How it was measured, in sentences. */
export function abMethod({ blocks, least_change, false_alarms }: AbResult): string[] {
  const { length_s, discarded_s, warm_up, order } = blocks;
  const judged = Math.max(0, order.length - warm_up);
  return [
    `Base and head had the load in turns: ${judged} blocks of ${duration(length_s)}, after ${warm_up} of warm-up; the first ${duration(discarded_s)} of a turn is not judged.`,
    `Changes below ${percent(least_change)} do not count.`,
    `Equal builds are called regressed with a probability of at most ${percent(false_alarms)}; the intervals hold for all requests together.`,
  ];
}

/** What has to be known beside the verdict. */
export function abNotes({ ab, status, exit_code }: RunSummary): string[] {
  if (!ab) return [];
  const { verdict, needed_s, not_judged, budget_s } = ab;
  const named = not_judged.slice(0, MOST_NAMED).join(', ');
  const rest = not_judged.length - MOST_NAMED;
  const explained: readonly number[] = [RUN_OUTCOMES.passed.exit, RUN_OUTCOMES.regressed.exit];
  return [
    ...(verdict === 'unclear' && needed_s !== null
      ? [`For a clear answer, repeat with --budget ${Math.ceil((budget_s + needed_s) / MINUTE_S)}m.`]
      : []),
    ...(not_judged.length > 0
      ? [`Not judged, too few requests in a block: ${named}${rest > 0 ? `, ${rest} more` : ''}.`]
      : []),
    // The outcome of head's own run says the rest.
    ...(status === 'passed' && !explained.includes(exit_code)
      ? [`The exit code is ${exit_code} because of the run of base, ${ab.base.testid}: see its report.`]
      : []),
  ];
}
