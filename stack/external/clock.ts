/**
 * More than one evaluation of the alert rules (contract/alerting.ts, every 10 s). Live panels and alerts ask for the last
 * minute by the server's clock: a skew of a minute empties them, a smaller one delays or cuts them.
 */
export const SKEW_LIMIT_S = 10;

/** @param skew_s how far the server's clock is ahead of ours. @returns null where both agree well enough */
export function describeSkew(skew_s: number | null, server: string): string | null {
  if (skew_s === null || Math.abs(skew_s) <= SKEW_LIMIT_S) return null;
  const direction = skew_s > 0 ? 'behind' : 'ahead of';
  return (
    `the clock of this machine is ${Math.abs(Math.round(skew_s))} s ${direction} that of ${server}: ` +
    'live panels and alerts look at the last minute of its clock, and would be late or empty. Set both clocks (NTP)'
  );
}
