import { DEFAULT_OUTPUT } from '../../contract/outputs.ts';

/** A line of k6's progress display. */
export interface K6Progress {
  readonly kind: 'progress';
  readonly users: number;
  readonly iterations: number;
  readonly elapsed_s: number;
  readonly busy: boolean;
}

/** What our output saw of HTTP requests in one window (k6/output/progress.go). */
export interface RequestWindow {
  readonly kind: 'window';
  /** Unix time. */
  readonly start_s: number;
  readonly window_s: number;
  readonly requests: number;
  readonly failed: number;
  /** Bucket of the histogram → requests. */
  readonly latencies: Readonly<Record<string, number>>;
}

/** k6's lines by kind: its log (JSON, one object a line), its progress display, the progress of our output, and the rest. */
export type K6Line =
  | {
      readonly kind: 'log';
      readonly level: string;
      readonly message: string;
      /** A script exception that ended an iteration, `setup()` or `teardown()`. */
      readonly exception: boolean;
      /** Why a request got no answer; null if the line is of something else. */
      readonly request_error: string | null;
      /** Host or address that k6 refused to load; null if the line is of something else. */
      readonly refused_host: string | null;
      time: string;
    }
  | K6Progress
  | RequestWindow
  | { readonly kind: 'other'; readonly text: string };

const MINUTE_S = 60;
const HOUR_S = 3_600;
const HOURS_PER_DAY = 24;
const PROGRESS = /^running \((?<elapsed>[^)]+)\), (?<vus>\d+)\/\d+ VUs, (?<complete>\d+) complete/;

/** A rejection that nobody handles ends an iteration too; k6 logs it without a stack (v1.8.1, eventloop.go). */
const REJECTION = /^Uncaught \(in promise\)/;

export function parseK6Line(line: string): K6Line {
  const progress = PROGRESS.exec(line)?.groups;
  if (progress) {
    const users = Number(progress.vus);
    return {
      kind: 'progress',
      users,
      iterations: Number(progress.complete),
      elapsed_s: seconds(progress.elapsed ?? ''),
      busy: users > 0 || Number(progress.complete) > 0,
    };
  }
  if (!line.startsWith('{')) return { kind: 'other', text: line };
  try {
    const entry = JSON.parse(line) as Record<string, unknown>;
    if (entry.output === DEFAULT_OUTPUT && entry.msg === 'progress') return readWindow(entry);
    return {
      kind: 'log',
      level: String(entry.level),
      message: describeEntry(entry).trimEnd(),
      exception: entry.source === 'stacktrace' || REJECTION.test(String(entry.msg)),
      request_error: entry.msg === 'Request Failed' && typeof entry.error === 'string' ? entry.error : null,
      refused_host: refusedHost(entry),
      time: String(entry.time),
    };
  } catch {
    return { kind: 'other', text: line };
  }
}

/** Our k6 says it in a line of its own; a released one in the error of the request. */
function refusedHost(entry: Record<string, unknown>): string | null {
  if (entry.source === 'hostguard') return entry.level === 'error' ? String(entry.host) : null;
  return /\bIP \(([^)]+)\) is in a blacklisted range/.exec(describeEntry(entry))?.[1] ?? null;
}

function readWindow(entry: Record<string, unknown>): RequestWindow {
  const { start_s, window_s, requests, failed, latencies } = entry as unknown as RequestWindow;
  return { kind: 'window', start_s, window_s, requests, failed, latencies };
}

/** `0h01m05.2s`, with only the units that the longest time needs. */
function seconds(elapsed: string): number {
  const part = (unit: string) => Number(new RegExp(`([\\d.]+)${unit}`).exec(elapsed)?.[1] ?? 0);
  return (part('d') * HOURS_PER_DAY + part('h')) * HOUR_S + part('m') * MINUTE_S + part('s');
}

/** k6's outputs put the reason into a field of its own. */
function describeEntry(entry: Record<string, unknown>): string {
  const message = String(entry.msg ?? '');
  return typeof entry.error === 'string' && !message.includes(entry.error) ? `${message}: ${entry.error}` : message;
}

/** What people see of a k6 message: the bundle's path prefix says nothing to them. */
export function cleanMessage(message: string): string {
  return message.replace(/file:\/\//g, '').replace(/\n\tat /g, '\n      at ');
}
