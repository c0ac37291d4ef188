import { HttpError, type Point } from '@influxdata/influxdb-client';
import pRetry from 'p-retry';
import { BUCKETS, type Bucket } from '../contract/buckets.ts';
import { type InfluxConnection, influxClient } from './connection.ts';

const TIMEOUT_MS = 10_000;
/** A kept connection that the server has closed meanwhile fails the first time it is used again. */
const RETRIES = 2;
const FIRST_WAIT_MS = 200;
const SERVER_FAULT = 500;

/** Writes points to the bucket of records. @throws as {@link writePoints} */
export async function writeRecords(
  connection: InfluxConnection,
  points: readonly Point[],
  timeout_ms = TIMEOUT_MS,
): Promise<void> {
  await writePoints(connection, BUCKETS.runs, points, timeout_ms);
}

/**
 * Writes points in milliseconds. The same points twice are the same data, so a failed write may be repeated; the client's
 * own retries end with its `close`.
 * @throws whatever the client throws when it fails each time
 */
export async function writePoints(
  connection: InfluxConnection,
  bucket: Bucket,
  points: readonly Point[],
  timeout_ms = TIMEOUT_MS,
): Promise<void> {
  await pRetry(() => writeOnce(connection, bucket, points, timeout_ms), {
    retries: RETRIES,
    minTimeout: FIRST_WAIT_MS,
    // What it refuses it refuses again; where it only limits rates, the client has waited already.
    shouldRetry: ({ error }) => !(error instanceof HttpError) || error.statusCode >= SERVER_FAULT,
  });
}

async function writeOnce(
  connection: InfluxConnection,
  bucket: Bucket,
  points: readonly Point[],
  timeout_ms: number,
): Promise<void> {
  const client = influxClient(connection, timeout_ms);
  // A batch that the client sends by itself, because it is full, fails unseen: only that of `close` says so.
  const whole = { batchSize: points.length + 1, maxBatchBytes: Number.POSITIVE_INFINITY };
  const writer = client.getWriteApi(connection.org, bucket.name, 'ms', { maxRetries: 0, ...whole });
  writer.writePoints([...points]);
  await writer.close();
}
