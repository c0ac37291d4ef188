import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseJson } from './json.ts';
import { writeWhole } from './whole-file.ts';

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
/** 256 bits. */
const SECRET_BYTES = 32;

/** Creates a directory that only its owner may enter. */
export async function privateDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
}

/** Writes a file that only its owner may read, completely or not at all. */
export async function writePrivate(file: string, text: string): Promise<void> {
  await privateDirectory(dirname(file));
  await writeWhole(file, text, PRIVATE_FILE);
}

/** @returns null if there is no such file */
export async function readOptional(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** A JSON file of ours. @returns undefined if it does not exist, or a crash has cut it */
export async function readJson<T>(file: string): Promise<T | undefined> {
  return parseJson((await readOptional(file)) ?? '') as T | undefined;
}

/** Creates a secret that is safe in URLs, headers and environment variables. */
export function createSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}
