import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import npa from 'npm-package-arg';
import { PACKAGE } from '../../contract/package-name.ts';
import { parents } from '../../lib/find-project.ts';
import { parseManifest } from '../init/manifest.ts';

/** Where the Loadstar that runs comes from, and so where newer versions are. */
export type Installation =
  | { readonly kind: 'registry' | 'file'; readonly spec: string; readonly directory: string }
  | { readonly kind: 'git'; readonly spec: string; readonly directory: string; readonly url: string }
  /** A clone that runs by itself: no package.json depends on it. */
  | { readonly kind: 'clone'; readonly directory: string };

/**
 * As the nearest package.json upwards that depends on Loadstar has it, whatever package manager wrote it.
 * @param root directory of Loadstar's package
 * @param from working directory
 */
export function findInstallation(root: string, from: string): Installation {
  for (const directory of parents(from)) {
    const spec = ownSpec(join(directory, 'package.json'));
    if (spec !== null) return toInstallation(spec, directory);
  }
  // Without a package.json, npx has installed it.
  if (/[\\/]node_modules[\\/]/.test(root)) return { kind: 'registry', spec: '', directory: from };
  return { kind: 'clone', directory: root };
}

function ownSpec(file: string): string | null {
  if (!existsSync(file)) return null;
  const { dependencies, devDependencies, optionalDependencies } = parseManifest(readFileSync(file, 'utf8'), file);
  return devDependencies?.[PACKAGE] ?? dependencies?.[PACKAGE] ?? optionalDependencies?.[PACKAGE] ?? null;
}

function toInstallation(spec: string, directory: string): Installation {
  // Protocols of pnpm and yarn, which npm does not know: the first names a version, the others a directory.
  if (spec.startsWith('catalog:')) return { kind: 'registry', spec, directory };
  if (/^(workspace|link|portal):/.test(spec)) return { kind: 'file', spec, directory };
  const parsed = npa.resolve(PACKAGE, spec, directory);
  if (parsed.type === 'git')
    return { kind: 'git', spec, directory, url: parsed.fetchSpec ?? httpsAddress(parsed.hosted) };
  return { kind: parsed.registry ? 'registry' : 'file', spec, directory };
}

/** Of a short form such as `github:acme/loadstar`. The types of the library leave the method out. */
function httpsAddress(hosted: unknown): string {
  const { https } = hosted as { https(options: { noGitPlus: true; noCommittish: true }): string };
  return https.call(hosted, { noGitPlus: true, noCommittish: true });
}
