/** The runbook, in pieces that alerts can lead to. docs/runbook.md is its one source. */
import { readFileSync } from 'node:fs';

export interface Section {
  readonly title: string;
  /** As links name it: docs/runbook.md#anchor. */
  readonly anchor: string;
  readonly markdown: string;
}

export const RUNBOOK_FILE = 'docs/runbook.md';

/** Sections in their order, without the introduction. */
export function runbookSections(): Section[] {
  const text = readFileSync(new URL(`../../${RUNBOOK_FILE}`, import.meta.url), 'utf8');
  const [, ...sections] = text.split(/^## /m);
  return sections.map((section) => {
    const [title = '', ...lines] = section.split('\n');
    return { title, anchor: title.replaceAll(' ', '-'), markdown: lines.join('\n').trim() };
  });
}
