/** Scripts that a call names by their paths, instead of scenarios by their names. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import { globSync, isDynamicPattern } from 'tinyglobby';
import { COMMAND } from '../contract/package-name.ts';
import { SCENARIOS } from '../contract/scenarios.ts';
import type { CommandContext } from '../lib/context.ts';
import { usageError } from '../lib/errors.ts';
import type { ScenarioFiles } from './catalogue.ts';
import { LONGEST_NAME, scenarioNameOf, TAKEN } from './scenario-name.ts';
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

interface Place {
  readonly cwd: string;
  /** Directory that the names of scripts are relative to. */
  readonly project_base: string;
}

/**
 * The project with the scripts that a call names by their paths.
 * @param names of the call; without any, SCENARIO counts
 */
export function withScripts<P extends { readonly own_files: ScenarioFiles }>(
  context: Pick<CommandContext, 'cwd' | 'environment' | 'project'>,
  names: readonly string[],
  project: P,
): { readonly project: P; readonly named: readonly string[] } {
  const { cwd, environment } = context;
  const words = names.length > 0 ? names : (environment.SCENARIO ?? '').split(',').map((word) => word.trim());
  const scripts = nameScripts(words.filter(Boolean), { cwd, project_base: context.project.base }, project.own_files);
  const own_files = new Map([...project.own_files, ...scripts.files]);
  return { project: { ...project, own_files }, named: scripts.names };
}

/**
 * Finds the scripts of a call: paths of files and directories, and globs. All other words stay as they are.
 * @throws LoadstarError (usage) for a path without a script
 */
export function nameScripts(
  words: readonly string[],
  { cwd, project_base }: Place,
  own_files: ScenarioFiles,
): NamedScripts {
  const known = new Map([...own_files].map(([name, file]) => [file, name]));
  const files = new Map<string, string>();
  const names = words.flatMap((word) => {
    if (!isPath(word, cwd, own_files)) return [word];
    return findScripts(word, cwd).map((file) => {
      const name = known.get(file) ?? newName(file, project_base, (taken) => files.has(taken) || own_files.has(taken));
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

/** @throws LoadstarError (usage) for a second script of the same name */
function newName(file: string, project_base: string, is_taken: (name: string) => boolean): string {
  const candidates = candidateNames(file, project_base);
  const name = candidates.find((it) => !is_taken(it) && !TAKEN.includes(it));
  if (name !== undefined) return name;
  throw usageError('scripts of different names', `two of the name \`${candidates[0]}\`, one is ${file}`, 'rename one');
}

/**
 * By the path below the project, so that a script keeps its name and its history, whatever else a call names; of the file alone
 * where it lies elsewhere.
 */
function candidateNames(file: string, project_base: string): string[] {
  const below = relative(project_base, dirname(file));
  const stem = stemOf(file);
  if (!below.startsWith('..') && !isAbsolute(below)) {
    const path = join(below, stem);
    return [validName(path), validName(`script ${path}`)];
  }
  const directories = dirname(file).split(/[\\/]/);
  return [...directories.keys()].map((index) => {
    return validName([...directories.slice(directories.length - index), stem].join('-'));
  });
}

/** Of `basic.test.ts` it is `basic`; with its ending where a script beside it differs in that alone. */
function stemOf(file: string): string {
  const stem = withoutEnding(basename(file));
  const twins = readdirSync(dirname(file)).filter((it) => SCRIPT_ENDING.test(it) && withoutEnding(it) === stem);
  return twins.length > 1 ? basename(file) : stem;
}

function withoutEnding(name: string): string {
  return basename(name, extname(name)).replace(/\.(test|spec|k6)$/, '');
}

/** The end of a long path tells most; a hash keeps two of the same end apart. */
function validName(text: string): string {
  const name = scenarioNameOf(text) || `script-${scenarioNameOf(`x${text}`)}`;
  if (name.length <= LONGEST_NAME) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
  const end = name.slice(-(LONGEST_NAME - HASH_LENGTH - 1)).replace(/^[^-]*-/, '');
  return `${scenarioNameOf(end)}-${hash}`;
}

const HASH_LENGTH = 4;
