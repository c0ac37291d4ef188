import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import type { BuildOptions, Message, Plugin } from 'esbuild';
import { FORMER_PACKAGE, K6_MODULE, PACKAGE } from '../contract/package-name.ts';
import { grpcFiles, openedFiles, requiredK6Modules, requireOnlyExports, sourceDirectories } from './k6-plugins.ts';

const SHOWN_ERRORS = 5;

/** Files that an import gives as text. JSON is read by esbuild itself. */
const TEXT_FILES = ['.csv', '.graphql', '.html', '.pem', '.proto', '.txt', '.xml', '.yaml', '.yml'];

/**
 * How a script for k6 is bundled, whoever reads the bundle: npm packages go into it, as a browser would get them, because
 * k6 has no Node.js either; k6's own modules and those at an address stay imports.
 */
export function k6BuildOptions(root: string) {
  const plugins: readonly Plugin[] = [
    loadstarModules(root),
    requireOnlyExports,
    requiredK6Modules,
    grpcFiles,
    openedFiles,
    sourceDirectories.plugin,
  ];
  return {
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    // k6's JavaScript has neither (v1.8.1).
    supported: { 'for-await': false, 'async-generator': false },
    external: ['k6', 'k6/*', 'https://*', 'http://*'],
    loader: Object.fromEntries(TEXT_FILES.map((ending) => [ending, 'text'])),
    define: { ...sourceDirectories.define, 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
    nodePaths: [join(root, 'node_modules')],
    plugins: [...plugins],
  } as const satisfies BuildOptions;
}

/** Loadstar and its module for k6 are this checkout, wherever the importing file lies, and whichever copy is installed there. */
export function loadstarModules(root: string): Plugin {
  const modules = { '': join(root, 'index.ts'), '/k6': join(root, 'k6', 'index.ts') };
  const files: Readonly<Record<string, string>> = Object.fromEntries(
    [PACKAGE, FORMER_PACKAGE].flatMap((name) => Object.entries(modules).map(([path, file]) => [name + path, file])),
  );
  return {
    name: 'loadstar-modules',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^(${PACKAGE}|${FORMER_PACKAGE})(/|$)`) }, ({ path }) => {
        const file = files[path];
        return file
          ? { path: file }
          : { errors: [{ text: `no module ${path}: there are ${PACKAGE} and ${K6_MODULE}` }] };
      });
    },
  };
}

/** esbuild's first errors, a line each: `file:line:column: text`. null where the error is not esbuild's. */
export function bundleErrors(error: unknown): string | null {
  const errors = (error as { errors?: Message[] }).errors;
  if (!errors) return null;
  const more = errors.length > SHOWN_ERRORS ? [`and ${errors.length - SHOWN_ERRORS} more`] : [];
  return [...errors.slice(0, SHOWN_ERRORS).map(describeError), ...more].join('\n         ');
}

function describeError({ location, text }: Message): string {
  const [, missing] = /^Could not resolve "(.+)"$/.exec(text) ?? [];
  const described = missing !== undefined && isBuiltin(missing) ? describeNodeModule(missing) : text;
  return location ? `${location.file}:${location.line}:${location.column + 1}: ${described}` : described;
}

/** What k6 has instead of modules of Node.js. */
const INSTEAD: Readonly<Record<string, string>> = {
  buffer: '`k6/encoding`, or the npm package `buffer`',
  crypto: 'the global `crypto`, or `k6/crypto`',
  fs: '`open()`',
  http: '`k6/http`',
  https: '`k6/http`',
  timers: 'the global `setTimeout`, or `k6/timers`',
  url: 'an npm package such as `url`, or https://jslib.k6.io/url/1.0.0/index.js',
};

function describeNodeModule(name: string): string {
  const instead = INSTEAD[name.replace(/^node:/, '')] ?? 'a module of k6, or an npm package that needs no Node.js';
  return `${name} is a module of Node.js, and does not exist in k6: use ${instead}`;
}
