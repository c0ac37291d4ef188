/** The summary of a run in the bucket `k6_runs`: what its own call left in files may be gone, as with the pod of a Job. */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Point } from '@influxdata/influxdb-client';
import { flux } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import type { RunSummary } from '../contract/results.ts';
import { RUN_DETAIL, type RunId } from '../contract/runs.ts';
import { type InfluxConnection, queryApi } from './connection.ts';
import { identified, type RunIdentity } from './run-identity.ts';
import { writeRecords } from './write-records.ts';

/** Below the 64 KiB that InfluxDB takes in a field. */
const PART_BYTES = 48_000;
/** A summary of 10,000 requests has 3 MB. More is none, and is not unpacked. */
const MOST_BYTES = 64 * 2 ** 20;

export function summaryPoint(run: RunIdentity, summary: RunSummary): Point {
  // Answers of the target may be personal data, and records are kept for ever.
  const { examples: _, ...kept } = summary;
  const text = gzipSync(JSON.stringify(kept)).toString('base64');
  const parts = Math.ceil(text.length / PART_BYTES);
  const point = identified(RUN_DETAIL.summary, run).stringField('testid', summary.testid).intField('parts', parts);
  for (let part = 0; part < parts; part += 1) {
    point.stringField(`part_${part}`, text.slice(part * PART_BYTES, (part + 1) * PART_BYTES));
  }
  return point;
}

/** Before the end of the record: a run that has ended has its summary. @throws whatever the client throws */
export async function writeSummary(connection: InfluxConnection, run: RunIdentity, summary: RunSummary): Promise<void> {
  await writeRecords(connection, [summaryPoint(run, summary)]);
}

/**
 * @param started of its record
 * @returns the text of summary.json; null where the record has none, as one of an earlier version
 * @throws whatever the client throws when InfluxDB does not answer; Error where what is stored is no gzip
 */
export async function readStoredSummary(
  connection: InfluxConnection,
  testid: RunId,
  started: Date,
): Promise<string | null> {
  const rows = await queryApi(connection).collectRows<Readonly<Record<string, unknown>>>(
    flux`from(bucket: ${BUCKETS.runs.name})
      |> range(start: ${started}, stop: ${new Date(started.getTime() + 1)})
      |> filter(fn: (r) => r._measurement == ${RUN_DETAIL.summary})
      |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
      |> group()`,
  );
  const row = rows.find((it) => it.testid === testid);
  return row ? unpackSummary(row) : null;
}

/** A second judgement may have fewer parts than the first one: those beyond `parts` are its remains. */
export function unpackSummary(row: Readonly<Record<string, unknown>>): string {
  const text = Array.from({ length: Number(row.parts) }, (_, part) => String(row[`part_${part}`])).join('');
  return gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MOST_BYTES }).toString();
}
