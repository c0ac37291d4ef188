/** `loadstar compare` for people: a table in a terminal, and Markdown. */

import { comparisonCells } from '../../contract/comparison-text.ts';
import type { ComparedSide, RunsComparison } from '../../history/compare-runs.ts';
import type { Printer } from '../../lib/ui.ts';
import { plainTable } from './table.ts';

const HEAD = ['figure', 'before', 'after', 'change', 'usual', 'verdict'];

/** The comparison for people: both sides, the verdict and the table. */
export function compareToTerminal(
  ui: Printer,
  { before, after, evidence, warnings, comparison }: RunsComparison,
): void {
  ui.line(` before   ${sideText(before)}`);
  ui.line(` after    ${sideText(after)}`);
  for (const warning of warnings) ui.warn(warning);
  ui.line(` evidence ${evidence}`);
  ui.line(` verdict  ${comparison.verdict}: ${comparison.sentence}`);
  ui.line();
  ui.line(plainTable(HEAD, comparison.metrics.map(comparisonCells), 1));
}

function sideText({ name, runs }: ComparedSide): string {
  const ids = runs.map(({ testid }) => testid).join(', ');
  return name === runs.map(({ testid }) => testid).join(',') ? ids : `${name}: ${ids}`;
}

/** For a pull request or a job summary. */
export function compareMarkdown({ before, after, evidence, warnings, comparison }: RunsComparison): string {
  const line = (row: readonly string[]) => `| ${row.map(escaped).join(' | ')} |`;
  return [
    `### ${comparison.verdict}`,
    '',
    escaped(comparison.sentence),
    '',
    `- before: ${escaped(sideText(before))}`,
    `- after: ${escaped(sideText(after))}`,
    `- evidence: ${evidence}`,
    ...warnings.map((warning) => `- **warning**: ${escaped(warning)}`),
    '',
    line(HEAD),
    `| --- |${' ---: |'.repeat(HEAD.length - 1)}`,
    ...comparison.metrics.map((row) => line(comparisonCells(row))),
  ].join('\n');
}

/** Names of requests and branches are text, not markup. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&').replace(/[\r\n]+/g, ' ');
}
