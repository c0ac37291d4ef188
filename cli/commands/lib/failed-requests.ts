import { COMMAND } from '../../../contract/package-name.ts';
import type { RunSummary } from '../../../contract/results.ts';
import { usageError } from '../../../lib/errors.ts';
import { readRunIds, readSummaryOrNone } from '../../../report/files/read-summary.ts';

/**
 * The requests that failed each time in the newest run of a scenario that has figures, or of which one check did.
 * @returns what came back, by name of the request
 * @throws LoadstarError (usage) if no such run is in the results
 */
export async function readFailedRequests(results_dir: string, scenario: string): Promise<ReadonlyMap<string, string>> {
  // Names of runs begin with their time.
  for (const testid of (await readRunIds(results_dir)).sort().reverse()) {
    const summary = await readSummaryOrNone(results_dir, testid);
    if (summary?.scenario === scenario && summary.requests > 0) return failedRequests(summary);
  }
  throw usageError(
    `a run of ${scenario} with requests in ${results_dir}`,
    'none',
    `run it first: \`${COMMAND} run ${scenario}\``,
  );
}

export function failedRequests({ by_request, failures, testid }: RunSummary): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const { name, error_rate } of by_request) {
    const check = failures?.checks.find((it) => it.count === it.of && it.name.startsWith(`${name}: `));
    const answer = failures?.requests.find((it) => it.name === name)?.error ?? 'failed';
    if (error_rate === 1) reasons.set(name, `${answer} each time in run ${testid}`);
    else if (check) reasons.set(name, `check “${check.name}” failed each time in run ${testid}`);
  }
  return reasons;
}
