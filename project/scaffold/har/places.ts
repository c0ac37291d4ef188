import { attributesOf } from '../../../contract/html-entities.ts';
import { parseJson } from '../../../lib/json.ts';
import type { Cut, Place } from '../draft.ts';
import type { HarEntry } from './recording.ts';

/** A value of an answer, and where the next run finds it. */
export interface Source {
  readonly value: string;
  readonly place: Place;
  /** Name that the answer gives to the value; '': none. */
  readonly key: string;
  /** Words beside the value: keys above it, and the path of the request. */
  readonly words: readonly string[];
  /** Whether a form sends it along without the user's doing. */
  readonly is_hidden: boolean;
}

const DEEPEST = 12;
/** Larger pages hold code and data, whose values are none of the journey. */
const LARGEST_TEXT = 4 * 2 ** 20;
const LONGEST_CONTEXT = 60;
const SHORTEST_CONTEXT = 5;
/** A later one of the same kind is at another place next time. */
const MOST_SKIPPED = 50;
/** The text up to the last long number or random text. */
const CHANGING = /^.*(?:\d{3,}|(?=\w*\d)(?=\w*[a-z])\w{10,})/is;
/** Headers of the connection and of caches. */
const PLAIN_HEADER =
  /^(:.*|date|expires|last-modified|content-.*|cache-control|vary|server|set-cookie|via|age|.*-policy|.*-trace.*|location|x-request-id|alt-svc|report-to|nel|cf-ray|connection|access-control-.*)$/i;
const TAG = /<(input|meta|button)\b[^<>]*>/gi;

/** The places of all values in an answer that have a name: JSON, fields of forms, meta tags, headers and cookies. */
export function listSources(entry: HarEntry): Source[] {
  const path_words = entry.at.pathname.split('/').filter((it) => it !== '');
  const text = readAnswer(entry);
  return [
    ...listFields(text, path_words),
    ...listJson(parseAnswer(entry), [], path_words),
    ...listHeaders(entry, path_words),
    ...listCookies(entry, path_words),
  ];
}

/** The text of an answer; '': none, or too long. */
export function readAnswer({ response: { content } }: HarEntry): string {
  const { text = '', encoding } = content;
  const decoded = encoding === 'base64' ? Buffer.from(text, 'base64').toString('utf8') : text;
  return decoded.length > LARGEST_TEXT ? '' : decoded;
}

function parseAnswer(entry: HarEntry): unknown {
  return /json/i.test(entry.response.content.mimeType) ? parseJson(readAnswer(entry)) : undefined;
}

function listJson(value: unknown, path: readonly (string | number)[], path_words: readonly string[]): Source[] {
  if (typeof value === 'string' || typeof value === 'number') {
    const words = path.filter((part) => typeof part === 'string');
    const key = words.at(-1) ?? '';
    const place = { in: 'json', path } as const;
    return [{ value: String(value), place, key, words: [...words, ...path_words], is_hidden: false }];
  }
  if (typeof value !== 'object' || value === null || path.length > DEEPEST) return [];
  const parts = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return parts.flatMap(([key, item]) => listJson(item, [...path, key], path_words));
}

/** The first tag of each name counts, because the next run takes that one. */
function listFields(text: string, path_words: readonly string[]): Source[] {
  const found = new Map<string, Source>();
  for (const [tag] of text.matchAll(TAG)) {
    const attributes = attributesOf(tag);
    const by = ['name', 'property', 'id'].find((name) => attributes.has(name));
    const wanted = attributes.has('content') ? 'content' : 'value';
    const value = attributes.get(wanted);
    if (by === undefined || value === undefined) continue;
    const key = attributes.get(by) ?? '';
    const is_hidden = attributes.get('type') === 'hidden';
    const place = { in: 'attribute', by: [by, key], name: wanted } as const;
    const id = `${by} ${key}`;
    if (!found.has(id)) found.set(id, { value, place, key, words: path_words, is_hidden });
  }
  return [...found.values()];
}

function listHeaders({ response }: HarEntry, words: readonly string[]): Source[] {
  return response.headers.flatMap(({ name, value }) =>
    PLAIN_HEADER.test(name)
      ? []
      : [{ value, place: { in: 'header', name: toCanonical(name), cut: null }, key: name, words, is_hidden: false }],
  );
}

function listCookies({ response }: HarEntry, words: readonly string[]): Source[] {
  const lines = response.headers
    .filter(({ name }) => name.toLowerCase() === 'set-cookie')
    .flatMap(({ value }) => value.split('\n'));
  const pairs = [
    ...lines
      .map((line) => /^\s*([^=;]+)=([^;]*)/.exec(line))
      .map((it) => ({ name: it?.[1]?.trim() ?? '', value: it?.[2]?.trim() ?? '' })),
    ...response.cookies,
  ];
  return pairs
    .filter(({ name, value }) => name !== '' && value !== '')
    .map(({ name, value }) => ({
      value: decodeSafely(value),
      place: { in: 'cookie', name },
      key: name,
      words,
      is_hidden: false,
    }));
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * A place that has no name: between two texts in the last address, in a header or in the body.
 * @param prefix what stands before the value, such as `orders/`
 */
export function findPlaceBetween(entry: HarEntry, value: string, prefix = ''): Place | null {
  const address = (entry.answered_at ?? entry.at).href;
  const in_address = entry.answered_at
    ? findCut(address, prefix + value, address.indexOf('/', 'https://'.length), prefix.length)
    : null;
  if (in_address) return { in: 'url', cut: in_address };
  for (const header of entry.response.headers) {
    if (PLAIN_HEADER.test(header.name) && !/^location$/i.test(header.name)) continue;
    const in_header = findCut(header.value, prefix + value, 0, prefix.length);
    if (in_header) return { in: 'header', name: toCanonical(header.name), cut: in_header };
  }
  const in_body = findCut(readAnswer(entry), prefix + value, 0, prefix.length);
  return in_body && { in: 'body', cut: in_body };
}

/**
 * The texts around a value, such that the next answer has them too: the one before it is as short as makes it unique,
 * and holds nothing that looks like an id.
 */
function findCut(text: string, whole: string, from: number, prefix_length: number): Cut | null {
  const value = whole.slice(prefix_length);
  for (let at = text.indexOf(whole, from); at !== -1; at = text.indexOf(whole, at + 1)) {
    const after = text.charAt(at + whole.length);
    if (isWordly(after) || isWordly(text.charAt(at - 1)) || value.includes(after || '\n')) continue;
    const found = findBefore(text, at + prefix_length, Math.max(from, at - LONGEST_CONTEXT), prefix_length);
    if (found) return { ...found, after };
  }
  return null;
}

function findBefore(text: string, at: number, from: number, least: number): { before: string; skip: number } | null {
  const context = /[^\n\r]*$/.exec(text.slice(from, at))?.[0] ?? '';
  const stable = context.replace(CHANGING, '');
  if (stable === '' || stable.length < least) return null;
  for (let length = Math.min(Math.max(SHORTEST_CONTEXT, least), stable.length); length <= stable.length; length += 1) {
    const before = stable.slice(-length);
    const begins_in_word = isWordly(stable.charAt(stable.length - length - 1)) && isWordly(before.charAt(0));
    if (!begins_in_word && text.indexOf(before) === at - length) return { before, skip: 0 };
  }
  const skip = text.slice(0, at).split(stable).length - 2;
  return skip >= 0 && skip < MOST_SKIPPED ? { before: stable, skip } : null;
}

function isWordly(character: string): boolean {
  return /^[A-Za-z0-9]$/.test(character);
}

/** `x-requested-with` → `X-Requested-With`, as k6 writes it: HTTP/2 has small letters, and HTTP/1 any. */
export function toCanonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
