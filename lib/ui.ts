import pc from 'picocolors';
import { Redactor, toPrintable } from './redact.ts';

/** After this long a step shows that it is alive: nobody should wonder whether it hangs. */
const FIRST_SIGN_MS = 2_000;
/** On something that is not a terminal a line now and then is enough. */
const PLAIN_REPEAT_MS = 15_000;
const TERMINAL_REPEAT_MS = 1_000;
const DEFAULT_COLUMNS = 100;
const CLEAR_LINE = '\r\u001b[2K';

/** Everything people read goes to stderr; stdout is for data. */
export interface Ui {
  readonly colors: ReturnType<typeof pc.createColors>;
  line(text?: string): void;
  note(text: string): void;
  warn(text: string): void;
  /**
   * Shows progress with elapsed time while `work` runs; `work` may name what it is at through `at`. Steps may run side by
   * side: a terminal shows them in one line.
   */
  step<T>(title: string, work: (at: (detail: string) => void) => Promise<T>): Promise<T>;
  /** These never show from now on, in whatever is printed. */
  hide(secrets: readonly string[]): void;
}

export interface UiStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface Step {
  readonly title: string;
  readonly started_ms: number;
  detail: string;
  shown: boolean;
}

/**
 * @param stream where people read (stderr); @param color whether colour is wanted; @param redactor knows what must not
 * be printed.
 */
export function createUi(stream: UiStream, color: boolean, redactor = new Redactor()): Ui {
  const colors = pc.createColors(color);
  const steps = new Steps(stream, (text) => toPrintable(redactor.text(text)));
  const line = (text = '') => steps.above(text);
  return {
    colors,
    line,
    note: (text) => line(colors.dim(text)),
    warn: (text) => line(`${colors.yellow('warning:')} ${text}`),
    hide: (secrets) => redactor.add(secrets),
    async step(title, work) {
      const step = steps.begin(title);
      try {
        const result = await work((detail) => {
          step.detail = detail;
        });
        steps.end(step, step.shown ? `${colors.green('✓')} ${title} (${elapsedText(step)})` : null);
        return result;
      } catch (error) {
        steps.end(step, `${colors.red('✗')} ${title} (${elapsedText(step)})`);
        throw error;
      }
    },
  };
}

function elapsedText(step: Step): string {
  return `${((performance.now() - step.started_ms) / 1000).toFixed(0)} s`;
}

/** The steps that run now, and the one line of a terminal that they share. */
class Steps {
  readonly #stream: UiStream;
  readonly #clean: (text: string) => string;
  readonly #active = new Set<Step>();
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: UiStream, clean: (text: string) => string) {
    this.#stream = stream;
    this.#clean = clean;
  }

  begin(title: string): Step {
    const step: Step = { title, started_ms: performance.now(), detail: '', shown: false };
    this.#active.add(step);
    this.#timer ??= setInterval(() => this.#tick(), TERMINAL_REPEAT_MS);
    return step;
  }

  end(step: Step, last_word: string | null): void {
    this.#active.delete(step);
    if (this.#active.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (last_word !== null) this.above(last_word);
    else this.#draw();
  }

  /** Prints a line that stays, above the one that changes. */
  above(text: string): void {
    if (this.#stream.isTTY) this.#stream.write(CLEAR_LINE);
    this.#stream.write(`${this.#clean(text)}\n`);
    this.#draw();
  }

  #tick(): void {
    if (this.#stream.isTTY) {
      this.#draw();
      return;
    }
    for (const step of this.#active) {
      const age_ms = performance.now() - step.started_ms;
      const seconds = Math.round((age_ms - FIRST_SIGN_MS) / TERMINAL_REPEAT_MS);
      if (age_ms < FIRST_SIGN_MS - TERMINAL_REPEAT_MS / 2 || seconds % (PLAIN_REPEAT_MS / TERMINAL_REPEAT_MS) !== 0)
        continue;
      step.shown = true;
      this.#stream.write(`${this.#clean(describeStep(step))}\n`);
    }
  }

  #draw(): void {
    if (!this.#stream.isTTY) return;
    const due = [...this.#active].filter(
      (step) => performance.now() - step.started_ms >= FIRST_SIGN_MS - TERMINAL_REPEAT_MS / 2,
    );
    for (const step of due) step.shown = true;
    const text = this.#clean(due.map(describeStep).join(' '));
    this.#stream.write(CLEAR_LINE + text.slice(0, (this.#stream.columns ?? DEFAULT_COLUMNS) - 1));
  }
}

function describeStep(step: Step): string {
  return `… ${step.title}${step.detail ? `: ${step.detail}` : ''} (${elapsedText(step)})`;
}
