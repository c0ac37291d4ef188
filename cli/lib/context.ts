import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { EnvName } from '../../contract/env.ts';
import type { EngineContext } from '../engine/engine.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { usageError } from './errors.ts';
import { environmentSecrets, printable, Redactor } from './redact.ts';
import { createUi, type Ui, type UiStream } from './ui.ts';

/** What bin.ts hands in: the process, seen as values. */
export interface ProcessContext {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Root of the checkout. */
  readonly root: string;
  readonly node_path: string;
  readonly stdout: UiStream;
  readonly stderr: UiStream;
  /** Asks the person at the terminal, and gives the line that they typed; absent or null: there is nobody to ask. */
  readonly ask?: (question: string) => Promise<string | null>;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP: finish gracefully. */
  readonly stop: AbortSignal;
  /** Aborted by a later one: finish now. */
  readonly force: AbortSignal;
}

export interface CommandContext extends ProcessContext {
  readonly environment: Environment;
  readonly ui: Ui;
  /** Data goes here, a line at a time. */
  print(text: string): void;
  /** A text without secrets and control characters. */
  clean(text: string): string;
}

export function commandContext(context: ProcessContext): CommandContext {
  const environment = readEnvironment(context.env);
  const color = context.stderr.isTTY === true && !environment.NO_COLOR;
  const redactor = new Redactor();
  redactor.add(environmentSecrets(context.env));
  // What a program reads stays as it is; JSON writes control characters as escapes anyway.
  const shown = context.stdout.isTTY ? printable : (text: string) => text;
  return {
    ...context,
    environment,
    ui: createUi(context.stderr, color, redactor),
    print: (text) => void context.stdout.write(`${shown(text)}\n`),
    clean: (text) => printable(redactor.text(text)),
  };
}

/** Addresses that end up in links, messages and results. */
const ADDRESSES = ['INFLUX_URL', 'GRAFANA_URL', 'PUBLIC_GRAFANA_URL', 'RESULTS_URL'] as const satisfies EnvName[];

/** @throws LoadstarError (usage), without the value: it holds a password */
function refuseUserinfo(environment: Environment): void {
  for (const name of ADDRESSES) {
    const value = environment[name];
    if (!value || !URL.canParse(value)) continue;
    const { username, password } = new URL(value);
    if (!username && !password) continue;
    throw usageError(
      `${name} without credentials: it ends up in links, messages and results`,
      'a user name or password in it',
      'take it out; INFLUX_TOKEN and GRAFANA_TOKEN are for access',
    );
  }
}

/** @throws LoadstarError (usage) for a port that is none, or an address that holds a password. */
export function engineContext(context: CommandContext): EngineContext {
  const { environment } = context;
  refuseUserinfo(environment);
  return {
    root: context.root,
    node_path: context.node_path,
    state_dir: resolve(context.root, environment.LOADSTAR_HOME ?? '.loadstar'),
    cache_dir: join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'loadstar'),
    ports: {
      influxdb: environment.port('INFLUX_PORT'),
      grafana: environment.port('GRAFANA_PORT'),
      demo: environment.port('DEMO_PORT'),
      live_view: environment.port('LIVE_VIEW_PORT'),
      inbox: environment.port('INBOX_PORT'),
    },
    ui: context.ui,
    env: context.env,
    signal: context.stop,
  };
}
