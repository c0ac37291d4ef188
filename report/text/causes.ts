/** Why a run failed or regressed, in sentences: the same in the terminal, Markdown, HTML and Slack. */
import { count } from '../../contract/format.ts';
import type { RunSummary } from '../../contract/results.ts';

/** What follows is in summary.json. */
const MOST_CAUSES = 3;

/**
 * The most likely cause first; none without telemetry, and where nothing is to be explained.
 * @param most sentences
 */
export function causeLines({ causes }: Pick<RunSummary, 'causes'>, most: number = MOST_CAUSES): string[] {
  if (!causes) return [];
  const { ranked, series } = causes;
  if (ranked.length === 0) return [`no cause found in ${count(series)} series of the target`];
  return ranked.slice(0, most).map(({ sentence }) => sentence);
}

/** A sentence begins with the component, as code. @returns null for one without, such as that no cause was found */
export function componentOf(line: string): { readonly component: string; readonly rest: string } | null {
  const { component, rest } = /^`(?<component>[^`]+)`(?<rest>.*)$/s.exec(line)?.groups ?? {};
  return component === undefined || rest === undefined ? null : { component, rest };
}
