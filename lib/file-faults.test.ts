import { expect, it } from 'vitest';
import { explainFileFault } from './file-faults.ts';

const places = [
  { directory: '/team/results', variable: 'RESULTS_DIR' },
  { directory: '/team/.loadstar', variable: 'LOADSTAR_HOME' },
] as const;

const fault = (code: string, path?: string) => Object.assign(new Error(`${code}: it failed`), { code, path });

it.each([
  ['ENOSPC', undefined, 'free space', 'LOADSTAR_HOME=<directory>'],
  ['EDQUOT', '/team/results/a', 'free space', 'RESULTS_DIR=<directory>'],
  ['EMFILE', '/team/results/a', 'open file', 'ulimit -n'],
  ['EROFS', '/team/results', 'a disk that can be written for /team/results', 'RESULTS_DIR=<directory>'],
  ['ENOTDIR', '/team/results/a', 'a directory at /team/results', 'RESULTS_DIR=<directory>'],
  ['EACCES', '/team/.loadstar/runs/a.json', 'access to /team/.loadstar/runs/a.json', 'LOADSTAR_HOME=<directory>'],
  ['EPERM', '/elsewhere/file', 'access to /elsewhere/file', 'check the permissions of /'],
])('explains %s at %s', (code, path, expected, next) => {
  const explained = explainFileFault(fault(code, path), places);
  expect(explained?.exit_code).toBe(4);
  expect(explained?.message).toContain(expected);
  expect(explained?.found).toContain(`${code}: it failed`);
  expect(explained?.next).toContain(next);
});

it('leaves other errors alone', () => {
  expect(explainFileFault(fault('ENOENT', '/team/results/a'), places)).toBeNull();
  // Such as of a port that only root may use.
  expect(explainFileFault(fault('EACCES'), places)).toBeNull();
  expect(explainFileFault(new TypeError('a mistake of ours'), places)).toBeNull();
});
