import { readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { EXIT } from '../contract/exit-codes.ts';
import { LoadstarError, unusableError, usageError } from '../lib/errors.ts';
import { makeOwnedDirectory } from '../lib/owned-directory.ts';
import { privateDirectory } from '../lib/private-files.ts';
import { bundleInspection, EXPORTS_MARK, FUNCTION_MARK } from './bundle.ts';
import { evaluateK6Script, type ScriptExports, type SourceFile } from './evaluate.ts';
import { insteadOfGlobal } from './k6-world.ts';

/** The k6 of this machine, for reading scripts. */
export interface K6Reader {
  /** k6 can read files below it. It need not exist. */
  readonly bundles_dir: string;
  /**
   * Runs the top level of a script with `k6 inspect`.
   * @param directory whose files the script may open
   * @returns messages that k6 logged. @throws LoadstarError (unusable) if there is no k6
   */
  inspect(script: string, env: Readonly<Record<string, string>>, directory: string): Promise<readonly K6Message[]>;
}

export interface K6Message {
  readonly level: string;
  readonly message: string;
}

export interface K6ScriptSource extends SourceFile {
  /** Of the scenario. */
  readonly name: string;
  /** What the script finds in `__ENV`. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Reads what the file of a scenario exports. A stand-in of k6 in Node.js does it in all commands, with or without a k6. It
 * cannot do all that k6 does: a file that it cannot read, k6 itself reads.
 * @param k6 null: the stand-in has the last word
 * @throws LoadstarError (usage) with file, line and message
 */
export async function readExports(source: K6ScriptSource, k6: K6Reader | null): Promise<ScriptExports> {
  try {
    const script = await evaluateK6Script(source, source.env);
    // Whether k6 gets what it has to fetch shows before anything is started.
    if (k6 && script.remote.length > 0) return { ...script, ...(await readInK6(source, k6, null)) };
    const unread = k6 ? findStub(script.exports) : null;
    if (unread === null) return script;
    throw usageError(source.expected, `\`${unread}\` comes from a module of k6`, 'state its value');
  } catch (error) {
    if (!k6 || !(error instanceof LoadstarError)) throw error;
    if (isRemoteError(error)) throw error;
    const text = await readFile(source.file, 'utf8');
    const k6_modules = [...text.matchAll(K6_IMPORT)].map(([, module = '']) => module);
    const read = await readInK6(source, k6, error);
    // Nobody has seen all of its code: it may read any variable.
    return { ...read, protos: [], remote: [], k6_modules, mayRead: () => true };
  }
}

/** In a file that cannot be read otherwise. */
const K6_IMPORT = /['"](k6\/[\w./-]+)['"]/g;

const CODE = ['setup', 'run', 'teardown'];

/** The first field that the stand-in of a k6 module has given: stubs are functions. */
function findStub({ default: scenario, options }: ScriptExports['exports']): string | null {
  const entries = [...fieldsOf(scenario), ...fieldsOf(options)].filter(([name]) => !CODE.includes(name));
  return entries.find(([, value]) => holdsFunction(value))?.[0] ?? null;
}

function fieldsOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function holdsFunction(value: unknown): boolean {
  return typeof value === 'function' || fieldsOf(value).some(([, field]) => holdsFunction(field));
}

/** @param otherwise thrown if the file cannot be bundled, or there is no k6; null: what k6 says */
async function readInK6(
  source: K6ScriptSource,
  k6: K6Reader,
  otherwise: LoadstarError | null,
): Promise<Pick<ScriptExports, 'exports' | 'opened'>> {
  await privateDirectory(k6.bundles_dir);
  const out_dir = await makeOwnedDirectory(k6.bundles_dir, 'read');
  try {
    const messages = await inspect(source, k6, out_dir).catch((error: unknown) => {
      throw error instanceof LoadstarError ? (otherwise ?? error) : error;
    });
    const exported = messages.find(({ message }) => message.startsWith(EXPORTS_MARK))?.message;
    if (exported === undefined) throw scriptError(source, messages);
    return JSON.parse(exported.slice(EXPORTS_MARK.length), (_key, value: unknown) =>
      value === FUNCTION_MARK ? () => undefined : value,
    ) as Pick<ScriptExports, 'exports' | 'opened'>;
  } finally {
    await rm(out_dir, { recursive: true, force: true });
  }
}

async function inspect(source: K6ScriptSource, k6: K6Reader, out_dir: string): Promise<readonly K6Message[]> {
  await bundleInspection(source, { root: source.root, out_dir });
  return await k6.inspect(join(out_dir, `${source.name}.js`), source.env, filesOf(source));
}

/** Scripts open files beside them or elsewhere in the project. */
function filesOf({ file, cwd }: K6ScriptSource): string {
  return relative(cwd, file).startsWith('..') ? dirname(file) : cwd;
}

/** `…\n\tat run (file:///team/loadtests/browse.ts:3:9(12))` */
const PLACE = /(?:file:\/\/)?(\/[^\s()]+):(\d+):(\d+)\(\d+\)/g;

function scriptError({ file, cwd, expected }: K6ScriptSource, messages: readonly K6Message[]): LoadstarError {
  const text = messages.findLast(({ level }) => level === 'error')?.message ?? 'k6 ended without a word';
  const [first = text] = text.split('\n');
  const address = NOT_FETCHED.exec(text)?.[1];
  if (address !== undefined) return remoteError(relative(cwd, file), address, text);
  const places = [...text.matchAll(PLACE)];
  const place = places.find(([, path]) => path === file) ?? places[0];
  const shown = place ? `${relative(cwd, place[1] ?? file)}:${place[2]}:${place[3]}` : relative(cwd, file);
  return usageError(expected, `${shown}: ${first}`, insteadOfGlobal(first) ?? 'fix the line');
}

/** k6 v1.8.1 (internal/loader). */
const NOT_FETCHED = /moduleSpecifier \\?"(https?:[^"\\]+)\\?" couldn't be retrieved/;

function remoteError(shown: string, address: string, text: string): LoadstarError {
  const [, why = text] = /Error : \\?"(.*)\\?"$/s.exec(text.trim()) ?? [];
  return unusableError(
    `${address}, which ${shown} imports, to be reachable for k6`,
    why.replaceAll('\\"', '"').split(': ').slice(-3).join(': '),
    `connect this machine, or keep a copy: curl -o vendor.js ${address}, and import './vendor.js'`,
  );
}

function isRemoteError(error: LoadstarError): boolean {
  return error.exit_code === EXIT.unusable;
}
