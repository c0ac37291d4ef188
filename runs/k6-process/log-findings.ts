/** What k6's log alone says of failures: script exceptions with their place, and errors that have no code of their own. */
import type { RefusedHost } from '../../contract/output-report.ts';
import { mergeRefusedHosts } from '../../contract/refused-hosts.ts';
import type { K6Line } from './k6-log.ts';

/** Exceptions that were thrown at one place. */
export interface LoggedException {
  /** Of the first one. */
  readonly message: string;
  /** `/app/loadtests/search.ts:12:5`; null if the stack names no file. */
  readonly place: string | null;
  readonly count: number;
  /** ISO 8601, UTC. */
  readonly first: string;
}

export interface LogFindings {
  readonly exceptions: readonly LoggedException[];
  /** Texts of requests without an answer, with how often each was logged. */
  readonly request_errors: ReadonlyMap<string, number>;
  /** Hosts that k6 refused to load, as far as the log counts them. */
  readonly refused_hosts: readonly RefusedHost[];
}

export const NO_FINDINGS: LogFindings = { exceptions: [], request_errors: new Map(), refused_hosts: [] };

/** A script may throw a different message each time: what is told apart is bounded, and the total is counted elsewhere. */
const MOST = 100;
const MOST_TEXT = 200;

/** Adds up what the lines of a log say. */
export class LogReader {
  readonly #exceptions = new Map<string, LoggedException>();
  readonly #request_errors = new Map<string, number>();
  readonly #refused_hosts = new Map<string, number>();

  /** @param line with its secrets masked */
  see(line: Extract<K6Line, { kind: 'log' }>): void {
    if (line.exception) this.#addException(line.message, line.time);
    const { refused_host: host } = line;
    if (host !== null) addBounded(this.#refused_hosts, host, (this.#refused_hosts.get(host) ?? 0) + 1);
    if (line.request_error !== null) {
      const text = requestErrorText(line.request_error);
      addBounded(this.#request_errors, text, (this.#request_errors.get(text) ?? 0) + 1);
    }
  }

  get findings(): LogFindings {
    const refused_hosts = [...this.#refused_hosts].map(([host, attempts]) => ({ host, attempts, browser_requests: 0 }));
    return { exceptions: [...this.#exceptions.values()], request_errors: this.#request_errors, refused_hosts };
  }

  #addException(text: string, time: string): void {
    const one = { ...readException(text), count: 1, first: utc(time) };
    const key = keyOf(one);
    addBounded(this.#exceptions, key, addException(this.#exceptions.get(key), one));
  }
}

function keyOf({ place, message }: LoggedException): string {
  return place ?? message;
}

/** The earlier one is the example. k6 logs whole seconds: of one second it is the one that was read first. */
function addException(before: LoggedException | undefined, one: LoggedException): LoggedException {
  const earliest = before && before.first <= one.first ? before : one;
  return { ...earliest, count: one.count + (before?.count ?? 0) };
}

function addBounded<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.has(key) || map.size < MOST) map.set(key, value);
}

/** Of several generators. */
export function mergeFindings(all: readonly LogFindings[]): LogFindings {
  const exceptions = new Map<string, LoggedException>();
  const request_errors = new Map<string, number>();
  for (const one of all.flatMap((findings) => findings.exceptions)) {
    exceptions.set(keyOf(one), addException(exceptions.get(keyOf(one)), one));
  }
  for (const [text, count] of all.flatMap((findings) => [...findings.request_errors])) {
    request_errors.set(text, count + (request_errors.get(text) ?? 0));
  }
  const refused_hosts = mergeRefusedHosts(all.flatMap((findings) => findings.refused_hosts));
  return { exceptions: [...exceptions.values()], request_errors, refused_hosts };
}

const FRAME = /\bfile:\/\/(?<place>\/[^\s()]+:\d+:\d+)/g;
/** Where k6 or a library noticed it: the team's own line is further up. */
const NOT_THE_TEAMS = /\/node_modules\/|\/k6\/runtime\//;

/** The message of an exception, and the first line of the team's own code in its stack; of other code if there is none. */
function readException(text: string): Pick<LoggedException, 'message' | 'place'> {
  const [head = ''] = text.split(/\n\s*at /, 1);
  const places = [...text.matchAll(FRAME)].map(({ groups }) => groups?.place as string);
  const message = shortened(head.replace(/^Uncaught \(in promise\) /, ''));
  return { message, place: places.find((it) => !NOT_THE_TEAMS.test(it)) ?? places[0] ?? null };
}

/**
 * `Get "https://app/x?token=…": EOF` is `EOF`. What differs from request to request is left out, and what the target has
 * answered is quoted by nobody.
 */
function requestErrorText(error: string): string {
  return shortened(
    error
      .replace(/^\w+ "(?:[^"\\]|\\.)*": /, '')
      .replace(/"(?:[^"\\]|\\.)*"/g, '"…"')
      .replace(/(MIME header line:).*/s, '$1 …')
      .replace(/\S+:\d+->/g, '')
      .replace(/current time \S+ is/, 'the time is'),
  );
}

/** One line without query strings, which may hold tokens. */
function shortened(text: string): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/(:\/\/[^\s?"'<>]*)\?[^\s"'<>]*/g, '$1?…')
    .trim();
  return line.length > MOST_TEXT ? `${line.slice(0, MOST_TEXT - 1)}…` : line;
}

/** k6 logs local time with its zone. */
function utc(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? new Date().toISOString() : date.toISOString();
}
