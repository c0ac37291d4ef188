import { homedir } from 'node:os';
import { join } from 'node:path';
import type { EnvName } from '../../contract/env.ts';
import type { CommandContext } from '../../lib/context.ts';
import type { Environment } from '../../lib/environment.ts';
import { usageError } from '../../lib/errors.ts';
import { projectName } from '../../project/project-name.ts';
import type { EngineContext } from './engine.ts';

/** Addresses that appear in links, messages and results. */
const ADDRESSES = ['INFLUX_URL', 'GRAFANA_URL', 'PUBLIC_GRAFANA_URL', 'RESULTS_URL'] as const satisfies EnvName[];

/** @throws LoadstarError (usage) without the value, which holds a password */
function refuseUserinfo(environment: Environment): void {
  for (const name of ADDRESSES) {
    const value = environment[name];
    if (!value || !URL.canParse(value)) continue;
    const { username, password } = new URL(value);
    if (!username && !password) continue;
    throw usageError(
      `${name} without credentials, because it appears in links, messages and results`,
      'a user name or password in it',
      'remove it, and set INFLUX_TOKEN or GRAFANA_TOKEN',
    );
  }
}

/** Where the project keeps its state, and this user the binaries of all projects. */
export function stateDirectories({
  state_dir,
  environment,
}: Pick<CommandContext, 'state_dir' | 'environment'>): Pick<EngineContext, 'state_dir' | 'cache_dir'> {
  return {
    state_dir,
    cache_dir: join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'loadstar'),
  };
}

/** @throws LoadstarError (usage) for an invalid port or an address with a password */
export function engineContext(context: CommandContext): EngineContext {
  const { environment } = context;
  refuseUserinfo(environment);
  return {
    root: context.root,
    cwd: context.cwd,
    node_path: context.node_path,
    results_dir: context.results_dir,
    ...stateDirectories(context),
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
    readProjectName: () => projectName(context),
  };
}
