import { join } from 'node:path';
import { build, type Message, type Plugin } from 'esbuild';
import type { ScenarioName } from '../contract/scenarios.ts';
import { usageError } from './lib/errors.ts';

const SHOWN_ERRORS = 5;

/** k6 has its own modules and no Node.js: without this the mistake would show only when k6 loads the bundle. */
const no_node_modules: Plugin = {
  name: 'no-node-modules',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({
      errors: [{ text: `${path} does not exist in k6: use the k6/* modules, or an npm package that needs no Node.js` }],
    }));
  },
};

/**
 * Bundles scenarios to `<out_dir>/<name>.js`, with source maps that k6 follows, so that its errors name the
 * TypeScript line. npm packages go into the bundle; k6's own modules stay imports.
 * @throws LoadstarError (usage) with file, line and text of the first errors.
 */
export async function bundleScenarios(
  names: readonly ScenarioName[],
  { root, out_dir }: { readonly root: string; readonly out_dir: string },
): Promise<void> {
  try {
    await build({
      absWorkingDir: root,
      entryPoints: names.map((name) => ({ in: join(root, 'k6', 'scenarios', `${name}.ts`), out: name })),
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
      plugins: [no_node_modules],
    });
  } catch (error) {
    const errors = (error as { errors?: Message[] }).errors;
    if (!errors) throw error;
    const lines = errors.slice(0, SHOWN_ERRORS).map(describe);
    const more = errors.length > SHOWN_ERRORS ? `\n         and ${errors.length - SHOWN_ERRORS} more` : '';
    throw usageError('the tests to bundle', lines.join('\n         ') + more, '`make check` shows type errors too');
  }
}

function describe({ location, text }: Message): string {
  return location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text;
}
