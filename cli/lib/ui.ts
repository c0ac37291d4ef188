import pc from 'picocolors';

/** After this long a step shows that it is alive (issue: everything over two seconds). */
const FIRST_SIGN_MS = 2_000;
/** On something that is not a terminal a line now and then is enough. */
const PLAIN_REPEAT_MS = 15_000;
const TERMINAL_REPEAT_MS = 1_000;

/** Everything people read goes to stderr; stdout is for data. */
export interface Ui {
  readonly colors: ReturnType<typeof pc.createColors>;
  /** Terminal width in columns; 100 where there is none. */
  readonly columns: number;
  line(text?: string): void;
  note(text: string): void;
  warn(text: string): void;
  /** Shows progress with elapsed time while `work` runs; `work` may name what it is at through `at`. */
  step<T>(title: string, work: (at: (detail: string) => void) => Promise<T>): Promise<T>;
}

export interface UiStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** @param stream where people read (stderr); @param color whether colour is wanted. */
export function createUi(stream: UiStream, color: boolean): Ui {
  const colors = pc.createColors(color);
  const terminal = stream.isTTY === true;
  const line = (text = '') => void stream.write(`${text}\n`);
  const clear = () => terminal && void stream.write('\r\u001b[2K');

  return {
    colors,
    columns: stream.columns ?? 100,
    line,
    note: (text) => line(colors.dim(text)),
    warn: (text) => line(`${colors.yellow('warning:')} ${text}`),
    async step(title, work) {
      const started_ms = Date.now();
      let detail = '';
      let shown = false;
      const elapsed = () => `${((Date.now() - started_ms) / 1000).toFixed(0)} s`;
      const show = () => {
        shown = true;
        const text = `… ${title}${detail ? `: ${detail}` : ''} (${elapsed()})`;
        if (terminal) {
          clear();
          stream.write(text.slice(0, (stream.columns ?? 100) - 1));
        } else line(text);
      };
      let repeat: NodeJS.Timeout | undefined;
      const first = setTimeout(() => {
        show();
        repeat = setInterval(show, terminal ? TERMINAL_REPEAT_MS : PLAIN_REPEAT_MS);
      }, FIRST_SIGN_MS);
      try {
        const result = await work((text) => {
          detail = text;
        });
        if (shown) {
          clear();
          line(`${colors.green('✓')} ${title} (${elapsed()})`);
        }
        return result;
      } catch (error) {
        clear();
        line(`${colors.red('✗')} ${title} (${elapsed()})`);
        throw error;
      } finally {
        clearTimeout(first);
        clearInterval(repeat);
      }
    },
  };
}
