import { isShallow } from '../../../lib/bounded.ts';
import { parseJson } from '../../../lib/json.ts';
import { type DraftCall, hasLongNumber, type Value } from '../draft.ts';
import { parseExactJson } from '../exact-json.ts';
import type { Values } from '../values.ts';
import { findContentType } from './headers.ts';
import { convertMultipart } from './multipart.ts';
import type { HarEntry } from './recording.ts';

export const LONGEST_BODY = 64 * 2 ** 10;
const MOST_LEVELS = 100;
const TEXT_TYPE = /^text\/|xml|json|graphql/i;

/** @returns why the body cannot be sent again, which completes `whose body …` */
export function convertBody(entry: HarEntry, values: Values): DraftCall['body'] | string {
  const { method, postData } = entry.request;
  if (!postData || ['GET', 'HEAD'].includes(method) || (!postData.text && postData.params.length === 0)) return null;
  const text = postData.text ?? '';
  if (text.length > LONGEST_BODY) return `is longer than ${LONGEST_BODY / 2 ** 10} kB`;
  const type = findContentType(entry).toLowerCase();
  if (type.includes('multipart')) {
    const value = convertMultipart(text, findContentType(entry), values);
    return typeof value === 'string' ? value : { kind: 'text', value };
  }
  if (type.includes('x-www-form-urlencoded') || !text) {
    const pairs = text
      ? [...new URLSearchParams(text)]
      : postData.params.map(({ name, value }) => [name, value ?? ''] as const);
    return { kind: 'form', value: { kind: 'record', fields: convertPairs(pairs, values) } };
  }
  // Scripts send JSON as text/plain too, which needs no question to the server beforehand (CORS).
  if (type === '' || TEXT_TYPE.test(type)) return convertJson(text, values) ?? convertText(text, values);
  return 'is neither JSON, a form nor a text';
}

function convertJson(text: string, values: Values): DraftCall['body'] | string {
  const parsed = parseJson(text);
  if (typeof parsed !== 'object' || parsed === null) return null;
  if (!isShallow(parsed, MOST_LEVELS)) return `has more than ${MOST_LEVELS} levels`;
  const value = values.toValue('body', parseExactJson(text));
  return hasLongNumber(value) ? { kind: 'text', value: { kind: 'json_text', value } } : { kind: 'json', value };
}

function convertText(text: string, values: Values): DraftCall['body'] | string {
  const value = values.toText(text);
  return value === null ? 'may hold a secret' : { kind: 'text', value };
}

/** A key that occurs several times has a list. */
export function convertPairs(pairs: readonly (readonly [string, string])[], values: Values): Map<string, Value> {
  const grouped = new Map<string, Value[]>();
  for (const [key, value] of pairs) grouped.set(key, [...(grouped.get(key) ?? []), values.toValue(key, value)]);
  return new Map(
    [...grouped].map(([key, items]) => {
      const [only] = items;
      return [key, only && items.length === 1 ? only : { kind: 'list', items }];
    }),
  );
}
