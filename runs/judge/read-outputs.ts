import { join } from 'node:path';
import type { K6Summary } from '../../contract/k6-summary.ts';
import type { OutputReport } from '../../contract/live-schema.ts';
import { K6_SUMMARY_FILE, OUTPUT_REPORT_FILE } from '../../contract/run-files.ts';
import { readOptional } from '../../lib/private-files.ts';

/** What k6 and our output have left in the directory of a run; null for what is not there. */
export async function readOutputs(
  directory: string,
): Promise<{ readonly k6: K6Summary | null; readonly report: OutputReport | null }> {
  const [k6, report] = await Promise.all([
    readJson<K6Summary>(join(directory, K6_SUMMARY_FILE)),
    readJson<OutputReport>(join(directory, OUTPUT_REPORT_FILE)),
  ]);
  return { k6, report };
}

/** @returns null also if a process was killed while it wrote the file */
async function readJson<T>(file: string): Promise<T | null> {
  const text = await readOptional(file);
  try {
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}
