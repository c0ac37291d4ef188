import { appendFile } from 'node:fs/promises';
import type { RunSummary } from '../../contract/results.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Ui } from '../../lib/ui.ts';
import { markdownSummary } from '../markdown/markdown.ts';

/** The summary of a job may be long, though not 1 MiB: https://docs.github.com/actions, GITHUB_STEP_SUMMARY. */
const MOST_REQUESTS = 100;

/** Adds a run to the summary of the job. A summary that cannot be written fails nothing. */
export async function addToJobSummary(
  file: string | undefined,
  summary: RunSummary,
  results_url: string | null,
  ui: Ui,
): Promise<void> {
  if (!file) return;
  try {
    await appendFile(file, `${markdownSummary(summary, { report: results_url, most_requests: MOST_REQUESTS })}\n`);
  } catch (error) {
    ui.warn(`the summary of the job could not be written to GITHUB_STEP_SUMMARY: ${messageOf(error)}`);
  }
}
