/** Explains why a file or directory cannot be used, and what to do, wherever the error shows. */
import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { type LoadstarError, messageOf, unusableError } from './errors.ts';

/** A directory that an environment variable moves. */
export interface MovablePlace {
  readonly directory: string;
  readonly variable: 'LOADSTAR_HOME' | 'RESULTS_DIR' | 'XDG_CACHE_HOME';
}

const FULL = ['ENOSPC', 'EDQUOT'];
const REFUSED = ['EACCES', 'EPERM'];
const TOO_MANY = ['EMFILE', 'ENFILE'];
const NO_DIRECTORY = ['ENOTDIR', 'EEXIST'];
const READ_ONLY = 'EROFS';

/**
 * @param places directories that can be elsewhere
 * @returns null if the error is none of the file system
 */
export function explainFileFault(error: unknown, places: readonly MovablePlace[]): LoadstarError | null {
  const { code = '', path } = (error ?? {}) as NodeJS.ErrnoException;
  const found = messageOf(error);
  const place = places.find(({ directory }) => path === directory || path?.startsWith(`${directory}/`));
  const elsewhere = `keep the ${place ? 'files' : 'state'} elsewhere: ${place?.variable ?? 'LOADSTAR_HOME'}=<directory>`;
  if (FULL.includes(code)) {
    return unusableError('free space on the disk', found, `free disk space, or ${elsewhere}`, error);
  }
  if (TOO_MANY.includes(code)) {
    return unusableError('room for another open file', found, 'raise the limit: `ulimit -n 4096`', error);
  }
  if (path === undefined) return null;
  if (code === READ_ONLY) {
    return unusableError(`a disk that can be written for ${path}`, found, `mount it writable, or ${elsewhere}`, error);
  }
  if (place && NO_DIRECTORY.includes(code)) {
    return unusableError(
      `a directory at ${place.directory}`,
      found,
      `move the file in its place, or ${elsewhere}`,
      error,
    );
  }
  if (!REFUSED.includes(code)) return null;
  const owner = findOwner(path);
  const { username, uid } = userInfo();
  const is_others = owner !== null && owner.uid !== uid;
  const whose = is_others ? `; ${owner.path} belongs to user ${ownerName(owner.uid)}` : '';
  // What is Loadstar's may get another owner; what holds it may belong to somebody else for a reason.
  const is_ours = place !== undefined && owner?.path.startsWith(place.directory);
  const first = is_others && is_ours ? `sudo chown -R ${username} ${place.directory}` : null;
  const check = `check the permissions of ${owner?.path ?? path}`;
  const next = [first ?? check, ...(place ? [elsewhere] : [])].join(', or ');
  return unusableError(`${username} to have access to ${path}`, `${found}${whose}`, next, error);
}

function ownerName(uid: number): string {
  return uid === 0 ? 'root, as after a call with sudo' : String(uid);
}

/** The owner of a path, or of the nearest directory above it that this user can see. */
function findOwner(path: string): { readonly path: string; readonly uid: number } | null {
  try {
    return { path, uid: statSync(path).uid };
  } catch {
    return dirname(path) === path ? null : findOwner(dirname(path));
  }
}
