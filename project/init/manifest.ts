/** The team's package.json, changed without touching what else it says or how it is written. */
import { messageOf, usageError } from '../../lib/errors.ts';

type Names = Readonly<Record<string, string>>;

export interface Manifest {
  readonly name?: string;
  readonly workspaces?: unknown;
  readonly packageManager?: string;
  readonly scripts?: Names;
  readonly dependencies?: Names;
  readonly devDependencies?: Names;
  readonly optionalDependencies?: Names;
}

export interface Additions {
  readonly scripts: Names;
  readonly devDependencies: Names;
}

/** @throws LoadstarError (usage) naming the file */
export function parseManifest(text: string, file: string): Manifest {
  try {
    const parsed: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Manifest;
    throw new Error('no object');
  } catch (error) {
    throw usageError(`${file} to be JSON`, messageOf(error), 'correct the file, then run the same command again');
  }
}

/**
 * Adds scripts and packages that are not there yet, under any kind of dependency.
 * @returns the same text where nothing is missing
 */
export function extendManifest(text: string, file: string, additions: Additions): string {
  const manifest = parseManifest(text, file);
  const { dependencies, devDependencies, optionalDependencies, scripts } = manifest;
  const known = { ...dependencies, ...devDependencies, ...optionalDependencies };
  const packages = missingFrom(known, additions.devDependencies);
  const more_scripts = missingFrom(scripts ?? {}, additions.scripts);
  if (Object.keys(packages).length + Object.keys(more_scripts).length === 0) return text;
  const changed = {
    ...manifest,
    ...(Object.keys(more_scripts).length > 0 ? { scripts: { ...scripts, ...more_scripts } } : {}),
    ...(Object.keys(packages).length > 0 ? { devDependencies: sortKeys({ ...devDependencies, ...packages }) } : {}),
  };
  const [, indent = '  '] = /\n([ \t]+)"/.exec(text) ?? [];
  const written = `${text.startsWith('\uFEFF') ? '\uFEFF' : ''}${JSON.stringify(changed, null, indent)}${/\s*$/.exec(text)?.[0] ?? ''}`;
  return text.includes('\r\n') ? written.replaceAll(/\r?\n/g, '\r\n') : written;
}

function missingFrom(known: Names, wanted: Names): Names {
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !Object.hasOwn(known, name)));
}

function sortKeys(names: Names): Names {
  return Object.fromEntries(Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A new manifest, for a repository without Node.js packages. @param directory_name of the project */
export function newManifest(directory_name: string): string {
  const name =
    directory_name
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]+/g, '-')
      .replaceAll(/^[._-]+|-+$/g, '') || 'load-tests';
  return `${JSON.stringify({ name, private: true }, null, 2)}\n`;
}
