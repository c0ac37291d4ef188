/** The map of the rooms (tools/rooms.ts) against the imports that there are. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOMS, type Room } from '../tools/rooms.ts';
import { ROOT } from './lib/machine.ts';

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'(?<path>\.{1,2}\/[^']+)'/g;
const rooms: Readonly<Record<string, Room>> = ROOMS;

interface Edge {
  readonly file: string;
  readonly to: string;
}

const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], { cwd: ROOT })
  .toString()
  .trim()
  .split('\n')
  .filter((file) => existsSync(join(ROOT, file)));

function importsOf(files: readonly string[]): Edge[] {
  return files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    // An example in a comment or a text of a scaffold names files that do not exist here.
    return [...text.matchAll(IMPORT)].map(({ groups }) => ({
      file,
      to: normalize(join(dirname(file), groups?.path ?? '')),
    }));
  });
}

const roomOf = (file: string) => file.split('/')[0] ?? '';

describe('imports', () => {
  // A test may import whatever it tests, from any room.
  const edges = importsOf(sources.filter((file) => !/\.test\.ts$|^tests\/|^k6\/stubs\//.test(file)));

  it('are found', () => {
    expect(edges.length).toBeGreaterThan(1_000);
  });

  it('go only where the map of the rooms allows', () => {
    const wrong = edges.filter(({ file, to }) => {
      const [from, into] = [roomOf(file), roomOf(to)];
      return from !== into && rooms[from] !== undefined && !rooms[from].imports.includes(into);
    });
    expect(wrong).toEqual([]);
  });

  it('use all that the map allows, and no more: a line that nothing needs is taken out', () => {
    const used = new Set(edges.map(({ file, to }) => `${roomOf(file)} → ${roomOf(to)}`));
    const unused = Object.entries(rooms).flatMap(([name, room]) =>
      room.imports.map((it) => `${name} → ${it}`).filter((it) => !used.has(it)),
    );
    expect(unused).toEqual([]);
  });

  it('of a room name rooms below it', () => {
    const names = Object.keys(rooms);
    for (const [index, name] of names.entries()) {
      const above = rooms[name]?.imports.filter((it) => names.indexOf(it) >= index) ?? [];
      expect({ name, above }).toEqual({ name, above: [] });
    }
  });

  it('never go both ways between two folders', () => {
    const between = new Set(edges.map(({ file, to }) => `${dirname(file)} ${dirname(to)}`));
    const both = [...between].filter((it) => {
      const [from = '', to = ''] = it.split(' ');
      return from < to && between.has(`${to} ${from}`);
    });
    expect(both).toEqual([]);
  });
});

describe('unit tests', () => {
  const unit_tests = sources.filter((file) => file.endsWith('.test.ts') && !file.startsWith('tests/'));

  it('import neither measurements nor what end-to-end tests share: helpers of theirs are in testing/ of their room', () => {
    const edges = importsOf(unit_tests);
    expect(edges.length).toBeGreaterThan(unit_tests.length);
    expect(edges.filter(({ to }) => ['bench', 'tests'].includes(roomOf(to)))).toEqual([]);
  });

  it('alone, with end-to-end tests and measurements, import from testing/', () => {
    const code = sources.filter((file) => !/\.test\.ts$|^(tests|bench)\/|\/testing\//.test(file));
    expect(importsOf(code).filter(({ to }) => to.includes('/testing/'))).toEqual([]);
  });
});

describe('rooms', () => {
  it('are all top-level folders with code', () => {
    const folders = new Set(
      execFileSync('git', ['ls-files', '*.ts'], { cwd: ROOT })
        .toString()
        .trim()
        .split('\n')
        // Declarations of types are generated, and no code.
        .filter((it) => it.includes('/') && !it.endsWith('.d.ts'))
        .map(roomOf),
    );
    folders.delete('tests');
    expect([...folders].sort()).toEqual(Object.keys(rooms).sort());
  });
});
