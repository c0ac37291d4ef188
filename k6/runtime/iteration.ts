import { sleep } from 'k6';
import { Rate } from 'k6/metrics';
import { EXCEPTION_METRIC } from '../../contract/k6-metrics.ts';
import { type BlockGate, OPEN_GATE } from './block-gate.ts';

const MS_PER_S = 1_000;
/** As long lasts an iteration that fails, if none has ended well yet. */
const LEAST_FAILED_MS = 1_000;

export interface IterationWatch {
  /** Whether a request has failed since the last call. */
  takeFailure(): boolean;
  /** VUs begin the next iteration when the last one has ended: nothing else paces them. */
  readonly is_closed: boolean;
  /** Blocks of `loadstar ab`. Left out: open. */
  readonly gate?: BlockGate;
  readonly now_ms?: () => number;
}

/**
 * Runs iterations, counts those that throw, and paces those that fail: without it a VU whose script throws before its think
 * time, or returns on an error, would repeat it at the speed of the machine. A failed iteration lasts at least
 * {@link LEAST_FAILED_MS}, or as long as the last good one of its VU if that was shorter.
 */
export function watchIterations<Args extends unknown[]>(
  run: (...args: Args) => void | Promise<void>,
  { takeFailure, is_closed, gate = OPEN_GATE, now_ms = Date.now }: IterationWatch,
): (...args: Args) => void | Promise<void> {
  const exceptions = new Rate(EXCEPTION_METRIC);
  let least_ms = LEAST_FAILED_MS;

  function end(began_ms: number, has_thrown: boolean): void {
    exceptions.add(has_thrown);
    const took_ms = now_ms() - began_ms;
    if (!takeFailure() && !has_thrown) least_ms = Math.min(took_ms, LEAST_FAILED_MS);
    else if (is_closed && took_ms < least_ms) sleep((least_ms - took_ms) / MS_PER_S);
  }

  return (...args) => {
    // Iterations that arrive at a rate while the other build has the load are none; users wait.
    if (!is_closed && gate.isClosed()) return;
    gate.pass();
    const began_ms = now_ms();
    const onEnd = () => end(began_ms, false);
    const onThrow = (error: unknown) => {
      end(began_ms, true);
      throw error;
    };
    takeFailure();
    try {
      const running = run(...args);
      if (running) return running.then(onEnd, onThrow);
    } catch (error) {
      return onThrow(error);
    }
    onEnd();
  };
}
