import { readFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Loader, Plugin, PluginBuild } from 'esbuild';
import { SCRIPT_ENV } from '../contract/env.ts';

/** Names that stand for `open`, `import.meta.resolve` and `import.meta.url` in a file, so that they are those of this file. */
const OPEN = '__loadstar_open';
const RESOLVE = '__loadstar_resolve';
const URL_OF_FILE = '__loadstar_url';

const USES_PLACE = /\bopen\b|\bimport\.meta\b/;
const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.jsx': 'jsx',
};
const FILE_URL = 'loadstar-file-url:';

/**
 * Paths of `open()` and `import.meta.resolve()` are relative to the file in which they are written. k6 would take them
 * relative to the bundle, which lies elsewhere.
 */
export const sourceDirectories = {
  // esbuild replaces only names that the file does not declare itself.
  define: { open: OPEN, 'import.meta.resolve': RESOLVE, 'import.meta.url': URL_OF_FILE },
  plugin: {
    name: 'source-directories',
    setup(build: PluginBuild) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (!USES_PLACE.test(text)) return null;
        // At the end, so that no line moves: errors name the lines of the file. Functions and imports are there from the start.
        const declared = [fileFunctions(path), ...(/\bimport\.meta\.url\b/.test(text) ? [importUrl(path)] : [])];
        return { contents: [text, ...declared].join('\n'), loader: LOADERS[extname(path)] ?? 'js' };
      });
      build.onResolve({ filter: new RegExp(`^${FILE_URL}`) }, ({ path }) => ({ path, namespace: FILE_URL }));
      build.onLoad({ filter: /.*/, namespace: FILE_URL }, ({ path }) => ({
        contents: `export const url = ${JSON.stringify(path.slice(FILE_URL.length))};`,
      }));
    },
  } satisfies Plugin,
};

function importUrl(path: string): string {
  return `import { url as ${URL_OF_FILE} } from ${JSON.stringify(`${FILE_URL}${pathToFileURL(path).href}`)};`;
}

/** Global list of the files that a script has opened so far, as absolute paths. */
export const OPENED = '__loadstar_opened';

/** JavaScript: what k6 opens for a path. A k6 that does not see the files of this machine has copies elsewhere. */
const seenPath = (path: string, directory: string) => `((path) => {
  const file = path.startsWith('/') || path.startsWith('file:') ? path.replace('file://', '') : ${directory} + '/' + path;
  (globalThis.${OPENED} ??= []).push(file);
  return __ENV.${SCRIPT_ENV.files} ? (JSON.parse(__ENV.${SCRIPT_ENV.files})[file] ?? file) : file;
})(${path})`;

function fileFunctions(path: string): string {
  const directory = JSON.stringify(`${dirname(path)}/`);
  return `function ${OPEN}(path, ...mode) {
  return globalThis.open(${seenPath('path', JSON.stringify(dirname(path)))}, ...mode);
}
function ${RESOLVE}(path) {
  if (path.startsWith('/')) return 'file://' + path;
  return path.startsWith('.') ? 'file://' + ${directory} + path : path;
}`;
}

/** Set before a script's own modules run: the directory of the scenario's file, which is what k6 takes `load` of gRPC relative to. */
export const SCRIPT_DIRECTORY = '__loadstar_directory';

export const GRPC = 'k6/net/grpc';

/** k6 takes the paths of `client.load()` and `client.loadProtoset()` relative to the script, which is the bundle. */
export const grpcFiles: Plugin = {
  name: 'grpc-files',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${GRPC}$`) }, ({ path, namespace }) =>
      namespace === GRPC ? { path, external: true } : { path, namespace: GRPC },
    );
    build.onLoad({ filter: /.*/, namespace: GRPC }, () => ({ contents: GRPC_MODULE }));
  },
};

/** k6's clients are objects of Go, which cannot be extended: hence the proxy, and the way back from it for streams. */
const GRPC_MODULE = `
import grpc from '${GRPC}';
export * from '${GRPC}';
const clients = new WeakMap();
const place = (path) => (path.startsWith('/') || path.startsWith('file:') ? path : globalThis.${SCRIPT_DIRECTORY} + '/' + path);
export function Client() {
  const client = new grpc.Client();
  const files = {
    load: (paths, ...names) => client.load((paths?.length ? paths : ['.']).map(place), ...names),
    loadProtoset: (path) => client.loadProtoset(place(path)),
  };
  const proxy = new Proxy({}, {
    get(_, name) {
      const value = files[name] ?? client[name];
      return typeof value === 'function' && !files[name] ? value.bind(client) : value;
    },
  });
  clients.set(proxy, client);
  return proxy;
}
export function Stream(client, ...rest) {
  return new grpc.Stream(clients.get(client) ?? client, ...rest);
}
export default { ...grpc, Client, Stream };
`;

const AGAIN = { is_second_try: true };

/** An npm package may say of a part of it how it is required, and not how it is imported. */
export const requireOnlyExports: Plugin = {
  name: 'require-only-exports',
  setup(build) {
    build.onResolve({ filter: /^@?[a-z0-9]/i }, async ({ path, kind, importer, resolveDir, namespace, pluginData }) => {
      if (kind !== 'import-statement' || pluginData === AGAIN || /^(k6|loadstar)(\/|$)|:/.test(path)) return null;
      const from = { importer, resolveDir, namespace, pluginData: AGAIN };
      if ((await build.resolve(path, { ...from, kind })).errors.length === 0) return null;
      const required = await build.resolve(path, { ...from, kind: 'require-call' });
      return required.errors.length === 0 ? { path: required.path, namespace: required.namespace } : null;
    });
  },
};

const REQUIRED = 'k6-required';

/** k6 knows its modules as imports of the bundle alone: `require('k6/http')` of a CommonJS file becomes one. */
export const requiredK6Modules: Plugin = {
  name: REQUIRED,
  setup(build) {
    build.onResolve({ filter: /^(k6(\/|$)|https?:)/ }, ({ path, kind }) =>
      kind === 'require-call' ? { path, namespace: REQUIRED } : null,
    );
    build.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({
      contents: `import * as all from ${JSON.stringify(path)};
export * from ${JSON.stringify(path)};
export default all.default ?? all;`,
      resolveDir: '/',
    }));
  },
};

export const FS = 'k6/experimental/fs';

/** k6 takes the paths of this module's `open()` relative to the script, which is the bundle. */
export const openedFiles: Plugin = {
  name: 'opened-files',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${FS}$`) }, ({ path, namespace }) =>
      namespace === FS ? { path, external: true } : { path, namespace: FS },
    );
    build.onLoad({ filter: /.*/, namespace: FS }, () => ({
      contents: `import * as all from '${FS}';
export * from '${FS}';
export const open = (path) => all.open(${seenPath('path', `globalThis.${SCRIPT_DIRECTORY}`)});
export default { ...all.default, open };`,
    }));
  },
};
