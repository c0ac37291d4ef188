/** What Telegraf's log says, as one line of JSON each. */
import { parseJson } from '../../lib/json.ts';

/** An endpoint was scraped, or -1: the machine and its containers were. */
interface Scrape {
  readonly endpoint: number;
  /** Series of this scrape. */
  readonly own: number;
  /** Series of the run so far, and those over the limit. */
  readonly series: number;
  readonly left_out: number;
}

export type TelegrafNews =
  | ({ readonly kind: 'scrape' } & Scrape)
  /** An endpoint was not scraped. */
  | {
      readonly kind: 'gap';
      readonly endpoint: number;
      readonly reason: string;
      /** It answered, and was counted as scraped, but the answer is of no use. */
      readonly is_answered?: true;
    }
  /** InfluxDB did not take points. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'error'; readonly reason: string };

interface LogLine {
  readonly level?: string;
  readonly msg?: string;
  readonly category?: string;
  readonly plugin?: string;
  readonly alias?: string;
}

const SCRAPE = 'scrape ';
const TOO_LARGE = /content length exceeded maximum body size \((\d+)\)/;
const MIB = 2 ** 20;

/** @returns null for a line that says nothing new */
export function readTelegrafLine(text: string): TelegrafNews | null {
  const line = parseJson(text) as LogLine | undefined;
  // Before it reads its configuration, it writes plain text.
  if (typeof line?.msg !== 'string')
    return /\bE! /.test(text) ? { kind: 'error', reason: text.replace(/^.*?E! /, '') } : null;
  const { msg, level, category, plugin, alias } = line;
  if (plugin === 'starlark' && msg.startsWith(SCRAPE)) {
    return { kind: 'scrape', ...(parseJson(msg.slice(SCRAPE.length)) as Scrape) };
  }
  if (plugin === 'prometheus' && alias !== undefined) {
    const too_large = TOO_LARGE.exec(msg);
    if (too_large) return gap(alias, `its answer is larger than ${Math.round(Number(too_large[1]) / MIB)} MiB`);
    if (level === 'ERROR') {
      const is_answered = UNREADABLE.test(msg) ? { is_answered: true as const } : {};
      return { ...gap(alias, describeFailure(msg)), ...is_answered };
    }
    return null;
  }
  if (level !== 'ERROR') return null;
  if (category === 'outputs') return { kind: 'refused', reason: msg };
  return { kind: 'error', reason: msg };
}

function gap(alias: string, reason: string) {
  return { kind: 'gap', endpoint: Number(alias), reason } as const;
}

const STATUS = /returned HTTP status "(?<status>[^"]*)"/;
const UNREADABLE = /error reading metrics for "[^"]*": (?<why>[\s\S]*)/;
const UNREACHABLE = /error making HTTP request to "[^"]*": (?:Get "[^"]*": )?(?<why>[\s\S]*)/;

/** In a few words, without the address. */
export function describeFailure(message: string): string {
  const status = STATUS.exec(message)?.groups?.status;
  if (status) return `it answers ${status}`;
  const unreadable = UNREADABLE.exec(message)?.groups?.why;
  if (unreadable) return `its answer is no Prometheus format: ${unreadable.replace(/^decoding response failed: /, '')}`;
  const unreachable = UNREACHABLE.exec(message)?.groups?.why ?? message.replace(/^Error in plugin: /, '');
  if (/deadline exceeded|Client\.Timeout|timeout/i.test(unreachable)) return 'no answer in time';
  if (/connection refused/.test(unreachable)) return 'connection refused';
  if (/no such host/.test(unreachable)) return 'no such host';
  return unreachable;
}
