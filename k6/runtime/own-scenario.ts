import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import type { Scenario } from '../../contract/scenarios.ts';
import { buildOptions } from '../../profiles/options.ts';
import { Client } from './client.ts';
import { readScriptEnv } from './env.ts';
import { summaryHandler } from './scenario.ts';

/** A row of `users` in loadstar.config.ts: whatever columns the team gave it. */
export type User = Readonly<Record<string, string>>;

/** What a team's scenario is given. */
export interface ScenarioContext {
  readonly client: Client;
  /** Without a trailing slash: for libraries that do not take the client. */
  readonly base_url: string;
  /** The account of this virtual user; they share when there are more virtual users than accounts. @throws where none are configured */
  user(): User;
}

/** A scenario of the team's own: one file, with its entry of the catalogue and its journey. `Data` is what `setup` hands on. */
export interface OwnScenario<Data = unknown> extends Scenario {
  /** Once, before the load. */
  readonly setup?: (context: ScenarioContext) => Data;
  /** One user's journey, over and over. */
  readonly run: (context: ScenarioContext, data: Data) => void;
  /** Once, after the load: for cleaning up. */
  readonly teardown?: (context: ScenarioContext, data: Data) => void;
}

/** Types a scenario; it changes nothing. The default export of a file in the scenarios directory. */
export function defineScenario<Data = unknown>(scenario: OwnScenario<Data>): OwnScenario<Data> {
  return scenario;
}

/** What k6 wants of a test, made of a team's scenario. Called by the entry that the runner bundles around the file. */
export function wire<Data>(name: string, scenario: OwnScenario<Data>) {
  const env = readScriptEnv(__ENV);
  const { users_file } = env;
  const users = users_file
    ? new SharedArray<User>('loadstar users', () => JSON.parse(open(users_file)) as User[])
    : undefined;
  const context: ScenarioContext = {
    client: new Client(env),
    base_url: env.base_url,
    user: () => userOf(users, exec.vu.idInTest),
  };
  return {
    options: buildOptions(name, env, env.slos ?? scenario.slos),
    handleSummary: summaryHandler(env),
    setup: () => scenario.setup?.(context),
    run: (data: Data) => scenario.run(context, data),
    teardown: (data: Data) => scenario.teardown?.(context, data),
  };
}

/** @param vu from 1; 0 in setup and teardown, which take the first user */
function userOf(users: readonly User[] | undefined, vu: number): User {
  const user = users?.[(Math.max(vu, 1) - 1) % users.length];
  if (!user) throw new Error('this scenario asks for a user: set `users` in loadstar.config.ts (docs/own-app.md)');
  return user;
}
