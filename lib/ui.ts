import pc from 'picocolors';
import { Redactor, toPrintable } from './redact.ts';

/** After this time a step shows progress, so that nobody wonders whether it hangs. */
const FIRST_SIGN_MS = 2_000;
/** Without a terminal an occasional line is enough. */
const PLAIN_REPEAT_MS = 15_000;
const TERMINAL_REPEAT_MS = 1_000;
/** The tick that is nearest to the first sign. */
const FIRST_LINE_MS = FIRST_SIGN_MS - TERMINAL_REPEAT_MS / 2;
const DEFAULT_COLUMNS = 100;
const CLEAR_LINE = '\r\u001b[2K';

/** Prints lines for people. */
export interface Printer {
  readonly colors: ReturnType<typeof pc.createColors>;
  line(text?: string): void;
  note(text: string): void;
  warn(text: string): void;
}

/** What happens on the way goes to stderr. */
export interface Ui extends Printer {
  /** Prints what the command was called for: to stdout, so that `loadstar … > file` holds it. */
  readonly result: Printer;
  /**
   * Shows progress with the elapsed time while `work` runs. `work` may add details. A terminal shows parallel steps in one
   * line.
   * @param mark before its last line. Left out: a tick; a step whose result is judged later has none yet
   */
  step<T>(title: string, work: (showDetail: (detail: string) => void) => Promise<T>, mark?: '•'): Promise<T>;
  /** Masks these secrets in everything printed from now on. */
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
  /** Age at which its next line is due, without a terminal. */
  next_line_ms: number;
}

/** A stream and whether it gets colours. */
export interface UiOutput {
  readonly stream: UiStream;
  readonly color: boolean;
}

/**
 * @param stream stderr
 * @param color whether stderr gets colours
 * @param redactor masks secrets
 * @param results stdout, for the results
 */
export function createUi(
  stream: UiStream,
  color: boolean,
  redactor = new Redactor(),
  results: UiOutput = { stream, color },
): Ui {
  const steps = new Steps(stream, (text) => toPrintable(redactor.text(text)));
  const progress = createPrinter({ stream, color }, steps);
  const { colors } = progress;
  return {
    ...progress,
    result: createPrinter(results, steps),
    hide: (secrets) => redactor.add(secrets),
    async step(title, work, mark) {
      const step = steps.begin(title);
      try {
        const result = await work((detail) => {
          step.detail = detail;
        });
        steps.end(step, step.shown ? `${mark ?? colors.green('✓')} ${title} (${elapsedText(step)})` : null);
        return result;
      } catch (error) {
        steps.end(step, `${colors.red('✗')} ${title} (${elapsedText(step)})`);
        throw error;
      }
    },
  };
}

/** Without progress. */
export function withoutSteps(ui: Ui): Ui {
  return { ...ui, step: (_title, work) => work(() => undefined) };
}

/** Without progress and notes: what remains are warnings, and the results. */
export function quietUi(ui: Ui): Ui {
  return { ...withoutSteps(ui), line: () => undefined, note: () => undefined };
}

function createPrinter({ stream, color }: UiOutput, steps: Steps): Printer {
  const colors = pc.createColors(color);
  const line = (text = '') => steps.printAbove(text, stream);
  return {
    colors,
    line,
    note: (text) => line(colors.dim(text)),
    warn: (text) => line(`${colors.yellow('warning:')} ${text}`),
  };
}

function elapsedText(step: Step): string {
  return `${((performance.now() - step.started_ms) / 1000).toFixed(0)} s`;
}

/** The active steps and the terminal line that they share. */
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
    const step: Step = { title, started_ms: performance.now(), detail: '', shown: false, next_line_ms: FIRST_LINE_MS };
    this.#active.add(step);
    this.#timer ??= setInterval(() => this.#tick(), TERMINAL_REPEAT_MS);
    return step;
  }

  end(step: Step, last_line: string | null): void {
    this.#active.delete(step);
    if (this.#active.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (last_line !== null) this.printAbove(last_line);
    else this.#draw();
  }

  /** Prints a permanent line above the line of the active steps. stdout may be the same terminal. */
  printAbove(text: string, stream = this.#stream): void {
    if (this.#stream.isTTY) this.#stream.write(CLEAR_LINE);
    stream.write(`${this.#clean(text)}\n`);
    this.#draw();
  }

  #tick(): void {
    if (this.#stream.isTTY) {
      this.#draw();
      return;
    }
    for (const step of this.#active) {
      const age_ms = performance.now() - step.started_ms;
      if (age_ms < step.next_line_ms) continue;
      // On a busy machine ticks are late: a line that is due waits for the next one, whenever that is.
      while (step.next_line_ms <= age_ms) step.next_line_ms += PLAIN_REPEAT_MS;
      step.shown = true;
      this.#stream.write(`${this.#clean(describeStep(step))}\n`);
    }
  }

  #draw(): void {
    if (!this.#stream.isTTY) return;
    const due = [...this.#active].filter((step) => performance.now() - step.started_ms >= FIRST_LINE_MS);
    for (const step of due) step.shown = true;
    const columns = (this.#stream.columns ?? DEFAULT_COLUMNS) - 1;
    const [only] = due;
    const text = only && due.length === 1 ? fitStep(only, columns) : due.map(describeStep).join(' ');
    this.#stream.write(CLEAR_LINE + this.#clean(text).slice(0, columns));
  }
}

/** On a narrow terminal the title is cut, because the figures behind it are the news. */
function fitStep(step: Step, columns: number): string {
  const excess = describeStep(step).length - columns;
  if (excess <= 0) return describeStep(step);
  const title = `${step.title.slice(0, Math.max(0, step.title.length - excess - 1))}…`;
  return describeStep({ ...step, title });
}

function describeStep(step: Step): string {
  return `… ${step.title}${step.detail ? `: ${step.detail}` : ''} (${elapsedText(step)})`;
}
