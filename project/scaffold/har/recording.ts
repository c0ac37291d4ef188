import { z } from 'zod';
import { requireShallow } from '../../../lib/bounded.ts';
import { usageError } from '../../../lib/errors.ts';
import { parseJson } from '../../../lib/json.ts';
import { readSource } from '../source.ts';

/**
 * The fields of HAR 1.2 that are used (http://www.softwareishard.com/blog/har-12-spec/), as browsers write them.
 * docs/decisions/0073-less-code.md says why no library reads them.
 */
const ENTRY = z.object({
  startedDateTime: z.iso.datetime({ offset: true }),
  /** ms */
  time: z.number().min(0).catch(0),
  pageref: z.string().optional(),
  _resourceType: z.string().optional(),
  request: z.object({
    method: z.string(),
    url: z.string(),
    headers: z.array(z.object({ name: z.string(), value: z.string() })).catch([]),
    cookies: z.array(z.object({ value: z.string() })).catch([]),
    postData: z
      .object({
        mimeType: z.string().catch(''),
        text: z.string().optional(),
        params: z.array(z.object({ name: z.string(), value: z.string().optional() })).optional(),
      })
      .optional(),
  }),
  response: z.object({
    status: z.number(),
    redirectURL: z.string().catch(''),
    content: z
      .object({ mimeType: z.string().catch(''), text: z.string().optional(), encoding: z.string().optional() })
      .catch({ mimeType: '' }),
  }),
});

const HAR = z.object({
  log: z.object({
    pages: z.array(z.object({ id: z.string(), title: z.string().catch('') })).catch([]),
    entries: z.array(ENTRY),
  }),
});

export type HarEntry = z.output<typeof ENTRY> & { readonly at: URL };

export interface Recording {
  /** In the order in which they began; only http and https. */
  readonly entries: readonly HarEntry[];
  /** Titles of pages by their ids. */
  readonly pages: ReadonlyMap<string, string>;
}

/** Recordings hold response bodies too. A larger file makes no scenario that anybody could read. */
const LARGEST_BYTES = 64 * 2 ** 20;

const HOW_TO_RECORD = 'record again and export with "Save all as HAR" in the network panel of the browser';

/** @throws LoadstarError (usage) if the file is no recording */
export async function readRecording(file: string): Promise<Recording> {
  const expected = '--from-har to name a HAR recording';
  const text = await readSource(file, expected, LARGEST_BYTES);
  const value = parseJson(text);
  if (value === undefined) throw usageError(expected, `${file}, which is no JSON`, HOW_TO_RECORD);
  requireShallow(value, expected);
  const result = HAR.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw usageError(expected, `${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`, HOW_TO_RECORD);
  }
  const { pages, entries } = result.data.log;
  const http_entries = entries.flatMap((entry) => {
    const at = URL.canParse(entry.request.url) ? new URL(entry.request.url) : null;
    return at && (at.protocol === 'http:' || at.protocol === 'https:') ? [{ ...entry, at }] : [];
  });
  if (http_entries.length === 0) throw usageError(expected, `${file}, which holds no request`, HOW_TO_RECORD);
  http_entries.sort((a, b) => startOf_ms(a) - startOf_ms(b));
  return { entries: http_entries, pages: new Map(pages.map(({ id, title }) => [id, title])) };
}

export function startOf_ms({ startedDateTime }: Pick<HarEntry, 'startedDateTime'>): number {
  return Date.parse(startedDateTime);
}
