import { EXIT } from '../../contract/exit-codes.ts';
import type { RunSummary } from '../../contract/results.ts';
import { usageError } from '../../lib/errors.ts';
import { waitFor } from '../../lib/wait.ts';
import type { CapturedCall } from './captured-call.ts';

/** What all runs of a server may take together. */
export interface RunBudget {
  /** Requests a second, of each run. */
  readonly max_rate_rps: number;
  /** Load, of all runs together, repeats included. */
  readonly max_duration_s: number;
}

/** How far a run has come. */
export interface DeskState {
  readonly state: 'none' | 'running' | 'ended';
  /** Left for further runs. */
  readonly budget_left_s: number;
  /** Of the last run that has ended. */
  readonly call: CapturedCall | null;
}

const MS_PER_S = 1_000;

/** Starts runs, one at a time, until the budget is used up. */
export class RunDesk {
  readonly #budget: RunBudget;
  #left_s: number;
  #running: Promise<void> | null = null;
  #stop = new AbortController();
  #call: CapturedCall | null = null;

  constructor(budget: RunBudget) {
    this.#budget = budget;
    this.#left_s = budget.max_duration_s;
  }

  /**
   * Begins a run, and does not wait for it.
   * @param start gets the options that hold it to the budget, and a signal that ends it
   * @throws LoadstarError (usage) while another one is under way, or if no time is left
   */
  start(start: (options: readonly string[], stop: AbortSignal) => Promise<CapturedCall>): void {
    if (this.#running) throw usageError('one run at a time', 'one that is under way', 'wait for it, or stop it');
    const whole_s = Math.floor(this.#left_s);
    if (whole_s < 1) {
      throw usageError(
        'time left of the budget',
        `all ${this.#budget.max_duration_s} s of load are used`,
        'a person has to start this server again',
      );
    }
    this.#stop = new AbortController();
    const began_ms = performance.now();
    const options = ['--max-rate', String(this.#budget.max_rate_rps), '--max-duration', `${whole_s}s`];
    this.#running = start(options, this.#stop.signal).then((call) => {
      this.#call = call;
      this.#left_s = Math.max(0, this.#left_s - loadOf_s(call, (performance.now() - began_ms) / MS_PER_S));
      this.#running = null;
    });
  }

  stop(): void {
    this.#stop.abort('stopped by the client');
  }

  /** Waits for the end of the run, up to a time. */
  async result(wait_s: number): Promise<DeskState> {
    if (this.#running) {
      const ended = new AbortController();
      void this.#running.then(() => ended.abort());
      await waitFor(wait_s * MS_PER_S, ended.signal);
    }
    const state = this.#running ? 'running' : this.#call ? 'ended' : 'none';
    return { state, budget_left_s: Math.floor(this.#left_s), call: this.#running ? null : this.#call };
  }
}

/** What ended without saying how long it loaded counts as a whole, unless nothing was started. */
function loadOf_s({ stdout, exit_code }: CapturedCall, elapsed_s: number): number {
  const summaries = readSummaries(stdout);
  if (summaries) return summaries.reduce((sum, { duration_s }) => sum + duration_s, 0);
  return exit_code === EXIT.usage ? 0 : elapsed_s;
}

/** Of `loadstar run --json`; null where it ended before. */
export function readSummaries(stdout: string): RunSummary[] | null {
  return stdout.trim() === '' ? null : (JSON.parse(stdout) as RunSummary[]);
}
