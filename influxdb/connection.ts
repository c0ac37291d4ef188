import { InfluxDB, type QueryApi, setLogger } from '@influxdata/influxdb-client';
import { type Patience, patientTransport } from './patient-transport.ts';

/** Where an InfluxDB is and who we are to it. */
export interface InfluxConnection {
  readonly url: string;
  /** Its name or its id. */
  readonly org: string;
  readonly token: string;
}

// The client prints what it throws as well, with its stack: whoever catches the error says it in a line.
setLogger({ error: () => undefined, warn: () => undefined });

/** The client's own default. */
const TIMEOUT_MS = 10_000;
/** More than anybody's clock is wrong by. */
const AHEAD_MS = 24 * 3_600_000;

/** The only place where a client for reading and writing is made: it waits as long as a server that limits rates asks. */
export function influxClient(
  { url, token }: InfluxConnection,
  timeout_ms: number = TIMEOUT_MS,
  patience?: Patience,
): InfluxDB {
  const { transport } = new InfluxDB({ url, token, timeout: timeout_ms });
  return new InfluxDB({ url, transport: patientTransport(transport, patience) });
}

/** Answers come gzipped: over a network bytes are dearer than a little CPU. */
export function queryApi(connection: InfluxConnection, timeout_ms?: number): QueryApi {
  return influxClient(connection, timeout_ms).getQueryApi({ org: connection.org, gzip: true });
}

/**
 * Where a query ends that wants all there is. A server whose clock is behind takes our newest points for future ones, and a
 * clock that was set back during a run leaves points ahead of it: `now()`, where a query ends by itself, would miss them.
 * @param since a time that we know of the run
 */
export function endOfAll(since: Date = new Date(0)): Date {
  return new Date(Math.max(Date.now(), since.getTime()) + AHEAD_MS);
}
