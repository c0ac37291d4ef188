/**
 * One evaluation interval of the alert rules (contract/alerting.ts). Live panels and alerts query the last minute by the
 * server's clock: a skew of a minute empties them, a smaller one delays them.
 */
const SKEW_LIMIT_S = 10;

/** @param skew_s how far the server's clock is ahead of ours. @returns null for a small skew */
export function describeSkew(skew_s: number | null, server: string): string | null {
  if (skew_s === null || Math.abs(skew_s) <= SKEW_LIMIT_S) return null;
  const direction = skew_s > 0 ? 'behind' : 'ahead of';
  return (
    `the clock of this machine is ${Math.abs(Math.round(skew_s))} s ${direction} that of ${server}: ` +
    'live panels and alerts query the last minute of its clock, and would be late or empty. Synchronise both clocks (NTP)'
  );
}
