import { join } from 'node:path';
import { z } from 'zod';
import type { RunSummary } from '../../contract/results.ts';
import { isRunId } from '../../contract/runs.ts';
import { readBounded } from '../lib/bounded.ts';
import { LoadstarError, usageError } from '../lib/errors.ts';
import { SUMMARY_FILE } from './files.ts';

/** One of 10,000 requests has about 3 MB. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * What pages and verdicts cannot do without. Files of earlier versions lack younger fields, so this is less than
 * contract/summary.schema.json; but whatever of it is there has its type.
 */
const TEXT = z.string().max(100_000);
const NUMBER = z.number();
const PARTS = z.looseObject({
  testid: z.string(),
  scenario: TEXT,
  profile: TEXT,
  target: z.looseObject({ base_url: TEXT, name: TEXT }),
  app: z.looseObject({ version: TEXT.nullable(), commit: TEXT.nullable(), branch: TEXT.nullable() }),
  engine: TEXT,
  outputs: z.array(TEXT).max(100),
  started: z.iso.datetime(),
  ended: z.iso.datetime(),
  planned_end: z.iso.datetime(),
  duration_s: NUMBER,
  status: z.enum(['passed', 'failed', 'incomplete', 'broken', 'interrupted', 'running']),
  verdict: TEXT,
  requests: NUMBER,
  throughput_rps: NUMBER,
  error_rate: NUMBER,
  checks_rate: NUMBER.nullable(),
  latency: z.looseObject({ p50_ms: NUMBER, p95_ms: NUMBER, p99_ms: NUMBER, max_ms: NUMBER }).nullable(),
  slos: z
    .array(z.looseObject({ indicator: TEXT, request: TEXT.nullable(), limit: NUMBER, ok: z.boolean() }))
    .max(10_000),
  completeness: z.looseObject({ state: TEXT, rows: z.array(z.looseObject({ metric: TEXT })).max(100_000) }),
  links: z.looseObject({ grafana: TEXT.nullable() }),
});

/**
 * The summary of a run in results/. It may have come from an artifact: it is checked, and belongs to its directory, or a
 * page would be written where it says.
 * @returns null where the run has none here
 * @throws LoadstarError (usage) naming the file
 */
export async function readSummary(results_dir: string, testid: string): Promise<RunSummary | null> {
  if (!isRunId(testid)) return null;
  const file = join(results_dir, testid, SUMMARY_FILE);
  const text = await readBounded(file, MOST_BYTES, `${file} to be a summary`);
  return text === null ? null : summaryOf(text, testid, file);
}

/** @param testid of its directory @throws LoadstarError (usage) naming the file */
export function summaryOf(text: string, testid: string, file: string): RunSummary {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError(`${file} to be JSON`, 'something else');
  }
  const result = PARTS.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw usageError(`${file} to be the summary of a run`, `${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  if (result.data.testid !== testid) throw usageError(`${file} to be of run ${testid}`, 'that of another one');
  return value as RunSummary;
}

/** For a page over many runs, which one bad file must not prevent. @returns null for one that is none */
export async function readSummaryOrNone(results_dir: string, testid: string): Promise<RunSummary | null> {
  return await readSummary(results_dir, testid).catch((error: unknown) => {
    if (error instanceof LoadstarError) return null;
    throw error;
  });
}
