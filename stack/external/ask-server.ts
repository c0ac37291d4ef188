import { request } from 'undici';
import { bytesText } from '../../contract/format.ts';
import { readUpTo } from '../../lib/bounded.ts';
import { LoadstarError, unusableError } from '../../lib/errors.ts';
import { explainFault } from '../../lib/faults.ts';
import type { ProxyOf } from '../../lib/proxies.ts';

/** A server of somebody else, and the variable that sets its address. */
export interface Server {
  /** Without a slash at its end. */
  readonly url: string;
  readonly name: 'InfluxDB' | 'Grafana';
  readonly setting: 'INFLUX_URL' | 'GRAFANA_URL';
  readonly proxyOf: ProxyOf;
  /** Default: 10 s. */
  readonly timeout_s?: number;
}

interface Question {
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** An answer that is longer is refused while it comes. Default: any length. */
  readonly most_bytes?: number;
}

export interface Answer {
  readonly status: number;
  /** The first header of this name, or ''. */
  header(name: string): string;
  readonly text: string;
  /** How far the server's clock is ahead of ours; null: it sent no time. */
  readonly skew_s: number | null;
}

/** Enough for a server on another continent behind an inspecting proxy. */
const TIMEOUT_S = 10;
const MS_PER_S = 1_000;
/** The Date header is truncated to whole seconds. */
const HALF_S = 0.5;

/** Sends a request and follows no redirect. Any status is an answer. @throws LoadstarError (unusable) without one */
export async function askServer(
  server: Server,
  { path, method = 'GET', headers = {}, body, most_bytes = Number.POSITIVE_INFINITY }: Question,
): Promise<Answer> {
  const { setting, proxyOf, timeout_s = TIMEOUT_S } = server;
  const url = new URL(server.url + path);
  const asked_ms = Date.now();
  try {
    const signal = AbortSignal.timeout(timeout_s * MS_PER_S);
    const answer = await request(url, { method, headers, signal, ...(body ? { body } : {}) });
    const answered_ms = Date.now();
    const text = await readUpTo(answer.body, most_bytes);
    if (text.length >= most_bytes) throw tooLong(server, most_bytes);
    const header = (name: string) => [answer.headers[name] ?? ''].flat()[0] ?? '';
    return { status: answer.statusCode, header, text, skew_s: measureSkew(header('date'), asked_ms, answered_ms) };
  } catch (error) {
    if (error instanceof LoadstarError) throw error;
    const fault = explainFault(error, { url, setting, proxy: proxyOf(url), timeout_s });
    throw unusableError(`${server.name} to answer at ${server.url}`, fault.found, fault.next, error);
  }
}

function tooLong({ name }: Server, most_bytes: number): LoadstarError {
  return unusableError(`an answer of ${name} below ${bytesText(most_bytes)}`, 'more', 'ask for less of it at once');
}

function measureSkew(date: string, asked_ms: number, answered_ms: number): number | null {
  const theirs_ms = Date.parse(date);
  if (Number.isNaN(theirs_ms)) return null;
  return theirs_ms / MS_PER_S + HALF_S - (asked_ms + answered_ms) / 2 / MS_PER_S;
}
