import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Package {
  readonly version: string;
  readonly engines: { readonly node: string };
  /** Where its source is, in one of the forms of npm. */
  readonly repository?: string | { readonly url: string };
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Loadstar's own package.json. @param root where it is */
export function readPackage(root: string): Package {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package;
}

/** The version of Loadstar that runs. @param root where its package.json is */
export function packageVersion(root: string): string {
  return readPackage(root).version;
}
