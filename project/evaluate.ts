import { createRequire, SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction, Script } from 'node:vm';
import { type BuildOptions, build } from 'esbuild';
import { messageOf, usageError } from '../lib/errors.ts';
import { bundleErrors, k6BuildOptions, loadstarModules } from './bundling.ts';
import { OPENED, SCRIPT_DIRECTORY } from './k6-plugins.ts';
import { createK6World, hollowK6, importedK6Modules, insteadOfGlobal, PROTOS } from './k6-world.ts';
import { environmentReader } from './script-text.ts';

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
  /** Paths, as esbuild names them. */
  readonly inputs: readonly string[];
}

/** The top level of a scenario takes almost no time. An endless loop must not hang the command. */
const SCENARIO_TIMEOUT_MS = 2_000;
const GLOBAL = '__loadstar_exports';

/** Runs a file in this Node.js. @returns its exports. @throws LoadstarError (usage) with file, line and message */
export async function evaluateInNode(source: SourceFile): Promise<Record<string, unknown>> {
  const bundle = await bundleSource(source, {
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'es2022',
    mainFields: ['module', 'main'],
    conditions: ['import', 'default'],
    logLevel: 'silent',
    nodePaths: [join(source.root, 'node_modules')],
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(source.file).href) },
    plugins: [loadstarModules(source.root)],
  });
  const module = { exports: {} as Record<string, unknown> };
  return runGuarded(source, bundle, () => {
    const run = compileFunction(bundle.code, ['module', 'exports', 'require'], { filename: bundleName(source) });
    run(module, module.exports, createRequire(source.file));
    return module.exports;
  });
}

/** What the top level of a k6 script exports, and which files it opens. */
export interface ScriptExports {
  readonly exports: Readonly<Record<string, unknown>>;
  /** Absolute paths, as the script makes them. */
  readonly opened: readonly string[];
  /** What its gRPC clients load, as the script names it; empty if k6 itself read it. */
  readonly protos: readonly string[];
  /** Addresses of modules that k6 would fetch. */
  readonly remote: readonly string[];
  /** Modules of k6 that the script and its helpers import; empty if k6 itself read it. */
  readonly k6_modules: readonly string[];
  /** Whether the script may read a variable in `__ENV`. */
  readonly mayRead: (variable: string) => boolean;
}

/**
 * Runs the top level of a k6 script in Node.js, with the globals of k6 and stubs for its modules, to read its exports.
 * @param env what the script finds in `__ENV`
 * @throws LoadstarError (usage) with file, line and message
 */
export async function evaluateK6Script(
  source: SourceFile,
  env: Readonly<Record<string, string>>,
): Promise<ScriptExports> {
  const options = k6BuildOptions(source.root);
  const remote = new Set<string>();
  const bundle = await bundleSource(source, {
    ...options,
    format: 'iife',
    globalName: GLOBAL,
    plugins: [hollowK6((address) => remote.add(address)), ...options.plugins],
  });
  const k6_modules = importedK6Modules(bundle.inputs);
  return runGuarded(source, bundle, () => {
    const world = createK6World(env);
    world[SCRIPT_DIRECTORY] = dirname(source.file);
    new Script(bundle.code, { filename: bundleName(source) }).runInContext(world, { timeout: SCENARIO_TIMEOUT_MS });
    const exports = { ...(world[GLOBAL] as Record<string, unknown>) };
    const list = (name: string) => [...new Set((world[name] ?? []) as string[])];
    const files = { opened: list(OPENED), protos: list(PROTOS) };
    return { exports, ...files, remote: [...remote], k6_modules, mayRead: environmentReader(bundle.code) };
  });
}

async function bundleSource(source: SourceFile, options: BuildOptions): Promise<Bundle> {
  const { file, cwd, expected } = source;
  try {
    const { outputFiles, metafile } = await build({
      ...options,
      absWorkingDir: cwd,
      entryPoints: [file],
      outfile: bundleName(source),
      write: false,
      metafile: true,
      sourcemap: 'external',
      sourcesContent: false,
    });
    const [map, code] = [...(outputFiles ?? [])]
      .sort((a, b) => Number(a.path.endsWith('.map')) - Number(b.path.endsWith('.map')))
      .reverse();
    return {
      code: code?.text ?? '',
      map: new SourceMap(JSON.parse(map?.text ?? '{}') as SourceMapPayload),
      inputs: Object.keys(metafile.inputs),
    };
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
    const thrown = (error as { message?: unknown }).message;
    const message = typeof thrown === 'string' ? thrown : messageOf(error);
    throw usageError(source.expected, `${place}: ${message}`, insteadOfGlobal(message) ?? 'fix the line');
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
