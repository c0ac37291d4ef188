import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadTestResult, RunSummary } from '../../contract/results.ts';
import { MARKDOWN_FILE, REPORT_FILE, RESULTS_FILE, SUMMARY_FILE } from '../../contract/run-files.ts';
import { writeWhole } from '../../lib/whole-file.ts';
import { markdownSummary } from '../markdown/markdown.ts';

const PERCENT = 100;
/** The others are in summary.json. */
const MOST_REQUESTS = 100;

/** Writes summary.json, results.json and summary.md into the run's directory. */
export async function reportToFiles(summary: RunSummary, directory: string): Promise<void> {
  await writeJson(join(directory, SUMMARY_FILE), summary);
  await writeJson(join(directory, RESULTS_FILE), loadTestResults([summary]));
  const report = existsSync(join(directory, REPORT_FILE)) ? REPORT_FILE : null;
  await writeWhole(join(directory, MARKDOWN_FILE), markdownSummary(summary, { report, most_requests: MOST_REQUESTS }));
}

/** For a team's own performance page. A run without a request has no latency, and so no element. */
export function loadTestResults(summaries: readonly RunSummary[]): LoadTestResult[] {
  return summaries.flatMap((summary) =>
    summary.latency
      ? [
          {
            timestamp: summary.started,
            scenario: summary.scenario,
            p50: summary.latency.p50_ms,
            p95: summary.latency.p95_ms,
            p99: summary.latency.p99_ms,
            throughput: summary.throughput_rps,
            errorRate: summary.error_rate * PERCENT,
          },
        ]
      : [],
  );
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeWhole(file, `${JSON.stringify(value, null, 2)}\n`);
}
