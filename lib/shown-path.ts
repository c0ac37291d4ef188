import { relative } from 'node:path';

/** A path as somebody in `cwd` would type it: relative if it is below, absolute otherwise. */
export function shownPath(cwd: string, path: string): string {
  const below = relative(cwd, path);
  return below.startsWith('..') ? path : below || '.';
}
