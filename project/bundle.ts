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

/** A scenario, as far as its bundle has to know it. */
export interface ScenarioSource {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly has_setup: boolean;
  readonly has_teardown: boolean;
}

/** As esbuild, a Go program, says it. */
const NO_ROOM = /no space left on device/i;

const ENTRY = 'loadstar-scenario';

/** A file has its journey in its default export; k6 wants options and functions as exports of the script. */
function scenarioEntries(root: string, sources: readonly ScenarioSource[]): Plugin {
  return {
    name: ENTRY,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${ENTRY}:`) }, ({ path }) => ({
        path: path.slice(ENTRY.length + 1),
        namespace: ENTRY,
      }));
      build.onLoad({ filter: /.*/, namespace: ENTRY }, ({ path }) => {
        const source = sources.find(({ name }) => name === path);
        return source ? { contents: entryOf(root, source), loader: 'js', resolveDir: root } : null;
      });
    },
  };
}

function entryOf(root: string, { name, file, has_setup, has_teardown }: ScenarioSource): string {
  // k6 runs whatever setup and teardown a script exports, and counts them as groups.
  const exported = ['options', 'handleSummary', ...(has_setup ? ['setup'] : []), ...(has_teardown ? ['teardown'] : [])];
  return [
    `import scenario from ${JSON.stringify(file)};`,
    `import { wire } from ${JSON.stringify(join(root, 'k6', 'runtime', 'wire.ts'))};`,
    `const { run, ${exported.join(', ')} } = wire(${JSON.stringify(name)}, scenario);`,
    `export { run as default, ${exported.join(', ')} };`,
  ].join('\n');
}

/**
 * Bundles scenarios to `<out_dir>/<name>.js`, with source maps that k6 follows, so that its errors name the
 * TypeScript line. npm packages go into the bundle; k6's own modules stay imports.
 * @throws LoadstarError (usage) with file, line and text of the first errors.
 */
export async function bundleScenarios(
  sources: readonly ScenarioSource[],
  { root, out_dir }: { readonly root: string; readonly out_dir: string },
): Promise<void> {
  try {
    await build({
      absWorkingDir: root,
      entryPoints: sources.map(({ name }) => ({ in: `${ENTRY}:${name}`, out: name })),
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
      plugins: [no_node_modules, loadstarModules(root), scenarioEntries(root, sources)],
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
