/** The team's own tsconfig.json must not compile the load tests: their types, and their module system, are k6's. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import JSON5 from 'json5';
import { PROJECT_FILES } from '../../contract/project-files.ts';

interface TsConfig {
  readonly extends?: unknown;
  readonly files?: readonly string[];
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly compilerOptions?: { readonly outDir?: string };
}

/** What became of the team's tsconfig.json. */
export interface Exclusion {
  /** Absolute. */
  readonly file: string;
  /** Names that it has to exclude. */
  readonly names: readonly string[];
  /** The whole text afterwards; null: it cannot be changed safely, so that the team has to do it. */
  readonly text: string | null;
}

/**
 * Excludes configuration and scenarios from the tsconfig.json that TypeScript would compile them with. Comments stay.
 * @param directory of the project
 * @param place directories from the project up to the root of its repository
 * @returns null if no tsconfig.json includes them
 */
export function excludeFromTsconfig(directory: string, place: readonly string[]): Exclusion | null {
  const file = place.map((it) => join(it, 'tsconfig.json')).find((it) => existsSync(it));
  if (file === undefined) return null;
  const below = relative(dirname(file), directory).replaceAll('\\', '/');
  const names = [PROJECT_FILES.scenarios, PROJECT_FILES.config].map((it) => (below ? `${below}/${it}` : it));
  const before = readFileSync(file, 'utf8');
  const config = parseTsconfig(before);
  const inherited = config === null ? null : readInherited(file, config);
  if (config === null || inherited === null) return { file, names, text: null };
  const { include, files } = { ...inherited, ...config };
  const included = names.filter((name) => (include ?? (files ? [] : ['**/*'])).some((it) => mayMatch(it, name)));
  const excluded = new Set((config.exclude ?? []).map(plainPath));
  const missing = included.filter((name) => !excluded.has(name));
  if (missing.length === 0) return null;
  if (config.exclude === undefined && inherited.exclude !== undefined) return { file, names: missing, text: null };
  const text = config.exclude === undefined ? insertExclude(before, config, missing) : extendExclude(before, missing);
  const wanted = [...missing, ...(config.exclude ?? [])];
  const is_written = wanted.every((name) => parseTsconfig(text)?.exclude?.includes(name));
  return { file, names: missing, text: is_written ? text : null };
}

function parseTsconfig(text: string): TsConfig | null {
  try {
    const parsed: unknown = JSON5.parse(text.replace(/^\uFEFF/, ''));
    return typeof parsed === 'object' && parsed !== null ? parsed : null;
  } catch {
    return null;
  }
}

/** What the configurations say that this one extends. @returns null if one of them cannot be read */
function readInherited(file: string, config: TsConfig): TsConfig | null {
  if (config.extends === undefined) return {};
  let merged: TsConfig = {};
  for (const name of [config.extends].flat()) {
    const base = resolveBase(file, String(name));
    const parsed = base === null ? null : parseTsconfig(readFileSync(base, 'utf8'));
    const inherited = base === null || parsed === null ? null : readInherited(base, parsed);
    if (inherited === null) return null;
    merged = { ...merged, ...inherited, ...parsed };
  }
  return merged;
}

function resolveBase(file: string, name: string): string | null {
  const require = createRequire(file);
  for (const candidate of [name, `${name}.json`, `${name}/tsconfig.json`]) {
    try {
      const found = require.resolve(candidate);
      if (found.endsWith('.json')) return found;
    } catch {
      // The next form of the name may exist.
    }
  }
  return null;
}

const plainPath = (path: string) => path.replace(/^\.\//, '').replace(/\/(\*\*\/\*)?$/, '');

/** Whether a pattern of `include` covers the name: patterns of other directories do not. */
function mayMatch(pattern: string, name: string): boolean {
  const parts = plainPath(pattern).split('/');
  const named = name.split('/');
  for (const [index, part] of parts.entries()) {
    if (part === '.' || part === '**') return true;
    if (part !== '*' && part.includes('*')) return !/\.[^t*]\w*$/.test(part);
    if (part !== '*' && part !== named[index]) return false;
  }
  return true;
}

/** A list replaces TypeScript's own: packages and compiled files are named again. */
function insertExclude(text: string, { compilerOptions }: TsConfig, names: readonly string[]): string {
  const out = compilerOptions?.outDir === undefined ? [] : [plainPath(compilerOptions.outDir)];
  const list = JSON.stringify(['node_modules', ...out, ...names]).replaceAll('","', '", "');
  const [, indent = '\n  '] = /(\r?\n[ \t]+)"/.exec(text) ?? [];
  const comments = /^\uFEFF?(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)*\{/;
  return text.replace(comments, (opening) => {
    const is_empty = /^\s*\}/.test(text.slice(opening.length));
    return `${opening}${indent}"exclude": ${list}${is_empty ? '' : ','}`;
  });
}

function extendExclude(text: string, names: readonly string[]): string {
  return text.replace(/"exclude"\s*:\s*\[(\s*)(\]?)/, (opening, space: string, end: string) => {
    const list = names.map((name) => JSON.stringify(name)).join(', ');
    return end ? `${opening.slice(0, -1)}${list}]` : `${opening}${list},${space || ' '}`;
  });
}
