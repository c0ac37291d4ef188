import type { RunSummary } from '../../contract/results.ts';
import { markdownSummary } from '../markdown/markdown.ts';

export interface CommentOptions {
  /** Tells comments of several load tests on one pull request apart. */
  readonly name: string;
  /** The job, with the files of the runs; null: unknown. */
  readonly results_url: string | null;
}

/** GitHub's limit, https://docs.github.com/rest/issues/comments: 65,536 characters. */
export const MOST_COMMENT = 65_536;
/** What of the requests is shown, less and less until it fits. */
const MOST_REQUESTS = [10, 3, 0] as const;

/** Nobody sees it; the next run of the same test finds its comment by it. */
export function marker(name: string): string {
  return `<!-- loadstar: ${name.replace(/[^\w. -]/g, '')} -->`;
}

/** The comment of a pull request: each scenario's newest run, with its deltas; repeats are part of the run that they confirm. */
export function commentBody(summaries: readonly RunSummary[], { name, results_url }: CommentOptions): string {
  const newest = new Map<string, RunSummary>();
  const own = summaries.filter(({ confirms }) => confirms === null);
  for (const summary of own.sort((a, b) => (a.started < b.started ? -1 : 1))) {
    newest.set(`${summary.scenario} ${summary.profile} ${summary.target.name}`, summary);
  }
  const runs = [...newest.values()];
  const head = [marker(name), `## Load test: ${outcome(runs)}`, jobLink(results_url)].filter(Boolean).join('\n\n');
  const bodies = MOST_REQUESTS.map((most_requests) =>
    [head, ...runs.map((run) => markdownSummary(run, { report: null, most_requests }))].join('\n\n'),
  );
  return bodies.find((body) => body.length <= MOST_COMMENT) ?? `${head}\n\nToo much to show here: see the job.`;
}

function outcome(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return 'no results, it did not come that far';
  const bad = runs.filter((run) => run.status !== 'passed' || run.comparison?.verdict === 'regressed').length;
  const of_all = runs.length === 1 ? '1 scenario' : `${runs.length} scenarios`;
  return bad === 0 ? `${of_all} passed` : `${bad} of ${of_all} failed`;
}

function jobLink(url: string | null): string {
  return url && /^https?:\/\/[^\s<>()]+$/.test(url) ? `[The job, with the files of the runs](${url})` : '';
}
