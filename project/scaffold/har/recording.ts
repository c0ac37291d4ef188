import { z } from 'zod';
import { requireShallow } from '../../../lib/bounded.ts';
import { usageError } from '../../../lib/errors.ts';
import { parseJson } from '../../../lib/json.ts';
import { readSource } from '../source.ts';
import { writeMultipart } from './multipart.ts';
import { readStarts } from './start.ts';

/** Unreadable items, such as a header whose value is null, are left out one by one. */
function list<T>(item: z.ZodType<T>) {
  return z
    .array(z.unknown())
    .catch([])
    .transform((items) => items.map((one) => item.safeParse(one)).flatMap((it) => (it.success ? [it.data] : [])));
}

const optionalText = z.string().optional().catch(undefined);
const text = z.string().catch('');
const PAIRS = list(z.object({ name: z.string(), value: z.string() }));

/**
 * The fields of HAR 1.2 that are used (http://www.softwareishard.com/blog/har-12-spec/), as browsers and proxies write
 * them. docs/decisions/0073-less-code.md says why no library reads them.
 */
const ENTRY = z.object({
  startedDateTime: z.unknown().optional(),
  /** ms */
  time: z.number().min(0).catch(0),
  pageref: optionalText,
  _resourceType: optionalText,
  request: z.object({
    method: z.string().toUpperCase(),
    url: z.string(),
    headers: PAIRS,
    queryString: PAIRS,
    cookies: list(z.object({ value: z.string() })),
    postData: z
      .object({
        mimeType: text,
        text: optionalText,
        params: list(
          z.object({
            name: z.string(),
            value: z.string().nullish(),
            fileName: optionalText,
            contentType: optionalText,
          }),
        ),
      })
      .optional()
      .catch(undefined),
  }),
  /** An entry without a response has status 0, as one that the browser gave up. */
  response: z
    .object({
      status: z.coerce.number().int().catch(0),
      redirectURL: text,
      headers: PAIRS,
      cookies: PAIRS,
      content: z
        .object({ mimeType: text, text: optionalText, encoding: optionalText })
        .catch({ mimeType: '', text: undefined, encoding: undefined }),
    })
    .catch({
      status: 0,
      redirectURL: '',
      headers: [],
      cookies: [],
      content: { mimeType: '', text: undefined, encoding: undefined },
    }),
});

/** A response, even one that says that the browser gave up. */
const WITH_ANSWER = z.object({ response: z.object({}) });

const HAR = z.object({
  log: z.object({
    pages: list(z.object({ id: z.string(), title: text })),
    entries: z.array(z.unknown()),
  }),
});

export type HarEntry = z.output<typeof ENTRY> & {
  readonly at: URL;
  /** Address of the answer behind redirects. */
  readonly answered_at?: URL;
  /** How many redirects were followed. */
  readonly redirects?: number;
  /** When it began, ms since 1970. */
  readonly start_ms: number;
};

export interface Recording {
  /** In the order in which they began; only http and https. */
  readonly entries: readonly HarEntry[];
  /** Titles of pages by their ids. */
  readonly pages: ReadonlyMap<string, string>;
  /** Whether it has any answer. Programs also export requests alone. */
  readonly has_answers: boolean;
  /** What was left out or changed, one line each. */
  readonly notes: readonly string[];
}

/** Recordings hold response bodies too. A larger file makes no scenario that anybody could read. */
const LARGEST_BYTES = 64 * 2 ** 20;

const HOW_TO_RECORD = 'record again and export with "Save all as HAR" in the network panel of the browser';

/** @throws LoadstarError (usage) if the file is no recording, or holds no readable request */
export async function readRecording(file: string): Promise<Recording> {
  const expected = '--from-har to name a HAR recording';
  const source = await readSource(file, expected, LARGEST_BYTES);
  const value = parseJson(source);
  if (value === undefined) throw usageError(expected, `${file}, which is no JSON`, HOW_TO_RECORD);
  requireShallow(value, expected);
  const result = HAR.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw usageError(expected, `${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`, HOW_TO_RECORD);
  }
  const { pages, entries } = result.data.log;
  const has_answers = entries.some((entry) => WITH_ANSWER.safeParse(entry).success);
  const { readable, notes } = readEntries(entries);
  if (readable.length === 0) {
    throw usageError(expected, [`${file}, which holds no request`, ...notes].join('; '), HOW_TO_RECORD);
  }
  if (!has_answers)
    notes.push('no answers are recorded: any status of success is one, and no value is taken from an answer');
  return { entries: readable, pages: new Map(pages.map(({ id, title }) => [id, title])), has_answers, notes };
}

/** Leaves unreadable entries out, and counts them: one must not refuse the whole recording. */
function readEntries(entries: readonly unknown[]): { readable: HarEntry[]; notes: string[] } {
  const results = entries.map((entry) => ENTRY.safeParse(entry));
  const parsed = results.flatMap(({ data }) => (data ? [data] : []));
  const starts = readStarts(parsed.map(({ startedDateTime }) => startedDateTime));
  const readable = parsed.flatMap((entry, index) => {
    const at = readRequestAddress(entry.request);
    return at ? [{ ...withUploadText(entry), at, start_ms: starts.times_ms[index] ?? 0 }] : [];
  });
  const notes = [
    countNote('left out: entries without a readable request', entries.length - parsed.length),
    countNote('left out: addresses other than http and https, such as data: and ws:', parsed.length - readable.length),
    countNote('kept in their place, without a pause: requests without a readable time', starts.unreadable),
    countNote(
      'left out: session ids in addresses, such as `;jsessionid=`',
      readable.filter(({ request }) => findSessionIds(request.url).length > 0).length,
    ),
  ];
  return { readable: readable.sort((a, b) => a.start_ms - b.start_ms), notes: notes.flat() };
}

/** Proxies keep the parts of a multipart form instead of its text. */
function withUploadText<Entry extends z.output<typeof ENTRY>>(entry: Entry): Entry {
  const { postData, headers } = entry.request;
  const header = headers.find(({ name }) => /^content-type$/i.test(name));
  const type = header?.value || postData?.mimeType || '';
  if (!postData || postData.text || postData.params.length === 0 || !/multipart\/form-data/i.test(type)) return entry;
  const { text, content_type } = writeMultipart(postData.params, type);
  const others = headers.filter((it) => it !== header);
  return {
    ...entry,
    request: {
      ...entry.request,
      headers: [...others, { name: 'Content-Type', value: content_type }],
      postData: { ...postData, text, mimeType: content_type },
    },
  };
}

function countNote(what: string, count: number): string[] {
  return count > 0 ? [`${what} (${count})`] : [];
}

/** A session that a server without cookies writes into paths. A recorded one has expired. */
const SESSION_ID = /;(?:j?session_?id|phpsessid|sid)=([^/?#;]*)/gi;

export function findSessionIds(address: string): string[] {
  return [...address.matchAll(SESSION_ID)].map(([, id]) => id ?? '');
}

/** Some programs write the query beside the address only. */
function readRequestAddress({ url, queryString }: z.output<typeof ENTRY>['request']): URL | null {
  const at = readAddress(url);
  if (at?.search === '') for (const { name, value } of queryString) at.searchParams.append(name, value);
  return at;
}

/** @param base for a relative address. @returns null for an address that is neither http nor https */
export function readAddress(address: string, base?: URL): URL | null {
  const text = address.replace(SESSION_ID, '').replace(/#.*$/s, '');
  if (!URL.canParse(text, base?.href)) return null;
  const url = new URL(text, base?.href);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
}
