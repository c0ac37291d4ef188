import { request } from 'undici';
import { unusableError } from '../../lib/errors.ts';
import { explainFault } from '../../lib/faults.ts';
import type { ProxyOf } from '../../lib/proxies.ts';

/** Whom we ask, and how it is set. */
export interface Server {
  /** Without a slash at its end. */
  readonly url: string;
  readonly name: 'InfluxDB' | 'Grafana';
  readonly setting: 'INFLUX_URL' | 'GRAFANA_URL';
  readonly proxyOf: ProxyOf;
}

export interface Question {
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  /** The first of its name; '' where there is none. */
  header(name: string): string;
  readonly text: string;
  /** What its own clock said, less what ours said in the middle of the question; null: it named no time. */
  readonly skew_s: number | null;
}

/** A server on another continent, behind a proxy that looks into everything, has answered by then. */
const TIMEOUT_S = 10;
const MS_PER_S = 1_000;
/** The header Date is cut to whole seconds. */
const HALF_S = 0.5;

/** One call of a server that is not ours. Any status is an answer. @throws LoadstarError (unusable) where none comes */
export async function ask(server: Server, { path, method = 'GET', headers = {}, body }: Question): Promise<Answer> {
  const url = new URL(server.url + path);
  const asked_ms = Date.now();
  try {
    const signal = AbortSignal.timeout(TIMEOUT_S * MS_PER_S);
    const answer = await request(url, { method, headers, signal, ...(body ? { body } : {}) });
    const answered_ms = Date.now();
    const text = await answer.body.text();
    const header = (name: string) => [answer.headers[name] ?? ''].flat()[0] ?? '';
    return { status: answer.statusCode, header, text, skew_s: skew_s(header('date'), asked_ms, answered_ms) };
  } catch (error) {
    const { setting, proxyOf } = server;
    const fault = explainFault(error, { url, setting, proxy: proxyOf(url), timeout_s: TIMEOUT_S });
    throw unusableError(`${server.name} to answer at ${server.url}`, fault.found, fault.next, error);
  }
}

function skew_s(date: string, asked_ms: number, answered_ms: number): number | null {
  const theirs_ms = Date.parse(date);
  if (Number.isNaN(theirs_ms)) return null;
  return theirs_ms / MS_PER_S + HALF_S - (asked_ms + answered_ms) / 2 / MS_PER_S;
}

export function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
