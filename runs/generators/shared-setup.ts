import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GENERATOR_ENV } from '../../contract/env.ts';
import { GENERATORS_DIR } from '../../contract/run-files.ts';
import type { RunId } from '../../contract/runs.ts';

const PRIVATE_DIRECTORY = 0o700;

/** Where the k6 processes of a run meet, so that setup() and teardown() run once (k6/output/generators). */
export interface SharedSetup {
  /** For the environment of a process. @param number from 1 */
  env(number: number): Record<string, string>;
  /** Nobody waits any more for this process. */
  markEnded(number: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param spool_dir k6 can write below it wherever it runs
 * @param path the same directory as k6 sees it
 */
export async function openSharedSetup(
  spool_dir: string,
  testid: RunId,
  count: number,
  path: (host_path: string) => string,
): Promise<SharedSetup> {
  const directory = join(spool_dir, GENERATORS_DIR, testid);
  // It holds what setup() returns, which may be tokens.
  await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
  return {
    env: (number) => ({
      [GENERATOR_ENV.directory]: path(directory),
      [GENERATOR_ENV.number]: String(number),
      [GENERATOR_ENV.count]: String(count),
    }),
    markEnded: (number) => writeFile(join(directory, `ended-${number}`), ''),
    close: () => rm(directory, { recursive: true, force: true }),
  };
}
