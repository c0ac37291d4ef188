import { EXIT } from '../../contract/exit-codes.ts';
import type { RunSummary } from '../../contract/results.ts';
import { summaryOutcome } from '../../contract/summary.ts';
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
  return `<!-- loadstar: ${name.replaceAll('/', '-').replace(/[^\w. -]/g, '')} -->`;
}

/** A repository may have several load tests, each with its comment. */
function heading(name: string): string {
  const plain = name.replace(/[^\w. /-]/g, ' ').trim();
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}`;
}

/** The comment of a pull request: each scenario's newest run, with its deltas; repeats are part of the run that they confirm. */
export function commentBody(summaries: readonly RunSummary[], { name, results_url }: CommentOptions): string {
  const newest = new Map<string, RunSummary>();
  // The summary of head has what `loadstar ab` found; that of base is one of its two sides.
  const own = summaries.filter(({ confirms, ab_run }) => confirms === null && ab_run?.side !== 'base');
  for (const summary of own.sort((a, b) => (a.started < b.started ? -1 : 1))) {
    // The port of a build is another one each time.
    const where = summary.ab ? 'ab' : summary.target.name;
    newest.set(`${summary.scenario} ${summary.profile} ${where}`, summary);
  }
  const runs = [...newest.values()];
  const head = [marker(name), `## ${heading(name)}: ${outcome(runs)}`, jobLink(results_url)]
    .filter(Boolean)
    .join('\n\n');
  const bodies = MOST_REQUESTS.map((most_requests) =>
    [head, ...runs.map((run) => markdownSummary(run, { report: null, most_requests }))].join('\n\n'),
  );
  return bodies.find((body) => body.length <= MOST_COMMENT) ?? `${head}\n\nToo much to show here: see the job.`;
}

function outcome(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return 'no results, it did not come that far';
  const count = (found: (run: RunSummary) => boolean) => runs.filter(found).length;
  const bad = count(isBad);
  const unclear = count((run) => !isBad(run) && run.ab?.verdict === 'unclear');
  const of_all = runs.length === 1 ? '1 scenario' : `${runs.length} scenarios`;
  if (bad + unclear === 0) return `${of_all} passed`;
  const words = [bad > 0 ? `${bad} of ${of_all} failed` : '', unclear > 0 ? `${unclear} of ${of_all} unclear` : ''];
  return words.filter(Boolean).join(', ');
}

function isBad(run: RunSummary): boolean {
  return summaryOutcome(run) !== 'passed' || (run.ab !== undefined && run.exit_code !== EXIT.passed);
}

function jobLink(url: string | null): string {
  return url && /^https?:\/\/[^\s<>()]+$/.test(url) ? `[The job, with the files of the runs](${url})` : '';
}
