/** Which runs' files in results/ may go. InfluxDB keeps their records: the history loses nothing. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SUMMARY_FILE } from '../../contract/run-files.ts';
import { measureBytes } from './disk-use.ts';

/** As runs/options/run-id.ts makes them: whatever else somebody keeps in results/ is theirs. */
const RUN_ID = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[a-z0-9-]+-[a-z0-9]{4}$/;
/** A run of another state directory leaves no sign here but its files; k6 writes its log, and ends within hours. */
const SURELY_OVER_MS = 24 * 60 * 60 * 1_000;
const MS_PER_S = 1_000;

export interface PruneLimits {
  /** The newest so many stay; null: none for being new. */
  readonly keep: number | null;
  /** Younger ones stay; null: none for being young. */
  readonly older_than_s: number | null;
  /** Runs that stay whatever else: baselines, and those under way. */
  readonly sacred: ReadonlySet<string>;
  readonly now: Date;
}

export interface PrunedRun {
  readonly testid: string;
  readonly directory: string;
  readonly bytes: number;
}

export interface PrunePlan {
  readonly remove: readonly PrunedRun[];
  /** Runs that would have gone, and stay for what they are. */
  readonly spared: readonly string[];
  /** All runs that there are. */
  readonly found: number;
}

/** A run goes only where everything that was asked for says so. */
export async function planPrune(results_dir: string, wish: PruneLimits): Promise<PrunePlan> {
  const entries = await readdir(results_dir, { withFileTypes: true }).catch(() => []);
  const newest_first = entries
    .filter((entry) => entry.isDirectory() && RUN_ID.test(entry.name))
    .map(({ name }) => name)
    .sort()
    .reverse();
  const due = newest_first.filter((testid, place) => place >= (wish.keep ?? 0) && isOld(testid, wish));
  const remove: PrunedRun[] = [];
  const spared: string[] = [];
  for (const testid of due) {
    const directory = join(results_dir, testid);
    if (wish.sacred.has(testid) || !(await hasEnded(directory, wish.now))) spared.push(testid);
    else remove.push({ testid, directory, bytes: await measureBytes(directory) });
  }
  return { remove, spared, found: newest_first.length };
}

function isOld(testid: string, { older_than_s, now }: PruneLimits): boolean {
  return older_than_s === null || now.getTime() - parseStart_ms(testid) > older_than_s * MS_PER_S;
}

/** Its id says it. */
function parseStart_ms(testid: string): number {
  const [, year, month, day, hour, minute, second] = RUN_ID.exec(testid) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

async function hasEnded(directory: string, now: Date): Promise<boolean> {
  const names = await readdir(directory);
  if (names.includes(SUMMARY_FILE)) return true;
  const changed = await Promise.all(names.map(async (name) => (await lstat(join(directory, name))).mtimeMs));
  const last_ms = Math.max((await lstat(directory)).mtimeMs, ...changed);
  return now.getTime() - last_ms > SURELY_OVER_MS;
}
