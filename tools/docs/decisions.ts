import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = 'docs/decisions';

/** What the head of each decision names. */
const TITLE = /^# (\d+)\. (.+)$/m;
const STATUS = /\bStatus: (accepted|superseded by \d+)/;
const DATE = /\bDate: (\d{4}-\d{2}-\d{2})/;

/** docs/decisions/README.md: all decisions, with date and status, from their own files. */
export function decisionsPage(): string {
  const rows = readdirSync(DIRECTORY)
    .filter((file) => /^\d{4}-.*\.md$/.test(file))
    .sort()
    .map(row);
  return `<!-- GENERATED from docs/decisions/ by \`make generate\`. -->
# Decisions

For engineers who ask why something is as it is: one page for each decision, with its context, its consequences and what
was measured.

To add one, write \`NNNN-name.md\` with the next free number in the form of the others, and call \`make generate\`. If a new
decision replaces an old one, set the status of the old one to \`superseded by N\`.

| number | decision | date | status |
|---|---|---|---|
${rows.join('\n')}
`;
}

/** @throws Error if the head of the file has another form */
function row(file: string): string {
  const text = readFileSync(join(DIRECTORY, file), 'utf8');
  const [, number, title] = TITLE.exec(text) ?? [];
  const status = STATUS.exec(text)?.[1];
  const date = DATE.exec(text)?.[1];
  if (!number || !title || !status || !date) {
    const expected = '`# N. Title`, `Status: accepted` and `Date: YYYY-MM-DD`';
    throw new Error(
      `expected ${expected} at the top of ${DIRECTORY}/${file}; found ${JSON.stringify(text.slice(0, 100))}`,
    );
  }
  return `| ${number} | [${title}](${file}) | ${date} | ${status} |`;
}
