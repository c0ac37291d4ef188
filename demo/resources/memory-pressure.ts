/** Objects of a kibibyte or so: enough that a collection of garbage has work with them. */
interface Kept {
  readonly text: string;
  readonly numbers: readonly number[];
  readonly next: Kept | null;
}

const OBJECTS_A_MIB = 2_400;
const NUMBERS_EACH = 40;
/** Filled in steps: a fault that begins must not stop the clinic for a second. */
const STEP_MIB = 4;
const STEP_EVERY_MS = 20;
/** Each request throws so much of it away, and makes it again. */
const SHARE_A_REQUEST = 1 / 100;

/** Memory that is held, and turned over with each request, so that the garbage collector has much to do. */
export class MemoryPressure {
  readonly #chunks: Kept[] = [];
  #wanted_mib = 0;
  #next = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @param mib 0: none */
  resize(mib: number): void {
    if (mib === this.#wanted_mib) return;
    this.#wanted_mib = mib;
    if (this.#chunks.length > mib) this.#chunks.length = mib;
    if (!this.#timer && this.#chunks.length < mib) this.#timer = setInterval(() => this.#grow(), STEP_EVERY_MS).unref();
  }

  /** What one request does to it. */
  turnOver(): void {
    const count = Math.ceil(this.#chunks.length * SHARE_A_REQUEST);
    for (let step = 0; step < count; step += 1) {
      this.#next = (this.#next + 1) % this.#chunks.length;
      this.#chunks[this.#next] = chunk();
    }
  }

  #grow(): void {
    for (let step = 0; step < STEP_MIB && this.#chunks.length < this.#wanted_mib; step += 1) this.#chunks.push(chunk());
    if (this.#chunks.length < this.#wanted_mib || !this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** About a mebibyte. */
function chunk(): Kept {
  let last: Kept = object(0, null);
  for (let index = 1; index < OBJECTS_A_MIB; index += 1) last = object(index, last);
  return last;
}

function object(index: number, next: Kept | null): Kept {
  return { text: `entry ${index}`, numbers: Array.from({ length: NUMBERS_EACH }, (_, place) => place + index), next };
}
