/** k6's lines, told apart: its log (JSON, one object a line), its progress display, and the rest. */
export type K6Line =
  | {
      readonly kind: 'log';
      readonly level: string;
      readonly message: string;
      readonly exception: boolean;
      time: string;
    }
  | { readonly kind: 'progress'; readonly detail: string }
  | { readonly kind: 'other'; readonly text: string };

const PROGRESS = /^running \((?<elapsed>[^)]+)\), (?<vus>\d+)\/\d+ VUs, (?<complete>\d+) complete/;

export function parseK6Line(line: string): K6Line {
  const progress = PROGRESS.exec(line)?.groups;
  if (progress) return { kind: 'progress', detail: `${Number(progress.vus)} users, ${progress.complete} iterations` };
  if (!line.startsWith('{')) return { kind: 'other', text: line };
  try {
    const entry = JSON.parse(line) as Record<string, unknown>;
    return {
      kind: 'log',
      level: String(entry.level),
      message: withReason(entry).trimEnd(),
      exception: entry.source === 'stacktrace',
      time: String(entry.time),
    };
  } catch {
    return { kind: 'other', text: line };
  }
}

/** k6's outputs put the reason into a field of its own. */
function withReason(entry: Record<string, unknown>): string {
  const message = String(entry.msg ?? '');
  return typeof entry.error === 'string' && !message.includes(entry.error) ? `${message}: ${entry.error}` : message;
}

/** What people see of a k6 message: the bundle's path prefix says nothing to them. */
export function readable(message: string): string {
  return message.replace(/file:\/\//g, '').replace(/\n\tat /g, '\n      at ');
}
