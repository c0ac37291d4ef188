import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMAND } from '../../contract/package-name.ts';
import type { RunSummary } from '../../contract/results.ts';
import { SUMMARY_FILE } from '../../contract/run-files.ts';
import { isRunId } from '../../contract/runs.ts';
import { runSummary, SUMMARY_VERSION } from '../../contract/summary-schema.ts';
import { readBounded, requireShallow } from '../../lib/bounded.ts';
import { LoadstarError, usageError } from '../../lib/errors.ts';
import { schemaError } from '../../lib/schema-problem.ts';

/** One of 10,000 requests has about 3 MB. */
const MOST_BYTES = 64 * 2 ** 20;

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

/** Names in a results directory that are those of runs, in no order. */
export async function readRunIds(results_dir: string): Promise<string[]> {
  const names = await readdir(results_dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter(isRunId);
}

/**
 * Those of all runs in a results directory, in no order.
 * @throws LoadstarError (usage) naming the file that is no summary
 */
export async function readSummaries(results_dir: string): Promise<RunSummary[]> {
  const names = await readRunIds(results_dir);
  const summaries = await Promise.all(names.map((name) => readSummary(results_dir, name)));
  return summaries.filter((it) => it !== null);
}

/** @param testid of its directory @throws LoadstarError (usage) naming the file */
export function summaryOf(text: string, testid: string, file: string): RunSummary {
  const next = `write it again from the record: \`loadstar report ${testid}\``;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError(`${file} to be JSON`, 'something else', next);
  }
  requireShallow(value, `${file} to be the summary of a run`);
  requireKnownVersion(value, file);
  const { data: summary, error } = runSummary.safeParse(value);
  if (!summary) throw schemaError(error, file, value);
  if (summary.testid !== testid) throw usageError(`${file} to be of run ${testid}`, `it is of ${summary.testid}`, next);
  return summary;
}

/** @throws LoadstarError (usage) for a later version, whose fields this one does not know */
function requireKnownVersion(value: unknown, file: string): void {
  const version = (value as { readonly schema_version?: unknown } | null)?.schema_version;
  if (typeof version !== 'number' || version <= SUMMARY_VERSION) return;
  const next = `upgrade: \`${COMMAND} upgrade --check\` names the command`;
  throw usageError(`${file} to have version ${SUMMARY_VERSION}`, `version ${version}, of a later Loadstar`, next);
}

/** For a page over many runs, which one bad file must not prevent. @returns null for one that is none */
export async function readSummaryOrNone(results_dir: string, testid: string): Promise<RunSummary | null> {
  return await readSummary(results_dir, testid).catch((error: unknown) => {
    if (error instanceof LoadstarError) return null;
    throw error;
  });
}
