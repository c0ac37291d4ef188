import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { unusableError, usageError } from '../lib/errors.ts';
import { bundleErrors, loadstarModules } from './bundling.ts';

/** k6 has its own modules and no Node.js: without this the mistake would show only when k6 loads the bundle. */
const no_node_modules: Plugin = {
  name: 'no-node-modules',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({
      errors: [{ text: `${path} does not exist in k6: use the k6/* modules, or an npm package that needs no Node.js` }],
    }));
  },
};

/** A team's own scenario, as far as its bundle has to know it. */
export interface OwnSource {
  /** Absolute. */
  readonly file: string;
  readonly has_setup: boolean;
  readonly has_teardown: boolean;
}

/** As esbuild, a Go program, says it. */
const NO_ROOM = /no space left on device/i;

const OWN = 'loadstar-own';

/** A team's file has its journey in its default export; k6 wants options and functions as exports of the script. */
function ownEntries(root: string, own: ReadonlyMap<string, OwnSource>): Plugin {
  return {
    name: OWN,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${OWN}:`) }, ({ path }) => ({
        path: path.slice(OWN.length + 1),
        namespace: OWN,
      }));
      build.onLoad({ filter: /.*/, namespace: OWN }, ({ path: name }) => {
        const source = own.get(name);
        return source ? { contents: ownEntry(root, name, source), loader: 'js', resolveDir: root } : null;
      });
    },
  };
}

function ownEntry(root: string, name: string, { file, has_setup, has_teardown }: OwnSource): string {
  // k6 runs whatever setup and teardown a script exports, and counts them as groups.
  const exported = ['options', 'handleSummary', ...(has_setup ? ['setup'] : []), ...(has_teardown ? ['teardown'] : [])];
  return [
    `import scenario from ${JSON.stringify(file)};`,
    `import { wire } from ${JSON.stringify(join(root, 'k6', 'runtime', 'own-scenario.ts'))};`,
    `const { run, ${exported.join(', ')} } = wire(${JSON.stringify(name)}, scenario);`,
    `export { run as default, ${exported.join(', ')} };`,
  ].join('\n');
}

/**
 * Bundles scenarios to `<out_dir>/<name>.js`, with source maps that k6 follows, so that its errors name the
 * TypeScript line. npm packages go into the bundle; k6's own modules stay imports. Names that are not in `own` are
 * built-in.
 * @throws LoadstarError (usage) with file, line and text of the first errors.
 */
export async function bundleScenarios(
  names: readonly string[],
  {
    root,
    out_dir,
    own = new Map(),
  }: { readonly root: string; readonly out_dir: string; readonly own?: ReadonlyMap<string, OwnSource> },
): Promise<void> {
  const entry = (name: string) => (own.has(name) ? `${OWN}:${name}` : join(root, 'k6', 'scenarios', `${name}.ts`));
  try {
    await build({
      absWorkingDir: root,
      entryPoints: names.map((name) => ({ in: entry(name), out: name })),
      outdir: out_dir,
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      // npm packages that know no ESM entry: esbuild's neutral platform looks at none by default.
      mainFields: ['module', 'main'],
      conditions: ['import', 'default'],
      target: 'es2022',
      external: ['k6', 'k6/*'],
      sourcemap: 'linked',
      sourcesContent: false,
      logLevel: 'silent',
      nodePaths: [join(root, 'node_modules')],
      plugins: [no_node_modules, loadstarModules(root), ownEntries(root, own)],
    });
  } catch (error) {
    const errors = bundleErrors(error);
    if (!errors) throw error;
    if (NO_ROOM.test(errors)) {
      throw unusableError(
        'room on the disk for the bundles of the tests',
        errors,
        `make some: they go below ${out_dir}`,
      );
    }
    throw usageError('the tests to bundle', errors, '`make check` shows type errors too');
  }
}
