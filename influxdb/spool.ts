import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BUCKETS } from '../contract/buckets.ts';
import { isRunId } from '../contract/runs.ts';
import type { InfluxConnection } from './connection.ts';

/** What our k6 output left because InfluxDB did not take it: a directory a run, gzipped line protocol in order. */
interface SpoolMeta {
  readonly bucket: string;
  readonly testid: string;
  /** false while k6 writes, or for ever where it was killed. */
  readonly closed: boolean;
}

export interface Delivery {
  readonly testid: string;
  readonly batches: number;
}

/** A spool that nobody closed and nobody touched for so long belongs to a k6 that was killed; it writes every second. */
const ABANDONED_MS = 60_000;
const WRITE_TIMEOUT_MS = 30_000;
/** Three short fields. */
const MOST_META = 4_096;
const BATCH = /^\d+\.lp\.gz$/;

/**
 * Delivers all spools that nobody writes any more, and removes what was delivered. The same point twice is one point, so
 * a delivery that breaks off is simply repeated.
 * @throws Error with InfluxDB's answer where it refuses; what was not delivered stays.
 */
export async function deliverSpools(directory: string, connection: InfluxConnection, now: Date): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  for (const name of await names(directory)) {
    const spool = join(directory, name);
    const meta = await readMeta(spool);
    if (!meta || !(meta.closed || (await abandoned(spool, now)))) continue;
    deliveries.push({ testid: meta.testid, batches: await deliver(spool, meta, connection) });
  }
  return deliveries;
}

async function deliver(spool: string, meta: SpoolMeta, connection: InfluxConnection): Promise<number> {
  const files = (await names(spool)).filter((name) => BATCH.test(name)).sort();
  for (const name of files) {
    await write(connection, meta.bucket, await readFile(join(spool, name)));
    await rm(join(spool, name));
  }
  await rm(spool, { recursive: true });
  return files.length;
}

async function write(connection: InfluxConnection, bucket: string, body: Buffer): Promise<void> {
  const query = new URLSearchParams({ org: connection.org, bucket, precision: 'ns' });
  const response = await fetch(`${connection.url}/api/v2/write?${query}`, {
    method: 'POST',
    headers: { authorization: `Token ${connection.token}`, 'content-encoding': 'gzip' },
    body: new Uint8Array(body),
    // Followed, a POST may become a GET, whose success stores nothing.
    redirect: 'manual',
    signal: AbortSignal.timeout(WRITE_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`InfluxDB answers ${response.status}: ${await response.text()}`);
}

async function names(directory: string): Promise<string[]> {
  return await readdir(directory).catch(() => []);
}

async function readMeta(spool: string): Promise<SpoolMeta | null> {
  try {
    const file = join(spool, 'meta.json');
    return (await stat(file)).size > MOST_META ? null : parseMeta(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}

/** @returns null for what our output did not write: a bucket that it does not fill, an id that could lead elsewhere */
export function parseMeta(text: string): SpoolMeta | null {
  try {
    const { bucket, testid, closed } = Object(JSON.parse(text)) as Record<string, unknown>;
    const known = bucket === BUCKETS.live.name;
    return known && isRunId(testid) && typeof closed === 'boolean' ? { bucket, testid, closed } : null;
  } catch {
    return null;
  }
}

async function abandoned(spool: string, now: Date): Promise<boolean> {
  return now.getTime() - (await stat(spool)).mtimeMs > ABANDONED_MS;
}
