import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandContext } from '../../lib/context.ts';
import type { EngineContext } from '../../stack/engine/engine.ts';
import { engineContext } from '../../stack/engine/engine-context.ts';
import { callLoadstar, type LoadstarResult, type OnOutput } from './loadstar-call.ts';
import { portForLater } from './ports.ts';

/** Where end-to-end tests leave pictures for people. */
export const PICTURES_DIR = join(tmpdir(), 'loadstar-pictures');

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** A Loadstar of its own for a test: state, ports and environment apart from everything else on the machine. */
export interface Machine {
  readonly env: Readonly<Record<string, string>>;
  readonly state_dir: string;
  /** Where its runs leave their files: nothing of a test goes into the checkout. */
  readonly results_dir: string;
  readonly context: EngineContext;
  /** Runs `loadstar …` as a user would: a process of its own. */
  loadstar(args: readonly string[], more?: LoadstarOptions): Promise<LoadstarResult>;
  /** Stops what runs and removes the state. */
  dispose(): Promise<void>;
}

export interface LoadstarOptions {
  /** Undefined: not set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly onOutput?: OnOutput;
}

const silent = { write: () => true };

export async function machine(more: Readonly<Record<string, string>> = {}): Promise<Machine> {
  const state_dir = mkdtempSync(join(tmpdir(), 'loadstar-state-'));
  const results = mkdtempSync(join(tmpdir(), 'loadstar-results-'));
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    ...goSettings(),
    ENGINE: 'native',
    LOADSTAR_HOME: state_dir,
    RESULTS_DIR: join(results, 'results'),
    INFLUX_PORT: String(await portForLater()),
    GRAFANA_PORT: String(await portForLater()),
    DEMO_PORT: String(await portForLater()),
    LIVE_VIEW_PORT: String(await portForLater()),
    INBOX_PORT: String(await portForLater()),
    ...more,
  };
  const context = engineContext(
    commandContext({
      args: [],
      env,
      cwd: ROOT,
      root: ROOT,
      node_path: process.execPath,
      stdout: silent,
      stderr: silent,
      stop: new AbortController().signal,
      force: new AbortController().signal,
    }),
  );
  const loadstar: Machine['loadstar'] = (args, options) =>
    callLoadstar({ root: ROOT, env: { ...env, ...options?.env } }, args, options?.onOutput).ended;
  return {
    env,
    state_dir,
    results_dir: context.results_dir,
    context,
    loadstar,
    async dispose() {
      await loadstar(['down', '--force']);
      for (const directory of [state_dir, results]) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A machine's own settings for Go, the choice of k6 and the cache of binaries are kept: tests must not build anew. */
function goSettings(): Record<string, string> {
  const names = [
    'GOPROXY',
    'GOSUMDB',
    'GOFLAGS',
    'GOTOOLCHAIN',
    'GOPATH',
    'GOCACHE',
    'XDG_CACHE_HOME',
    'K6_VERSION',
    'K6_SOURCE',
  ];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name] ?? '']] : [])));
}
