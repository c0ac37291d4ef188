import { join } from 'node:path';
import type { z } from 'zod';
import { type K6Summary, k6Summary } from '../../contract/k6-summary.ts';
import { type OutputReport, outputReport } from '../../contract/output-report.ts';
import { K6_SUMMARY_FILE, OUTPUT_REPORT_FILE } from '../../contract/run-files.ts';
import { readOptional } from '../../lib/private-files.ts';

/** What k6 says at its end. @returns null if it did not come to its end */
export async function readK6Summary(directory: string): Promise<K6Summary | null> {
  return await readDocument(join(directory, K6_SUMMARY_FILE), k6Summary);
}

/** What our output says at its end. @returns null if it did not run, or k6 was killed */
export async function readOutputReport(directory: string): Promise<OutputReport | null> {
  return await readDocument(join(directory, OUTPUT_REPORT_FILE), outputReport);
}

/** @returns null also if a process was killed while it wrote the file */
export async function readDocument<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await readOptional(file);
  if (text === null) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
