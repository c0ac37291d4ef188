import { isReachable } from '../../lib/http.ts';
import type { Ui } from '../../lib/ui.ts';

const POLL_MS = 250;
/** InfluxDB restarts in two or three seconds. */
export const PATIENCE_MS = 15_000;

/**
 * Waits for an InfluxDB that does not answer at the end of a run, as while it is restarted: what is asked there is asked
 * once in a run, and its result is what people want. What is waited counts over all questions together.
 */
export class Patience {
  readonly #url: string;
  readonly #ui: Ui;
  #left_ms: number;

  constructor(url: string, budget_ms: number, ui: Ui) {
    this.#url = url;
    this.#left_ms = budget_ms;
    this.#ui = ui;
  }

  /** @throws whatever the work throws where InfluxDB answers, or is not waited for any longer */
  async with<T>(work: () => Promise<T>): Promise<T> {
    for (let again = false; ; again = true) {
      try {
        return await work();
      } catch (error) {
        if (await this.#healthy()) {
          // Its own word, then: another try would hear it again. The first error may be of a connection that broke.
          if (again) throw error;
        } else if (this.#left_ms <= 0 || !(await this.#comesBack())) throw error;
      }
    }
  }

  async #healthy(): Promise<boolean> {
    return await isReachable(`${this.#url}/health`);
  }

  /** @returns whether it did, in what is left of the budget */
  async #comesBack(): Promise<boolean> {
    return await this.#ui.step('InfluxDB does not answer, waiting for it', async () => {
      const began_ms = performance.now();
      let back = false;
      while (!back && performance.now() - began_ms < this.#left_ms) {
        await new Promise((done) => setTimeout(done, POLL_MS));
        back = await this.#healthy();
      }
      this.#left_ms -= performance.now() - began_ms;
      return back;
    });
  }
}
