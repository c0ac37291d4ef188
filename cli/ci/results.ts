import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { RunSummary } from '../../contract/results.ts';
import { readBounded } from '../lib/bounded.ts';
import { messageOf, usageError } from '../lib/errors.ts';
import { SUMMARY_FILE } from '../run/files.ts';

/** One of 10,000 requests has about 3 MB. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * The summaries below a results directory, in no order. They may come from an artifact: what is no summary is refused.
 * @param root of the checkout, with the schema
 * @throws LoadstarError (usage) naming the file
 */
export async function readSummaries(directory: string, root: string): Promise<RunSummary[]> {
  const schema = JSON.parse(await readFile(join(root, 'contract', 'summary.schema.json'), 'utf8')) as object;
  const isSummary = new Ajv().compile<RunSummary>(schema);
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const summaries: RunSummary[] = [];
  for (const name of names) {
    const file = join(directory, name, SUMMARY_FILE);
    const text = await readBounded(file, MOST_BYTES, `${file} to be a summary`);
    if (text === null) continue;
    const summary = parsed(text, file);
    if (!isSummary(summary)) {
      const [first] = isSummary.errors ?? [];
      throw usageError(`${file} as contract/summary.schema.json has it`, `${first?.instancePath} ${first?.message}`);
    }
    summaries.push(summary);
  }
  return summaries;
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageError(`${file} to be JSON`, messageOf(error));
  }
}
