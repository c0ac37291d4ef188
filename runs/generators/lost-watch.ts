import { listed, timeOfDay } from '../../contract/format.ts';
import { LOST_AFTER_S } from '../../contract/live-schema.ts';
import type { Signs } from '../../influxdb/generators.ts';
import type { Printer } from '../../lib/ui.ts';
import { waitFor } from '../../lib/wait.ts';

const MS_PER_S = 1_000;
const LOOK_EVERY_MS = 500;

/** Says when a generator is lost, and when it is heard again. The run goes on either way. */
export class LostWatch {
  readonly #ui: Pick<Printer, 'warn' | 'line'>;
  /**
   * Age of a generator's newest sign when it was read, at the least: what its way takes, and by how much the clocks differ. One
   * whose clock is behind must not seem lost.
   */
  readonly #usual_age_ms = new Map<string, number>();
  readonly #lost = new Set<string>();
  #deaf_until_ms = 0;

  constructor(ui: Pick<Printer, 'warn' | 'line'>) {
    this.#ui = ui;
  }

  see({ lives, ended }: Signs, now_ms: number): void {
    const lost = lives.filter(({ instance, last }) => {
      const silent_ms = this.#hear(instance, last.getTime(), now_ms);
      return !ended.includes(instance) && silent_ms > LOST_AFTER_S * MS_PER_S;
    });
    const names = new Set(lost.map(({ instance }) => instance));
    const back = [...this.#lost].filter((instance) => !names.has(instance));
    for (const instance of back) this.#lost.delete(instance);
    if (back.length > 0) this.#ui.line(`${subject(back)} heard again`);
    // Those that wait with what they have for an InfluxDB that was away have been silent too.
    const news = now_ms < this.#deaf_until_ms ? [] : lost.filter(({ instance }) => !this.#lost.has(instance));
    if (news.length === 0) return;
    for (const { instance } of news) this.#lost.add(instance);
    const since = timeOfDay(new Date(Math.min(...news.map(({ last }) => last.getTime()))).toISOString());
    this.#ui.warn(
      `${subject(news.map(({ instance }) => instance))} lost: no sign of life since ${since} UTC. The others go on; ` +
        'without its end, the data of the run is incomplete',
    );
  }

  /** InfluxDB did not answer. */
  miss(now_ms: number): void {
    this.#deaf_until_ms = now_ms + LOST_AFTER_S * MS_PER_S;
  }

  /** @returns for how long it has been silent */
  #hear(instance: string, last_ms: number, now_ms: number): number {
    const age_ms = now_ms - last_ms;
    const usual_age_ms = Math.min(this.#usual_age_ms.get(instance) ?? age_ms, age_ms);
    this.#usual_age_ms.set(instance, usual_age_ms);
    return age_ms - usual_age_ms;
  }
}

/** Names, and the verb that goes with them. */
function subject(names: readonly string[]): string {
  return names.length === 1 ? `generator ${names[0]} is` : `generators ${listed(names)} are`;
}

/** Watches until `ended` is aborted. An InfluxDB that does not answer is asked again: others say that it does not. */
export async function watchForLost(
  ui: Pick<Printer, 'warn' | 'line'>,
  read: () => Promise<Signs>,
  ended: AbortSignal,
): Promise<void> {
  const watch = new LostWatch(ui);
  while (!ended.aborted) {
    await waitFor(LOOK_EVERY_MS, ended);
    try {
      const signs = await read();
      if (!ended.aborted) watch.see(signs, Date.now());
    } catch {
      watch.miss(Date.now());
    }
  }
}
