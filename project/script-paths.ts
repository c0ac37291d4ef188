/** Scripts that a call names by their paths, instead of scenarios by their names. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { globSync, isDynamicPattern } from 'tinyglobby';
import { COMMAND } from '../contract/package-name.ts';
import { SCENARIOS } from '../contract/scenarios.ts';
import { usageError } from '../lib/errors.ts';
import type { ScenarioFiles } from './catalogue.ts';
import { LONGEST_NAME, scenarioNameOf } from './scenario-name.ts';
import { exportsJourney } from './script-text.ts';

const SCRIPT_ENDING = /\.[cm]?[jt]s$/;
const ALL_SCRIPTS = '**/*.{js,mjs,cjs,ts,mts,cts}';
const NO_SCRIPTS = ['**/node_modules/**', '**/*.d.ts', '**/*.d.mts', '**/*.d.cts'];

/** What a call names, with its scripts by the names of scenarios. */
export interface NamedScripts {
  /** Names of scenarios, in the order of the call. */
  readonly names: readonly string[];
  /** The scripts among them that are no scenarios of the project already. */
  readonly files: ScenarioFiles;
}

/**
 * Finds the scripts of a call: paths of files and directories, and globs. All other words stay as they are.
 * @throws LoadstarError (usage) for a path without a script
 */
export function nameScripts(words: readonly string[], cwd: string, own_files: ScenarioFiles): NamedScripts {
  const known = new Map([...own_files].map(([name, file]) => [file, name]));
  const files = new Map<string, string>();
  const names = words.flatMap((word) => {
    if (!isPath(word, cwd, own_files)) return [word];
    return findScripts(word, cwd).map((file) => {
      const name = known.get(file) ?? newName(file, (taken) => files.has(taken) || own_files.has(taken));
      if (!known.has(file)) files.set(name, file);
      known.set(file, name);
      return name;
    });
  });
  return { names, files };
}

function isPath(word: string, cwd: string, own_files: ScenarioFiles): boolean {
  if (/[\\/]/.test(word) || SCRIPT_ENDING.test(word) || isDynamicPattern(word)) return true;
  return !own_files.has(word) && !Object.hasOwn(SCENARIOS, word) && existsSync(resolve(cwd, word));
}

function findScripts(word: string, cwd: string): string[] {
  const path = resolve(cwd, word);
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) return [requireScript(path, word)];
    const found = findBelow(path, ALL_SCRIPTS);
    if (found.length > 0) return found;
    throw usageError(`k6 scripts in ${word}`, 'no file that exports a default function or `options`', NAME_ONE);
  }
  if (!isDynamicPattern(word)) throw usageError('a k6 script, a directory or a glob', `no ${word}`, NAME_ONE);
  const found = findBelow(cwd, word);
  if (found.length > 0) return found;
  throw usageError(`k6 scripts that match ${word}`, 'none', NAME_ONE);
}

const NAME_ONE = `name a script: \`${COMMAND} run path/to/script.js\``;

function requireScript(path: string, word: string): string {
  if (SCRIPT_ENDING.test(path)) return path;
  throw usageError('a k6 script that ends with .js or .ts', word, NAME_ONE);
}

/** Modules that another script imports are its helpers. */
function findBelow(directory: string, pattern: string): string[] {
  const paths = globSync(pattern, { cwd: directory, absolute: true, ignore: NO_SCRIPTS, expandDirectories: false })
    .filter((path) => SCRIPT_ENDING.test(path))
    .map((path) => resolve(path))
    .sort();
  const texts = new Map(paths.map((path) => [path, readFileSync(path, 'utf8')]));
  const imported = new Set([...texts].flatMap(([path, text]) => importedFiles(path, text)));
  return paths.filter((path) => !imported.has(path) && exportsJourney(texts.get(path) ?? ''));
}

const IMPORT = /(?:from|import|require)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;
const ENDINGS = ['', '.js', '.ts', '.mjs', '.mts', '.cjs', '.cts', '/index.js', '/index.ts'];

function importedFiles(file: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].flatMap(([, path = '']) => {
    const place = resolve(dirname(file), path);
    // TypeScript names the file that it would emit.
    return [...ENDINGS.map((ending) => `${place}${ending}`), place.replace(/\.([cm]?)js$/, '.$1ts')];
  });
}

/** Of the file alone where that is free, so that a script keeps its history; else with its directory's name. */
function newName(file: string, is_taken: (name: string) => boolean): string {
  const base = basename(file, extname(file)).replace(/\.(test|spec|k6)$/, '');
  const below = relative('/', dirname(file)).split(/[\\/]/);
  for (let count = 0; count <= below.length; count += 1) {
    const name = validName([...below.slice(below.length - count), base].join('-'));
    if (!is_taken(name) && !TAKEN.includes(name) && !Object.hasOwn(SCENARIOS, name)) return name;
  }
  throw usageError('scripts with different paths', join(file), 'name it once');
}

const TAKEN = ['all', 'mixed'];

function validName(text: string): string {
  const name = scenarioNameOf(text) || `script-${scenarioNameOf(`x${text}`)}`;
  return name.slice(0, LONGEST_NAME).replace(/-+$/, '');
}
