import { decodeUrlPart } from '../../../lib/decode.ts';
import type { Keep, Value } from '../draft.ts';
import { findPlaceBetween, listSources, type Source } from './places.ts';
import type { HarEntry } from './recording.ts';

/** Where a request sends a value. */
export interface Use {
  /** Place of the request in the journey. */
  readonly index: number;
  /** Name of the field, header or key; '': a part of the path. */
  readonly name: string;
  /** Part of the path before it, as `orders` in `/orders/17`; '': none. */
  readonly noun: string;
}

const ID_NAME =
  /(^|[^a-z])(id|ids|uid|uuid|guid|pk|key|slug|ref|token|hash|handle|cursor|nonce|csrf|xsrf)$|(Id|ID|Ids|Uid|UID|Uuid|UUID|Guid|Pk|Key|Slug|Ref|Token|Hash|Nonce)$/i;
const TOKEN_NAME = /token|csrf|xsrf|nonce/i;
/** Names of numbers that are no ids, whatever lists are called. */
const COUNT_NAME = /page|size|limit|offset|count|number|amount|quantity|total|step|level|index|position|version/i;
const SAME_NAME = /version|number|code|revision|etag/i;
/** Dates, times, versions, addresses of mail, media types and languages: the same in every answer, or of no journey. */
const PLAIN =
  /^(\d{4}-\d\d(-\d\d.*)?|\d{1,2}[.:/]\d.*|v?\d+(\.\d+)+|[^@\s]+@[^@\s]+|[\w.+-]+\/[\w.+-]+|[a-z]{2}([-_][A-Za-z]{2})?|true|false|null|https?:.*|#[0-9a-f]{6}|utf-?\d+)$/i;
const DISTINCT = 8;
const LONG = 20;
const LONG_NUMBER = 6;
const SHORT = 4;
const TOKEN = /[A-Za-z0-9_.~+=-]{8,}/g;
const RESERVED = new Set(
  'abstract arguments await base break case catch check class client const continue debugger default delete do else enum eval export extends false finally for function group if implements import in instanceof interface json let new null of package private protected public response return static super switch this think throw true try typeof undefined var void while with yield answer'.split(
    ' ',
  ),
);

/**
 * Finds for the values that requests send the earlier answers that brought them. A value that a request sends before
 * any answer holds it was typed, and stays as it is.
 */
export class Correlation {
  readonly #entries: readonly HarEntry[];
  readonly #sources = new Map<string, { index: number; source: Source }[]>();
  /** First request that sends a value. */
  readonly #first_sent = new Map<string, number>();
  readonly #kept = new Map<string, { index: number; keep: Keep }>();
  readonly #names = new Set<string>();
  readonly #unnamed = new Map<string, { index: number; source: Source } | null>();

  constructor(entries: readonly HarEntry[]) {
    this.#entries = entries;
    for (const [index, entry] of entries.entries()) {
      for (const source of listSources(entry)) {
        const known = this.#sources.get(source.value);
        if (known) known.push({ index, source });
        else this.#sources.set(source.value, [{ index, source }]);
      }
      for (const text of listSent(entry)) if (!this.#first_sent.has(text)) this.#first_sent.set(text, index);
    }
  }

  /** The values that a call keeps for later ones. Complete when all requests are converted. */
  keepsOf(index: number): Keep[] {
    return [...this.#kept.values()].filter((it) => it.index === index).map(({ keep }) => keep);
  }

  /** Whether a part of a path is, or holds, a value of an earlier answer. */
  holds(text: string, use: Use): boolean {
    return this.#find(text, use) !== null || this.#split(text, use).some((part) => typeof part !== 'string');
  }

  /** @returns null for a value that no earlier answer holds */
  toValue(value: string | number, use: Use): Value | null {
    const found = this.#find(String(value), use);
    return found && this.#keep(found, use, typeof value === 'number');
  }

  /** A text with such values in it: the parts in their order. Null: it holds none. */
  toParts(text: string, use: Use): (string | Value)[] | null {
    const parts = this.#split(text, use);
    if (parts.every((part) => typeof part === 'string')) return null;
    return parts.map((part) => (typeof part === 'string' ? part : this.#keep(part, use, false)));
  }

  #split(text: string, use: Use): (string | { index: number; source: Source })[] {
    const parts: (string | { index: number; source: Source })[] = [];
    let end = 0;
    for (const { 0: token, index } of text.matchAll(TOKEN)) {
      const found = token !== text && isDistinct(token) ? this.#find(token, use) : null;
      if (!found) continue;
      if (index > end) parts.push(text.slice(end, index));
      parts.push(found);
      end = index + token.length;
    }
    return end < text.length ? [...parts, text.slice(end)] : parts;
  }

  #find(text: string, use: Use): { index: number; source: Source } | null {
    const is_token = TOKEN_NAME.test(use.name) && text.length >= DISTINCT;
    if (text === '' || text === '0' || (PLAIN.test(text) && !is_token)) return null;
    const is_distinct = is_token || isDistinct(text);
    const typed_at = is_distinct ? (this.#first_sent.get(text) ?? use.index) : use.index;
    const end = Math.min(typed_at, use.index);
    const named = (this.#sources.get(text) ?? []).filter(({ index }) => index < end);
    const fitting = named.filter(({ source, index }) => is_distinct || this.#fits(source, index, text, use));
    const [best] = fitting
      .map((it) => ({ it, score: rate(it.source, use) }))
      .sort((a, b) => b.score - a.score || a.it.index - b.it.index);
    if (best) return best.it;
    return this.#findUnnamed(text, is_distinct, end, use);
  }

  /** Short values, such as 17, are everywhere: only an id for an id, of the same thing, is one value. */
  #fits({ key, words, is_hidden, place }: Source, index: number, text: string, { name, noun }: Use): boolean {
    const same_name = name !== '' && sameWord(lastPart(name), key);
    if (is_hidden) return /\d/.test(text) && lastPart(name) === lastPart(key);
    if (place.in !== 'json') return false;
    if (same_name && (ID_NAME.test(key) || SAME_NAME.test(key)))
      return ID_NAME.test(key) ? true : place.path.length <= 2;
    if (!ID_NAME.test(key)) return false;
    // `cart: 5` is the id of a cart.
    if (name !== '' && !ID_NAME.test(lastPart(name)))
      return !COUNT_NAME.test(lastPart(name)) && words.some((word) => sameThing(word, lastPart(name)));
    const thing = noun || lastPart(name).replace(/[-_]?(id|uid|uuid|key|slug|ref|pk)s?$/i, '');
    if (thing !== '' && words.some((word) => sameThing(word, thing))) return true;
    return (
      (/\d/.test(text) && text.length >= SHORT) ||
      (this.#entries[index]?.request.method === 'POST' && /^(u?u?id|pk)$/i.test(key))
    );
  }

  #findUnnamed(
    text: string,
    is_distinct: boolean,
    end: number,
    { noun }: Use,
  ): { index: number; source: Source } | null {
    // A number is of the same kind if the answer links to it: `/orders/17`.
    const is_id_in_path = noun !== '' && /^\d+$/.test(text);
    if (!is_distinct && !is_id_in_path) return null;
    const id = `${is_distinct ? '' : noun}/${text}/${end}`;
    const known = this.#unnamed.get(id);
    if (known !== undefined) return known;
    let found: { index: number; source: Source } | null = null;
    for (let index = 0; index < end && !found; index += 1) {
      const entry = this.#entries[index] as HarEntry;
      const place = findPlaceBetween(entry, text, is_distinct ? '' : `${noun}/`);
      if (place) found = { index, source: { value: text, place, key: '', words: [], is_hidden: false } };
    }
    this.#unnamed.set(id, found);
    return found;
  }

  #keep({ index, source }: { index: number; source: Source }, use: Use, is_number: boolean): Value {
    const id = `${index} ${JSON.stringify(source.place)}`;
    const known = this.#kept.get(id);
    if (known) return { kind: 'kept', name: known.keep.name, is_number };
    const name = this.#nameFor(source, use);
    this.#kept.set(id, { index, keep: { name, from: source.place, is_required: true } });
    return { kind: 'kept', name, is_number };
  }

  #nameFor({ key }: Source, { name, noun }: Use): string {
    const plain = [lastPart(name), lastPart(key)].find(
      (it) => it !== '' && !/^(id|uid|pk|key|slug|body|value|content)$/i.test(it) && /^[\w.-]+$/.test(it),
    );
    const base = toSnake(plain ?? (noun ? `${singular(noun)}_id` : key || 'value')) || 'value';
    const safe = RESERVED.has(base) || /^\d/.test(base) ? `its_${base}` : base;
    let unique = safe;
    for (let count = 2; this.#names.has(unique); count += 1) unique = `${safe}_${count}`;
    this.#names.add(unique);
    return unique;
  }
}

function rate({ key, words, is_hidden, place }: Source, { name, noun }: Use): number {
  const thing = noun || lastPart(name).replace(/[-_]?(id|uid|uuid|key|slug|ref|pk)s?$/i, '');
  return (
    (name !== '' && sameWord(lastPart(name), key) ? 4 : 0) +
    (thing !== '' && words.some((word) => sameThing(word, thing)) ? 2 : 0) +
    (ID_NAME.test(key) ? 1 : 0) +
    (is_hidden ? 1 : 0) -
    (place.in === 'cookie' ? 1 : 0)
  );
}

/** Whether a text is so long and random that it means one thing wherever it occurs. */
function isDistinct(text: string): boolean {
  if (/\s/.test(text) || PLAIN.test(text)) return false;
  if (/^\d+$/.test(text)) return text.length >= LONG_NUMBER;
  if (text.length >= LONG && /^[\w+/=.~-]+$/.test(text)) return /\d/.test(text) || /[a-z][A-Z]|[A-Z][a-z]/.test(text);
  return text.length >= DISTINCT && /\d/.test(text) && /[a-z]/i.test(text) && /^[\w+/=.~:-]+$/.test(text);
}

/** The texts that a request sends, whole and in their parts. */
function listSent({ at, request }: HarEntry): Set<string> {
  const body = request.postData?.text ?? '';
  const params = request.postData?.params ?? [];
  const all = [
    decodeUrlPart(at.pathname),
    ...[...at.searchParams].flat(),
    body,
    ...params.map(({ value }) => value ?? ''),
  ];
  const form = /urlencoded/i.test(request.postData?.mimeType ?? '') ? [...new URLSearchParams(body).values()] : [];
  const headers = request.headers.filter(({ name }) => !/^(cookie|referer)$/i.test(name)).map(({ value }) => value);
  const texts = [...all, ...form, ...headers];
  return new Set([
    ...texts.flatMap((text) => [
      text,
      ...text.split('/'),
      ...(text.match(TOKEN) ?? []),
      ...(text.match(/[\w+/=.~:-]{8,}/g) ?? []),
    ]),
  ]);
}

/** `order[customer_id]` → `customer_id` */
function lastPart(name: string): string {
  return name.replace(/\]+$/, '').split(/[[.]/).pop() ?? '';
}

function toSnake(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 30)
    .toLowerCase();
}

function sameWord(one: string, other: string): boolean {
  return one !== '' && toSnake(one).replaceAll('_', '') === toSnake(lastPart(other)).replaceAll('_', '');
}

function sameThing(word: string, thing: string): boolean {
  const stem = singular(toSnake(thing));
  return (
    stem.length > 1 &&
    toSnake(word)
      .split('_')
      .some((part) => singular(part) === stem || singular(toSnake(word)) === stem)
  );
}

function singular(word: string): string {
  return word.replace(/ies$/i, 'y').replace(/(ss|us)$|s$/i, '$1');
}
