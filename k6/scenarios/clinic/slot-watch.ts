import { clearTimeout, setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';
import type { LiveApi, LiveMessage } from './live.ts';

/** Longer, and the update counts as lost. */
const PATIENCE_MS = 5_000;

type State = 'taken' | 'free';

/**
 * A connection to the live slot updates. Messages are seen between the steps of an iteration: while it waits for an answer
 * over HTTP or sleeps, they wait too.
 */
export class SlotWatch {
  readonly #socket: WebSocket;
  /** When what was seen, ms since 1970. */
  readonly #seen = new Map<string, number>();
  /** Who waits for what. */
  readonly #waiting = new Map<string, (at_ms: number | null) => void>();

  constructor({ url, headers, tags }: ReturnType<LiveApi['slots']>) {
    this.#socket = new WebSocket(url, null, { headers, tags });
    this.#socket.onmessage = (event) => this.#see(String(event?.data));
    this.#socket.onerror = () => this.#giveUp();
    this.#socket.onclose = () => this.#giveUp();
  }

  /** Whether the connection stands and updates will come. */
  async ready(): Promise<boolean> {
    return (await this.#arrival('ready')) !== null;
  }

  /** @returns when the update came, ms since 1970; null where it did not within five seconds */
  async update(slotId: string, state: State): Promise<number | null> {
    return await this.#arrival(`${slotId} ${state}`);
  }

  close(): void {
    this.#socket.close();
  }

  #arrival(what: string): Promise<number | null> {
    return new Promise((done) => {
      const seen = this.#seen.get(what);
      if (seen !== undefined) return done(seen);
      const patience = setTimeout(() => this.#tell(what, null), PATIENCE_MS);
      this.#waiting.set(what, (at_ms) => {
        clearTimeout(patience);
        done(at_ms);
      });
    });
  }

  #see(text: string): void {
    const message = JSON.parse(text) as LiveMessage;
    const what = message.type === 'ready' ? 'ready' : `${message.slotId} ${message.state}`;
    const now_ms = Date.now();
    this.#seen.set(what, now_ms);
    this.#tell(what, now_ms);
  }

  #tell(what: string, at_ms: number | null): void {
    this.#waiting.get(what)?.(at_ms);
    this.#waiting.delete(what);
  }

  #giveUp(): void {
    for (const what of [...this.#waiting.keys()]) this.#tell(what, null);
  }
}
