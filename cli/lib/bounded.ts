/** Reading what somebody else wrote, and not more of it than fits. */
import { open } from 'node:fs/promises';
import { usageError } from './errors.ts';

const MIB = 2 ** 20;

/**
 * The text of a file. Of a pipe or a device, which have no size, no more is read either.
 * @param expected what the file should be, for messages
 * @returns null where there is no such file
 * @throws LoadstarError (usage) for one that is larger, or no file
 */
export async function readBounded(file: string, most_bytes: number, expected: string): Promise<string | null> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (!handle) return null;
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw usageError(expected, `${file}, which is no file`);
    if (found.size > most_bytes) {
      throw usageError(`${expected} of at most ${most_bytes / MIB} MiB`, `${Math.ceil(found.size / MIB)} MiB`);
    }
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** The beginning of an answer, of at most so many bytes; the rest is not waited for. */
export async function textUpTo(body: AsyncIterable<Buffer | Uint8Array>, most_bytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    parts.push(Buffer.from(part));
    length += part.length;
    // Leaving the loop closes the stream.
    if (length >= most_bytes) break;
  }
  return Buffer.concat(parts).subarray(0, most_bytes).toString('utf8');
}
