import type { z } from 'zod';
import { type LoadstarError, usageError } from './errors.ts';
import { toPrintable } from './redact.ts';

const LONGEST_SHOWN = 60;
/** These fields name variables. A value is not repeated, because it may be the secret itself. */
const MAY_BE_SECRET = /_from_env|^environment$|^secrets$|^env$/;

/** For a LoadstarError. */
export interface SchemaProblem {
  readonly expected: string;
  readonly found: string;
  readonly next?: string;
}

/** The first thing that is wrong in a document, as expected and found. @param document what was read, as messages call it */
export function findProblem(error: z.ZodError, value: unknown, document = 'the document'): SchemaProblem {
  const [issue] = error.issues;
  if (!issue) return { expected: `${document} to be valid`, found: 'something else' };
  const more = error.issues.length > 1 ? `, and ${error.issues.length - 1} more` : '';
  const where = issue.path.length > 0 ? `\`${fieldPath(issue.path)}\`` : document;
  if (issue.code === 'unrecognized_keys') {
    const fields = issue.keys.map((key) => fieldPath([...issue.path, key])).join(', ');
    return {
      expected: `${where} to have known fields`,
      found: `\`${toPrintable(fields)}\`${more}`,
      next: `fields are ${issue.message}`,
    };
  }
  // For an invalid key of a record, the issue of the key has the message.
  const at_fault = issue.path.reduce<unknown>(
    (left, part) => (left as Record<PropertyKey, unknown> | undefined)?.[part],
    value,
  );
  const message =
    issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : describeExpectation(issue, at_fault);
  const found =
    issue.code === 'invalid_key'
      ? `\`${toPrintable(String(issue.path.at(-1)))}\``
      : describeInput(issue.path, at_fault);
  return { expected: `${where} to be ${message}`, found: `${found}${more}` };
}

/** @param file as messages show it @param value what was read */
export function schemaError(error: z.ZodError, file: string, value: unknown): LoadstarError {
  const { expected, found, next } = findProblem(error, value, file);
  return usageError(`${file}: ${expected}`, found, next ?? `correct it in ${file}`);
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
  return `\`${toPrintable(text)}\``;
}

/** `targets.staging.allowed_hosts[0]` */
function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}
