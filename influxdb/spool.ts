import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { BUCKETS } from '../contract/buckets.ts';
import { isRunId } from '../contract/runs.ts';
import type { InfluxConnection } from './connection.ts';

/** What our k6 output left because InfluxDB did not take it: a directory a run, gzipped line protocol in order. */
interface SpoolMeta {
  readonly bucket: string;
  readonly testid: string;
  /** false while k6 writes, or for ever where it was killed. */
  readonly closed: boolean;
  /** Only a merger can deliver what is here: it knows which batches InfluxDB has. */
  readonly merged: boolean;
}

export interface Delivery {
  readonly testid: string;
  readonly batches: number;
  /** Batches that InfluxDB will never take: their samples are lost, and they are kept in `refused`. */
  readonly refused: number;
  /** InfluxDB's words on the first of them; null if there is none. */
  readonly refusal: string | null;
}

export interface Deliveries {
  readonly delivered: readonly Delivery[];
  /** What stays where it is, for the next call, and why. */
  readonly kept: readonly { readonly testid: string; readonly error: unknown }[];
}

/** A spool that nobody closed and nobody touched for so long belongs to a k6 that was killed; it writes every second. */
const ABANDONED_MS = 60_000;
const WRITE_TIMEOUT_MS = 30_000;
/** Four short fields. */
const MOST_META = 4_096;
const BATCH = /^\d+\.lp\.gz$/;
/** In the directory of spools: batches that InfluxDB refuses for good, such as one that a power cut has cut off. */
const REFUSED_DIR = 'refused';
/** The same bytes would be answered the same (the k6 output holds it alike). */
const FINAL: readonly number[] = [400, 422];
const TOO_LARGE = 413;

/** InfluxDB's answer to a batch that it does not take. */
class RefusedError extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(`InfluxDB answers ${status}: ${text}`);
    this.status = status;
  }
}

/**
 * Delivers all spools that nobody writes any more, and removes what was delivered. The same point twice is one point, so
 * a delivery that breaks off is simply repeated; one that fails does not keep the others.
 * @param known runs of which it is known that somebody still looks after them, or that nobody does
 * @param startMerger starts one, or finds it: where the batches of merged runs go
 */
export async function deliverSpools(
  directory: string,
  connection: InfluxConnection,
  now: Date,
  known: { readonly living: ReadonlySet<string>; readonly ended: ReadonlySet<string> },
  startMerger: () => Promise<string>,
): Promise<Deliveries> {
  const delivered: Delivery[] = [];
  const kept: { testid: string; error: unknown }[] = [];
  for (const name of await names(directory)) {
    const spool = join(directory, name);
    if (name === REFUSED_DIR) continue;
    const meta = await readMeta(spool);
    if (!meta) {
      // A k6 that has just begun has not said it yet.
      if (await abandoned(spool, now)) kept.push({ testid: name, error: unknownSpool(spool) });
      continue;
    }
    if (known.living.has(meta.testid)) continue;
    if (!(meta.closed || known.ended.has(meta.testid) || (await abandoned(spool, now)))) continue;
    try {
      const refused_dir = join(directory, REFUSED_DIR, name);
      const to = meta.merged ? { ...connection, url: await startMerger() } : connection;
      delivered.push({ testid: meta.testid, ...(await deliver(spool, meta, to, refused_dir)) });
    } catch (error) {
      kept.push({ testid: meta.testid, error });
    }
  }
  return { delivered, kept };
}

function unknownSpool(spool: string): Error {
  return new Error(`${spool} does not say of which run it is (meta.json): look at it, and delete it`);
}

async function deliver(
  spool: string,
  meta: SpoolMeta,
  connection: InfluxConnection,
  refused_dir: string,
): Promise<Omit<Delivery, 'testid'>> {
  const files = (await names(spool)).filter((name) => BATCH.test(name)).sort();
  let refused = 0;
  let refusal: string | null = null;
  for (const name of files) {
    const file = join(spool, name);
    try {
      await write(connection, meta.bucket, await readFile(file));
      await rm(file);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      // InfluxDB 2.7 calls a batch that is cut off a failure of its own.
      if (!FINAL.includes(error.status) && (await isWhole(file))) throw error;
      refused += 1;
      refusal ??= error.message;
      await mkdir(refused_dir, { recursive: true });
      await rename(file, join(refused_dir, name));
    }
  }
  await rm(spool, { recursive: true });
  return { batches: files.length - refused, refused, refusal };
}

async function isWhole(file: string): Promise<boolean> {
  const unpacked = promisify(gunzip)(await readFile(file));
  return await unpacked.then(
    () => true,
    () => false,
  );
}

/** Smaller where InfluxDB, or a proxy before it, takes smaller bodies only. */
async function write(connection: InfluxConnection, bucket: string, body: Buffer): Promise<void> {
  try {
    await writeBody(connection, bucket, body);
  } catch (error) {
    if (!(error instanceof RefusedError && error.status === TOO_LARGE)) throw error;
    for (const half of await halves(body, error)) await write(connection, bucket, half);
  }
}

/** @throws the error itself where there is only one line left */
async function halves(body: Buffer, error: RefusedError): Promise<Buffer[]> {
  const lines = await promisify(gunzip)(body);
  const cut = lines.indexOf('\n', Math.floor(lines.length / 2)) + 1;
  if (cut === 0 || cut === lines.length) throw error;
  return await Promise.all([lines.subarray(0, cut), lines.subarray(cut)].map((half) => promisify(gzip)(half)));
}

async function writeBody(connection: InfluxConnection, bucket: string, body: Buffer): Promise<void> {
  const query = new URLSearchParams({ org: connection.org, bucket, precision: 'ns' });
  const response = await fetch(`${connection.url}/api/v2/write?${query}`, {
    method: 'POST',
    headers: { authorization: `Token ${connection.token}`, 'content-encoding': 'gzip' },
    body: new Uint8Array(body),
    // Followed, a POST may become a GET, whose success stores nothing.
    redirect: 'manual',
    signal: AbortSignal.timeout(WRITE_TIMEOUT_MS),
  });
  if (!response.ok) throw new RefusedError(response.status, await response.text());
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
    const { bucket, testid, closed, merged = false } = Object(JSON.parse(text)) as Record<string, unknown>;
    const known = bucket === BUCKETS.live.name && typeof closed === 'boolean' && typeof merged === 'boolean';
    return known && isRunId(testid) ? { bucket, testid, closed, merged } : null;
  } catch {
    return null;
  }
}

async function abandoned(spool: string, now: Date): Promise<boolean> {
  return now.getTime() - (await stat(spool)).mtimeMs > ABANDONED_MS;
}
