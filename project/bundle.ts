import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { unusableError, usageError } from '../lib/errors.ts';
import { bundleErrors, k6BuildOptions } from './bundling.ts';
import { OPENED, SCRIPT_DIRECTORY } from './k6-plugins.ts';
import type { K6Script } from './k6-script.ts';

/** A scenario, as far as its bundle has to know it. */
export interface ScenarioSource {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly has_setup: boolean;
  readonly has_teardown: boolean;
  /** Left out for scenarios of Loadstar. */
  readonly k6_script?: Pick<K6Script, 'exported'>;
}

/** As esbuild, a Go program, says it. */
const NO_ROOM = /no space left on device/i;

const ENTRY = 'loadstar-scenario';
const PLACE = 'loadstar-place';

/** What k6 is to do with a scenario. */
type Entry = (root: string, source: ScenarioSource) => string;

/** What k6 takes from a script as it stands. Options and the summary pass through ours. */
function entryOfScript(root: string, file: string, exported: readonly string[]): string {
  const names = exported.filter(
    (name) => IDENTIFIER.test(name) && !['default', 'options', 'handleSummary'].includes(name),
  );
  return [
    `import * as script from ${JSON.stringify(file)};`,
    `import { wireScript } from ${JSON.stringify(join(root, 'k6', 'runtime', 'wire-script.ts'))};`,
    'const { options, handleSummary, exported } = wireScript(script);',
    ...names.map((name) => `const own_${name} = exported.${name};`),
    `export { ${['options', 'handleSummary', ...names.map((name) => `own_${name} as ${name}`)].join(', ')} };`,
    ...(exported.includes('default') ? ['export default exported.default;'] : []),
  ].join('\n');
}

/** k6 finds nothing by other names. */
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** A file has its journey in its default export; k6 wants options and functions as exports of the script. */
const entryOfRun: Entry = (root, { name, file, has_setup, has_teardown, k6_script }) => {
  if (k6_script) return entryOfScript(root, file, k6_script.exported);
  // k6 runs whatever setup and teardown a script exports, and counts them as groups.
  const exported = ['options', 'handleSummary', ...(has_setup ? ['setup'] : []), ...(has_teardown ? ['teardown'] : [])];
  return [
    `import * as script from ${JSON.stringify(file)};`,
    `import { wire } from ${JSON.stringify(join(root, 'k6', 'runtime', 'wire.ts'))};`,
    `const { run, ${exported.join(', ')} } = wire(${JSON.stringify(name)}, script.default, script.options);`,
    `export { run as default, ${exported.join(', ')} };`,
  ].join('\n');
};

/** The mark of a function in what k6 prints of a file's exports. */
export const FUNCTION_MARK = '__loadstar_function';
/** Begins the line in which k6 prints a file's exports, and the files that it opens, as JSON. */
export const EXPORTS_MARK = '__loadstar_exports ';

/** k6 runs the top level of the file, and prints what it exports. */
const entryOfInspection: Entry = (_root, { file }) =>
  [
    `import * as script from ${JSON.stringify(file)};`,
    `const marked = (_, value) => (typeof value === 'function' ? ${JSON.stringify(FUNCTION_MARK)} : value);`,
    `console.log(${JSON.stringify(EXPORTS_MARK)} + JSON.stringify({ exports: { ...script }, opened: globalThis.${OPENED} ?? [] }, marked));`,
    'export default function () {}',
  ].join('\n');

function scenarioEntries(root: string, sources: readonly ScenarioSource[], entryOf: Entry): Plugin {
  const sourceOf = (path: string) => sources.find(({ name }) => name === path);
  return {
    name: ENTRY,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^(${ENTRY}|${PLACE}):`) }, ({ path }) => {
        const [namespace, name = ''] = path.split(':');
        return namespace === undefined ? null : { path: name, namespace };
      });
      build.onLoad({ filter: /.*/, namespace: ENTRY }, ({ path }) => {
        const source = sourceOf(path);
        if (!source) return null;
        const place = `import ${JSON.stringify(`${PLACE}:${source.name}`)};\n`;
        return { contents: place + entryOf(root, source), loader: 'js', resolveDir: root };
      });
      build.onLoad({ filter: /.*/, namespace: PLACE }, ({ path }) => {
        const directory = dirname(sourceOf(path)?.file ?? root);
        return { contents: `globalThis.${SCRIPT_DIRECTORY} = ${JSON.stringify(directory)};` };
      });
    },
  };
}

interface BundleSetting {
  readonly root: string;
  readonly out_dir: string;
}

/**
 * Bundles scenarios to `<out_dir>/<name>.js`, with source maps that k6 follows, so that its errors name the
 * TypeScript line.
 * @throws LoadstarError (usage) with file, line and text of the first errors.
 */
export async function bundleScenarios(sources: readonly ScenarioSource[], setting: BundleSetting): Promise<void> {
  await bundleEntries(sources, setting, entryOfRun);
}

/** Bundles a scenario's file to a script that prints its exports ({@link EXPORTS_MARK}). @throws LoadstarError (usage) */
export async function bundleInspection(
  source: Pick<ScenarioSource, 'name' | 'file'>,
  setting: BundleSetting,
): Promise<void> {
  await bundleEntries([{ ...source, has_setup: false, has_teardown: false }], setting, entryOfInspection);
}

async function bundleEntries(
  sources: readonly ScenarioSource[],
  { root, out_dir }: BundleSetting,
  entryOf: Entry,
): Promise<void> {
  const options = k6BuildOptions(root);
  try {
    await build({
      ...options,
      absWorkingDir: root,
      entryPoints: sources.map(({ name }) => ({ in: `${ENTRY}:${name}`, out: name })),
      outdir: out_dir,
      format: 'esm',
      sourcemap: 'linked',
      sourcesContent: false,
      plugins: [...options.plugins, scenarioEntries(root, sources, entryOf)],
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
