import { join } from 'node:path';
import type { OutputReport } from '../../contract/live-schema.ts';
import { OUTPUT_REPORT_FILE } from '../../contract/run-files.ts';
import { readOptional } from '../../lib/private-files.ts';

/** What our output said at its end. @returns null where it did not run, or k6 was killed */
export async function readReport(directory: string): Promise<OutputReport | null> {
  const text = await readOptional(join(directory, OUTPUT_REPORT_FILE));
  return text === null ? null : (JSON.parse(text) as OutputReport);
}
