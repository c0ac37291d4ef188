import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nameScripts } from './script-paths.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'loadstar-scripts-'));
  const script = `import http from 'k6/http';\nimport { base } from './lib/base.js';\nexport default function () { http.get(base); }`;
  for (const file of ['smoke.js', 'load/smoke.ts', 'load/02_soak.test.ts']) write(file, script);
  write('lib/base.js', `export const base = 1;`);
  write('load/lib/base.js', 'export default 1;');
  write('load/types.d.ts', 'export default 1;');
  write('load/node_modules/x/index.js', script);
  write('webpack.config.js', 'export default { entry: {} };');
});
afterEach(() => rmSync(cwd, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(cwd, file)), { recursive: true });
  writeFileSync(join(cwd, file), text);
}

const named = (...words: string[]) => {
  const { names, files } = nameScripts(words, { cwd, project_base: cwd }, new Map([['mine', join(cwd, 'smoke.js')]]));
  return { names, files: [...files].map(([name, file]) => `${name} ${relative(cwd, file)}`) };
};

describe('words of a call', () => {
  it('that are no paths stay names', () => {
    expect(named('search', 'all', 'nowhere')).toEqual({ names: ['search', 'all', 'nowhere'], files: [] });
  });

  it('name files, in their order', () => {
    expect(named('load/02_soak.test.ts', 'search', './load/smoke.ts')).toEqual({
      names: ['load-02-soak', 'search', 'load-smoke'],
      files: ['load-02-soak load/02_soak.test.ts', 'load-smoke load/smoke.ts'],
    });
  });

  it('name directories and globs, without helpers, declarations and packages', () => {
    const files = ['load-02-soak load/02_soak.test.ts', 'load-smoke load/smoke.ts'];
    expect(named('load')).toEqual({ names: ['load-02-soak', 'load-smoke'], files });
    expect(named('load/*.ts')).toEqual({ names: ['load-02-soak', 'load-smoke'], files });
    expect(named('.').names).toEqual(['load-02-soak', 'load-smoke', 'mine']);
  });

  it('name a scenario of the project by its file', () => {
    expect(named('smoke.js')).toEqual({ names: ['mine'], files: [] });
  });

  it('give a script the same name alone and beside others', () => {
    write('other/smoke.ts', 'export default function () {}');
    expect(named('other/smoke.ts').names).toEqual(['other-smoke']);
    expect(named('load/smoke.ts', 'other/smoke.ts').names).toEqual(['load-smoke', 'other-smoke']);
  });

  it('keep apart scripts that differ in their ending alone, those of words of the command, and long paths', () => {
    for (const file of [
      'twin/a.js',
      'twin/a.ts',
      'search.js',
      'all.js',
      `${'deep/'.repeat(9)}first/checkout-with-voucher.js`,
    ]) {
      write(file, 'export default function () {}');
    }
    expect(named('twin').names).toEqual(['twin-a-js', 'twin-a-ts']);
    expect(named('search.js', './all.js').names).toEqual(['search', 'script-all']);
    const [long = ''] = named('deep').names;
    expect(long).toMatch(/^deep-first-checkout-with-voucher-[0-9a-f]{4}$/);
    expect(long.length).toBeLessThanOrEqual(40);
  });

  it('use the name of the file for one outside of the project', () => {
    const outside = (...words: string[]) =>
      nameScripts(words, { cwd, project_base: join(cwd, 'lib') }, new Map()).names;
    expect(outside('load/smoke.ts')).toEqual(['smoke']);
    expect(outside('smoke.js', 'load/smoke.ts')).toEqual(['smoke', 'load-smoke']);
  });

  it.each([
    ['nowhere.js', 'a k6 script, a directory or a glob'],
    ['nowhere/*.js', 'k6 scripts that match'],
    ['lib', 'k6 scripts in lib'],
    ['./load/types.json', 'a k6 script, a directory or a glob'],
  ])('that name nothing are refused: %s', (word, message) => {
    expect(() => named(word)).toThrow(message);
  });
});
