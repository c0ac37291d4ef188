import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { PACKAGE } from '../../contract/package-name.ts';
import { packageVersion, readPackage } from '../../lib/package-version.ts';

interface Lock {
  readonly packages?: Readonly<Record<string, { readonly resolved?: string; readonly link?: boolean } | undefined>>;
}

/**
 * What package.json has to say so that others get the Loadstar that runs now: its version, or the tarball, git address or clone
 * that it was installed from.
 * @param root directory of Loadstar's package
 * @param directory of the package.json that will say it
 */
export function ownVersionSpec(root: string, directory: string): string {
  const [above, below] = root.split(/[\\/]node_modules[\\/]/);
  if (above === undefined || below === undefined) return fileSpec(root, directory);
  const list = join(above, 'node_modules', '.package-lock.json');
  const packages = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Lock).packages : undefined;
  const { resolved } = packages?.[`node_modules/${PACKAGE}`] ?? {};
  if (resolved?.startsWith('file:')) return fileSpec(resolve(above, resolved.slice('file:'.length)), directory);
  if (resolved?.startsWith('git+')) return resolved;
  return packageVersion(root);
}

function fileSpec(path: string, directory: string): string {
  const from_here = relative(directory, path);
  return `file:${from_here.startsWith('.') ? from_here : `./${from_here}`}`;
}

/** The version of k6's types that Loadstar needs. */
export function k6TypesVersion(root: string): string {
  return readPackage(root).dependencies['@types/k6'] ?? '';
}

/** The nearest directory upwards that has the file. */
export function findUpwards(directories: readonly string[], file: string): string | null {
  return directories.find((it) => existsSync(join(it, file))) ?? null;
}

/** Whether Loadstar can be run from this directory, as its package managers look for packages. */
export function isInstalled(directory: string): boolean {
  if (existsSync(join(directory, 'node_modules', PACKAGE, 'package.json'))) return true;
  return dirname(directory) !== directory && isInstalled(dirname(directory));
}
