/** More than anybody's clock is wrong by. */
const AHEAD_MS = 24 * 3_600_000;

/**
 * The end of a range that must hold all of a run: a clock that was set back during the run leaves points ahead of it, and
 * `now()`, where a query ends by itself, would leave them out.
 */
export function aheadOf(started: Date): Date {
  return new Date(Math.max(Date.now(), started.getTime()) + AHEAD_MS);
}
