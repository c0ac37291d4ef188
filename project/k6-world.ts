import { readFileSync } from 'node:fs';
import { type Context, createContext } from 'node:vm';
import type { Plugin } from 'esbuild';
import { FS, GRPC, OPENED, SCRIPT_DIRECTORY } from './k6-plugins.ts';

/**
 * The globals that a script finds in k6 while its top level runs, in Node.js. Those of JavaScript itself are there anyway.
 * tests/bundle.test.ts compares them with those of the k6 that is built.
 */
export function createK6World(env: Readonly<Record<string, string>>): Context {
  const nothing = () => {};
  const world = createContext({
    __ENV: { ...env },
    __VU: 0,
    console: { log: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing },
    crypto: globalThis.crypto,
    // From k6 v2 on. Which k6 will run is not known here: on v1, k6 itself says that they are not there.
    TextEncoder: globalThis.TextEncoder,
    TextDecoder: globalThis.TextDecoder,
    // What would run later does not run: the top level is all that is read.
    setTimeout: () => 1,
    setInterval: () => 1,
    clearTimeout: nothing,
    clearInterval: nothing,
    GoError: class GoError extends Error {},
    require: (name: string) => {
      throw new Error(`require(${JSON.stringify(name)}) with a name that is computed`);
    },
    open(path: string, mode?: string) {
      const bytes = readFileSync(path);
      if (mode !== 'b') return bytes.toString('utf8');
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    },
  });
  world.global = world;
  return world;
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

/** Data of a script may decide what it exports. */
const DATA = `
export class SharedArray {
  constructor(_name, make) {
    return make();
  }
}
export default { SharedArray };
`;

/** Global list of the files that gRPC clients load. */
export const PROTOS = '__loadstar_protos';

/** What is loaded is kept; the rest is hollow. */
const HOLLOW_GRPC = `${HOLLOW}
const note = (...paths) => void (globalThis.${PROTOS} ??= []).push(...paths.flat());
const client = new Proxy({}, { get: (_, key) => (key === 'load' || key === 'loadProtoset' ? note : hollow) });
function Client() { return client; }
const grpc = new Proxy({}, {
  get: (_, key) => (key === 'Client' ? Client : key === 'default' ? grpc : hollow[key]),
  getPrototypeOf: () => grpc,
});
module.exports = grpc;
`;

/** What is opened is kept; nothing is read from it while the top level runs. */
const HOLLOW_FS = `
export const open = async (path) => void (globalThis.${OPENED} ??= []).push(
  path.startsWith('/') || path.startsWith('file:') ? path.replace('file://', '') : globalThis.${SCRIPT_DIRECTORY} + '/' + path
);
export const SeekMode = {};
export default { open, SeekMode };
`;

/** Modules that a script needs something of while its top level runs. */
const STAND_INS: Readonly<Record<string, string>> = { 'k6/data': DATA, [GRPC]: HOLLOW_GRPC, [FS]: HOLLOW_FS };

const NAMESPACE = 'hollow-k6';

/** The modules of k6 that a bundle imports, from the paths of its inputs. */
export function importedK6Modules(inputs: readonly string[]): string[] {
  return inputs.flatMap((path) => (path.startsWith(`${NAMESPACE}:`) ? [path.slice(NAMESPACE.length + 1)] : []));
}

/** @param onRemote is called with the address of each module that k6 would fetch */
export const hollowK6 = (onRemote: (address: string) => void): Plugin => ({
  name: NAMESPACE,
  setup(build) {
    build.onResolve({ filter: /^(k6(\/|$)|https?:)/ }, ({ path }) => {
      if (/^https?:/.test(path)) onRemote(path);
      return { path, namespace: NAMESPACE };
    });
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
      contents: STAND_INS[path] ?? HOLLOW,
      loader: 'js',
    }));
  },
});

/** Globals of browsers and Node.js that k6 does not have, and what it has instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  process: 'read variables from `__ENV`, and list them in `secrets` of loadstar.config.ts',
  Buffer: "use `k6/encoding`, or `import { Buffer } from 'buffer'` with the npm package `buffer`",
  URL: 'use an npm package such as `url`, or https://jslib.k6.io/url/1.0.0/index.js',
  URLSearchParams: 'use https://jslib.k6.io/url/1.0.0/index.js',
  TextEncoder: 'k6 v2 has it; with v1 use an npm package such as `text-encoding`',
  TextDecoder: 'k6 v2 has it; with v1 use an npm package such as `text-encoding`',
  fetch: 'use the client of the scenario, or `k6/http`',
  btoa: 'use `k6/encoding`',
  atob: 'use `k6/encoding`',
};

/** What to do about a global that k6 does not have. @param message of an exception @returns null for another exception */
export function insteadOfGlobal(message: string): string | null {
  const [, name = ''] = /\b(\w+) is not defined/.exec(message) ?? [];
  const instead = Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : undefined;
  return instead === undefined ? null : `k6 has no \`${name}\`: ${instead}`;
}
