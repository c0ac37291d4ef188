/** The bundle that cli/loadstar.js starts. docs/decisions/0076-compiled-command-line.md says why. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';

const ENTRY = 'cli/bin.ts';
const PREFIX = 'cli-';
/** A call that has just found an older bundle is still to read it, and reads it once. */
const KEPT_MS = 60 * 1_000;

/** Packages that look for files of their own beside them. The bundle may lie where Node.js would not find them. */
const own_files: Plugin = {
  name: 'own-files',
  setup(build) {
    build.onResolve({ filter: /^(esbuild|tsx|uplot)(\/|$)/ }, ({ path }) => ({
      path: import.meta.resolve(path),
      external: true,
    }));
  },
};

/** What package managers write into node_modules last. A change of one may be another version of a package. */
const INSTALLED = ['.package-lock.json', '.modules.yaml', '.yarn-integrity', '.yarn-state.yml'];

/** Packages written for CommonJS call `require` for modules of Node.js. */
const BANNER =
  "import { createRequire as loadstarRequire } from 'node:module'; const require = loadstarRequire(import.meta.url);";

/** Not the name in quotes, by which project/evaluate.ts does the same for a team's files. */
const OWN_ADDRESS = /(?<!')\bimport\.meta\.url\b/g;

/** Our code finds its data files beside its sources, wherever the bundle is. */
const source_addresses: Plugin = {
  name: 'source-addresses',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(OWN_ADDRESS, JSON.stringify(pathToFileURL(path).href)),
      loader: 'ts',
    }));
  },
};

/** @param bundles directory that gets the bundle. @returns address of the bundle; null where there can be none: the sources run as they are, and say what is wrong */
export async function compile(root: URL, bundles: URL): Promise<string | null> {
  const directory = fileURLToPath(bundles);
  const out = newDirectory(directory);
  if (out === null) return null;
  try {
    const began_ms = Date.now();
    const stamps = await bundle(fileURLToPath(root), out);
    const address = pathToFileURL(join(out, 'bin.mjs')).href;
    // Whoever edits a source meanwhile gets a bundle of it the next time.
    if (stamps.every(([, mtime_ms]) => (mtime_ms ?? 0) < began_ms)) {
      const pointer = join(out, 'cli.json');
      writeFileSync(pointer, JSON.stringify({ bundle: address, stamps }));
      renameSync(pointer, join(directory, 'cli.json'));
    }
    removeOld(directory);
    return address;
  } catch {
    rmSync(out, { recursive: true, force: true });
    return null;
  }
}

/** @returns null where this user may not write */
function newDirectory(parent: string): string | null {
  try {
    mkdirSync(parent, { recursive: true });
    return mkdtempSync(join(parent, PREFIX));
  } catch {
    return null;
  }
}

type Stamp = readonly [file: string, mtime_ms: number | null];

/** @returns what the bundle was made of: our sources, and the installed packages by the lists of the package managers */
async function bundle(root: string, outdir: string): Promise<Stamp[]> {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    ...{ absWorkingDir: root, entryPoints: [ENTRY], outdir, bundle: true, metafile: true },
    // Where no package.json says that `.js` is a module, tsx would take the bundle for CommonJS.
    outExtension: { '.js': '.mjs' },
    ...{ platform: 'node', format: 'esm', target: 'node20', banner: { js: BANNER } },
    ...{ sourcemap: 'linked', sourcesContent: false, logLevel: 'silent', plugins: [source_addresses, own_files] },
  });
  const sources = Object.keys(metafile.inputs).filter((file) => !/^\.\.|node_modules\//.test(file));
  const [place = '', is_installed] = root.split(/[\\/]node_modules[\\/]/);
  const packages = join(is_installed === undefined ? root : place, 'node_modules');
  const lists = INSTALLED.map((name) => relative(root, join(packages, name)));
  return [...sources, 'cli/compile.ts', ...lists].map((file) => [
    file,
    statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? null,
  ]);
}

function removeOld(directory: string): void {
  for (const name of readdirSync(directory).filter((it) => it.startsWith(PREFIX))) {
    const path = join(directory, name);
    if (Date.now() - statSync(path).mtimeMs > KEPT_MS) rmSync(path, { recursive: true, force: true });
  }
}
