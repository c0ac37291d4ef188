import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readUpTo } from '../../../lib/bounded.ts';
import { decodeText } from '../../../lib/decode.ts';
import { LoadstarError, messageOf, usageError } from '../../../lib/errors.ts';
import { readSource } from '../source.ts';

const MIB = 2 ** 20;
/** Of all files together. docs/decisions/0085-api-descriptions.md has the measurements. */
const LARGEST_BYTES = 32 * MIB;
const TIMEOUT_MS = 30_000;

/** Texts of a description: the file or address that was named, and what it refers to. */
export interface Documents {
  /** URL of the document: `file:` or `http(s):`. */
  readonly url: string;
  /** The values by their URLs, without the document itself. A text says why a file was not read. */
  readonly others: ReadonlyMap<string, unknown>;
  readonly document: unknown;
}

/**
 * Reads a document, and all files that it refers to. Files must be in the same repository, or else below the directory of
 * the document; addresses must be on the same host: a description must not make this machine read or ask anything else.
 * References are rewritten, so that they need not know in which file they stand.
 * @throws LoadstarError (usage) if the document itself cannot be read
 */
export async function readDocuments(
  source: string,
  expected: string,
  parse: (text: string) => unknown,
): Promise<Documents> {
  const is_remote = /^https?:\/\//i.test(source);
  const url = is_remote ? new URL(source).href : pathToFileURL(await realpath(source).catch(() => source)).href;
  const others = new Map<string, unknown>();
  const found = new Set<string>();
  let left_bytes = LARGEST_BYTES;
  const read = async (from: string): Promise<unknown> => {
    const text = await readText(from, expected, left_bytes);
    left_bytes -= text.length;
    return parse(text);
  };
  const document = await read(url);
  linkReferences(document, url, url, found);
  const root = is_remote ? new URL(url).origin : findRoot(url);
  // A set grows while it is walked.
  for (const other of found) {
    try {
      if (!(await isInside(other, root))) throw new Error('it is not below this one');
      const value = await read(other);
      others.set(other, value);
      linkReferences(value, other, url, found);
    } catch (error) {
      others.set(other, error instanceof LoadstarError ? error.found : messageOf(error));
    }
  }
  return { url, document, others };
}

async function readText(url: string, expected: string, most_bytes: number): Promise<string> {
  if (url.startsWith('file:')) return await readSource(fileURLToPath(url), expected, most_bytes);
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: Error) => {
    throw usageError(expected, `${url}: ${messageOf(error.cause ?? error)}`, 'check the address, or save it as a file');
  });
  if (!response.ok) throw usageError(expected, `${url} answers with status ${response.status}`, 'check the address');
  const text = response.body ? await readUpTo(response.body as unknown as AsyncIterable<Buffer>, most_bytes) : '';
  return decodeText(Buffer.from(text));
}

/** The repository of the file, or else its directory, as a URL that ends with a slash. */
function findRoot(url: string): string {
  const own = dirname(fileURLToPath(url));
  for (let directory = own; directory !== dirname(directory); directory = dirname(directory)) {
    if (existsSync(join(directory, '.git'))) return `${pathToFileURL(directory).href}/`;
  }
  return `${pathToFileURL(own).href}/`;
}

async function isInside(url: string, root: string): Promise<boolean> {
  if (!root.startsWith('file:')) return new URL(url).origin === root;
  if (!url.startsWith('file:')) return false;
  // A link may lead out of the directory.
  return pathToFileURL(await realpath(fileURLToPath(url))).href.startsWith(root);
}

/** Rewrites the references of a file: into the document as `#…`, into another file with its URL, which is added to `found`. */
function linkReferences(value: unknown, base: string, document: string, found: Set<string>): void {
  const left: unknown[] = [value];
  const seen = new Set<unknown>();
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one !== 'object' || one === null || seen.has(one)) continue;
    seen.add(one);
    const { $ref } = one as { $ref?: unknown };
    if (typeof $ref === 'string' && !($ref.startsWith('#') && base === document) && URL.canParse($ref, base)) {
      const { href, hash } = new URL($ref, base);
      const file = hash ? href.slice(0, -hash.length) : href.replace(/#$/, '');
      if (file !== document) found.add(file);
      (one as { $ref: string }).$ref = `${file === document ? '' : file}${hash || '#'}`;
    }
    for (const child of Object.values(one)) left.push(child);
  }
}
