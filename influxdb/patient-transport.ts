import { HttpError, type InfluxDB } from '@influxdata/influxdb-client';

type Transport = InfluxDB['transport'];
type Send = Transport['send'];

/** How long a call may wait in all for a server that limits rates. */
export interface Patience {
  readonly write_ms: number;
  readonly other_ms: number;
  /** Where the server does not say how long. */
  readonly unsaid_ms: number;
}

/**
 * InfluxDB Cloud counts in fixed windows of five minutes and refuses until the next one:
 * https://docs.influxdata.com/influxdb/cloud/account-management/limits/. A record of a run is worth such a wait; whoever
 * asks a question gets an answer sooner.
 */
const PATIENCE: Patience = { write_ms: 330_000, other_ms: 60_000, unsaid_ms: 5_000 };
const TOO_MANY = 429;
const UNAVAILABLE = 503;
const MS_PER_S = 1_000;
const WRITE_PATH = '/api/v2/write';

/** Repeats what a server refused for now, when it asked for it. All else passes through. */
export function patientTransport(transport: Transport, patience: Patience = PATIENCE): Transport {
  const send: Send = (path, body, options, callbacks) => {
    const deadline_ms = Date.now() + allowed_ms(path, patience);
    const attempt = () =>
      transport.send(path, body, options, {
        ...callbacks,
        error(error) {
          const wait_ms = waitFor(error, deadline_ms, patience);
          if (wait_ms === null) callbacks?.error?.(error);
          else setTimeout(attempt, wait_ms);
        },
      });
    attempt();
  };
  return {
    chunkCombiner: transport.chunkCombiner,
    send,
    iterate: (...args) => transport.iterate(...args),
    async request(path, body, options, responseStarted) {
      const deadline_ms = Date.now() + allowed_ms(path, patience);
      for (;;) {
        try {
          return await transport.request(path, body, options, responseStarted);
        } catch (error) {
          const wait_ms = waitFor(error, deadline_ms, patience);
          if (wait_ms === null) throw error;
          await new Promise((done) => setTimeout(done, wait_ms));
        }
      }
    },
  };
}

function allowed_ms(path: string, { write_ms, other_ms }: Patience): number {
  return path.startsWith(WRITE_PATH) ? write_ms : other_ms;
}

/** @returns null: it is no such refusal, or the wait would be too long */
function waitFor(error: unknown, deadline_ms: number, { unsaid_ms }: Patience): number | null {
  if (!(error instanceof HttpError)) return null;
  const asked_ms = retryAfter_ms(error);
  const limits = error.statusCode === TOO_MANY || (error.statusCode === UNAVAILABLE && asked_ms > 0);
  if (!limits) return null;
  const wait_ms = asked_ms || unsaid_ms;
  return Date.now() + wait_ms > deadline_ms ? null : wait_ms;
}

/** @returns how long a refusing server asked to wait; 0: it did not say */
function retryAfter_ms(error: HttpError): number {
  // Not the client's own retryAfter(): that one takes the seconds of the header for milliseconds.
  const header = error.headers?.['retry-after'];
  const text = Array.isArray(header) ? header[0] : header;
  const seconds = Number(text);
  if (text && Number.isFinite(seconds)) return Math.max(0, seconds * MS_PER_S);
  const at_ms = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at_ms) ? 0 : Math.max(0, at_ms - Date.now());
}
