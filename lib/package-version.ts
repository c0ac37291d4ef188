import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version of Loadstar that runs. @param root where its package.json is */
export function packageVersion(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return version;
}
