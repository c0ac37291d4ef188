import { createRequire, SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction, createContext, Script } from 'node:vm';
import { build, type Plugin } from 'esbuild';
import { messageOf, usageError } from '../lib/errors.ts';
import { bundleErrors, loadstarModules } from './bundling.ts';

/** A TypeScript file of a team, and what messages call it. */
export interface SourceFile {
  readonly file: string;
  /** What the file should be, for messages: `the configuration to load`. */
  readonly expected: string;
  /** Root of the checkout. */
  readonly root: string;
  /** Paths in messages are relative to it. */
  readonly cwd: string;
}

interface Bundle {
  readonly code: string;
  readonly map: SourceMap;
}

/** The top level of a scenario takes almost no time. An endless loop must not hang the command. */
const SCENARIO_TIMEOUT_MS = 2_000;
const GLOBAL = '__loadstar_exports';

/** Runs a file in this Node.js. @returns its exports. @throws LoadstarError (usage) with file, line and message */
export async function evaluateInNode(source: SourceFile): Promise<Record<string, unknown>> {
  const bundle = await bundleSource(source, 'node', []);
  const module = { exports: {} as Record<string, unknown> };
  return runGuarded(source, bundle, () => {
    const run = compileFunction(bundle.code, ['module', 'exports', 'require'], { filename: bundleName(source) });
    run(module, module.exports, createRequire(source.file));
    return module.exports;
  });
}

/**
 * Runs the top level of a k6 script in Node.js, with stubs for all modules of k6, to read its exports.
 * @throws LoadstarError (usage) with file, line and message
 */
export async function evaluateK6Script(source: SourceFile): Promise<Record<string, unknown>> {
  const bundle = await bundleSource(source, 'neutral', [hollowK6]);
  return runGuarded(source, bundle, () => {
    // Every variable exists and is empty. The run has the real values.
    const env = new Proxy({}, { get: () => '' });
    const world = createContext({ __ENV: env, __VU: 0, __ITER: 0, open: () => '{}', console: { log() {}, warn() {} } });
    new Script(bundle.code, { filename: bundleName(source) }).runInContext(world, { timeout: SCENARIO_TIMEOUT_MS });
    return world[GLOBAL] as Record<string, unknown>;
  });
}

async function bundleSource(source: SourceFile, platform: 'node' | 'neutral', plugins: Plugin[]): Promise<Bundle> {
  const { file, root, cwd, expected } = source;
  try {
    const { outputFiles } = await build({
      absWorkingDir: cwd,
      entryPoints: [file],
      outfile: bundleName(source),
      write: false,
      bundle: true,
      platform,
      ...(platform === 'node' ? { format: 'cjs' } : { format: 'iife', globalName: GLOBAL }),
      mainFields: ['module', 'main'],
      conditions: ['import', 'default'],
      target: 'es2022',
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
      nodePaths: [join(root, 'node_modules')],
      define: { 'import.meta.url': JSON.stringify(pathToFileURL(file).href) },
      plugins: [loadstarModules(root), ...plugins],
    });
    const [map, code] = [...outputFiles]
      .sort((a, b) => Number(a.path.endsWith('.map')) - Number(b.path.endsWith('.map')))
      .reverse();
    return { code: code?.text ?? '', map: new SourceMap(JSON.parse(map?.text ?? '{}') as SourceMapPayload) };
  } catch (error) {
    const errors = bundleErrors(error);
    if (!errors) throw error;
    throw usageError(expected, errors, 'fix the line; `make check` also shows type errors');
  }
}

/** Never written: the source map's paths are relative to it. */
function bundleName({ file }: SourceFile): string {
  return join(dirname(file), '.loadstar-bundle.js');
}

function runGuarded<T>(source: SourceFile, bundle: Bundle, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const place = findSourceLine(source, bundle, (error as { stack?: unknown }).stack);
    const message = (error as { message?: unknown }).message;
    throw usageError(
      source.expected,
      `${place}: ${typeof message === 'string' ? message : messageOf(error)}`,
      'fix the line',
    );
  }
}

/** The line of the team's file that an exception came from, through the source map. */
function findSourceLine(source: SourceFile, { map }: Bundle, stack: unknown): string {
  const shown = relative(source.cwd, source.file);
  const [, line, column] = String(stack).match(/\.loadstar-bundle\.js:(\d+):(\d+)/) ?? [];
  if (line === undefined || column === undefined) return shown;
  const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
  if (!('originalSource' in entry)) return shown;
  const file = resolve(dirname(source.file), entry.originalSource);
  return `${relative(source.cwd, file)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

/** k6's modules exist in k6 alone. Whatever is done with this stub, calls, `new`, members, gives the stub again. */
const HOLLOW = `
const hollow = new Proxy(class {}, {
  get: (_, key) => (key === 'then' ? undefined : key === Symbol.toPrimitive ? () => 0 : key === Symbol.iterator ? function* () {} : hollow),
  apply: () => hollow,
  construct: () => hollow,
  // esbuild makes the imported object of this one's prototype.
  getPrototypeOf: () => hollow,
});
module.exports = hollow;
`;

const hollowK6: Plugin = {
  name: 'hollow-k6',
  setup(build) {
    build.onResolve({ filter: /^(k6(\/|$)|https?:)/ }, ({ path }) => ({ path, namespace: 'hollow-k6' }));
    build.onLoad({ filter: /.*/, namespace: 'hollow-k6' }, () => ({ contents: HOLLOW, loader: 'js' }));
  },
};
