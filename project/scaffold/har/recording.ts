import { z } from 'zod';
import { requireShallow } from '../../../lib/bounded.ts';
import { usageError } from '../../../lib/errors.ts';
import { readSource } from '../source.ts';

/**
 * What is used of HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as browsers write it; zod drops all the rest.
 * Grafana's har-to-k6 is no help here: it writes JavaScript with one raw URL a request, keeps cookies and tokens, and brings 15
 * packages, some long unmaintained. What a recording needs is what it lacks.
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

/** Recordings hold the answers' bodies too; longer journeys make no scenario that anybody reads. */
const LARGEST_BYTES = 64 * 2 ** 20;

/** @throws LoadstarError (usage) where the file is no recording */
export async function readRecording(file: string): Promise<Recording> {
  const expected = `--from-har to name a HAR recording`;
  const text = await readSource(file, expected, LARGEST_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError(expected, `${file}, which is no JSON`);
  }
  requireShallow(value, expected);
  const result = HAR.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw usageError(expected, `${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  const { pages, entries } = result.data.log;
  const known = entries.flatMap((entry) => {
    const at = URL.canParse(entry.request.url) ? new URL(entry.request.url) : null;
    return at && (at.protocol === 'http:' || at.protocol === 'https:') ? [{ ...entry, at }] : [];
  });
  if (known.length === 0) throw usageError(expected, `${file}, which holds no request`);
  known.sort((a, b) => startOf_ms(a) - startOf_ms(b));
  return { entries: known, pages: new Map(pages.map(({ id, title }) => [id, title])) };
}

export function startOf_ms({ startedDateTime }: Pick<HarEntry, 'startedDateTime'>): number {
  return Date.parse(startedDateTime);
}
