/** Directories that belong to one process. If it is killed, a later one finds and removes them. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pid as own_pid } from 'node:process';
import { identify } from './process-identity.ts';

const HASH_DIGITS = 8;
/** `run-1234-1a2b3c4d-Xy12ab`: purpose, pid, a hash of the birth of the process, and what makes the name unique. */
const NAME = /^[a-z0-9]+-(?<pid>\d+)-(?<birth>[0-9a-f]{8})-/;
/** Earlier versions named no process. None of their calls lasts longer. */
const NAMELESS_KEPT_MS = 86_400_000;

/** Makes a directory of this process. @param purpose letters and digits, the beginning of its name */
export async function makeOwnedDirectory(parent: string, purpose: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  return await mkdtemp(join(parent, `${purpose}-${own_pid}-${await hashBirth(own_pid)}-`));
}

/** Removes the directories of processes that have ended. @returns how many */
export async function removeAbandonedDirectories(parent: string): Promise<number> {
  const names = await readdir(parent).catch(() => []);
  const removed = await Promise.all(
    names.map(async (name) => {
      if (!(await isAbandoned(parent, name))) return 0;
      await rm(join(parent, name), { recursive: true, force: true });
      return 1;
    }),
  );
  return removed.reduce<number>((sum, one) => sum + one, 0);
}

async function isAbandoned(parent: string, name: string): Promise<boolean> {
  const { pid, birth } = NAME.exec(name)?.groups ?? {};
  if (pid !== undefined) return (await hashBirth(Number(pid))) !== birth;
  const entry = await stat(join(parent, name)).catch(() => null);
  return entry !== null && Date.now() - entry.mtimeMs > NAMELESS_KEPT_MS;
}

/** Of a process that has ended, it is the hash of another text. */
async function hashBirth(pid: number): Promise<string> {
  const { birth } = await identify(pid);
  return createHash('sha256').update(birth).digest('hex').slice(0, HASH_DIGITS);
}
