import type { z } from 'zod';
import { type LoadstarError, usageError } from '../lib/errors.ts';

const LONGEST_SHOWN = 60;
/** These fields name variables. A value is not repeated, because it may be the secret itself. */
const MAY_BE_SECRET = /_from_env|^environment$|^secrets$|^env$/;

/** Describes the first problem in a file as expected and found. @param file for messages. @param value that was read */
export function problemError(error: z.ZodError, file: string, value: unknown): LoadstarError {
  const [issue] = error.issues;
  if (!issue) return usageError(`${file} to be valid`);
  const more = error.issues.length > 1 ? `, and ${error.issues.length - 1} more` : '';
  if (issue.code === 'unrecognized_keys') {
    const fields = issue.keys.map((key) => fieldPath([...issue.path, key])).join(', ');
    const where = issue.path.length > 0 ? `\`${fieldPath(issue.path)}\`` : file;
    return usageError(`${file}: ${where} to have known fields`, `\`${fields}\`${more}`, `fields are ${issue.message}`);
  }
  // For an invalid key of a record, the issue of the key has the message.
  const at_fault = issue.path.reduce<unknown>(
    (left, part) => (left as Record<PropertyKey, unknown> | undefined)?.[part],
    value,
  );
  const message =
    issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : describeExpectation(issue, at_fault);
  const found = issue.code === 'invalid_key' ? `\`${String(issue.path.at(-1))}\`` : describeInput(issue.path, at_fault);
  return usageError(`${file}: \`${fieldPath(issue.path)}\` to be ${message}`, `${found}${more}`);
}

function describeExpectation(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code === 'invalid_type')
    return found === undefined ? `set (${issue.expected})` : `of type ${issue.expected}`;
  if (issue.code === 'invalid_value') return `one of: ${issue.values.join(', ')}`;
  return issue.message;
}

function describeInput(path: readonly PropertyKey[], input: unknown): string {
  if (input === undefined) return 'nothing';
  if (path.some((part) => MAY_BE_SECRET.test(String(part)))) return `a ${typeof input} (not shown: it may be a secret)`;
  if (typeof input === 'object' && input !== null) return Array.isArray(input) ? 'an array' : 'an object';
  const text = `${String(input)}`.slice(0, LONGEST_SHOWN);
  return `\`${text}\``;
}

/** `targets.staging.allowed_hosts[0]` */
function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}
