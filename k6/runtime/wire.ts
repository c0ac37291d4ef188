import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { isFileOption } from '../../contract/scenarios.ts';
import { buildOptions, profileOf } from '../../profiles/options.ts';
import { shapeFor } from '../../profiles/shape.ts';
import { blockGate, OPEN_GATE } from './block-gate.ts';
import { Client } from './client.ts';
import { readScriptEnv, type ScriptEnv } from './env.ts';
import { watchIterations } from './iteration.ts';
import type { ScenarioContext, ScenarioDefinition, User } from './scenario.ts';

/**
 * What k6 wants of a test, made of a scenario. Called by the entry that the runner bundles around the scenario's file.
 * @param own the `options` that the file exports
 */
export function wire<Data>(name: string, scenario: ScenarioDefinition<Data>, own: Options = {}) {
  const env = readScriptEnv(__ENV);
  const { users_file } = env;
  const users = users_file
    ? new SharedArray<User>('loadstar users', () => JSON.parse(open(users_file)) as User[])
    : undefined;
  const gate = env.blocks ? blockGate(env.blocks) : OPEN_GATE;
  const client = new Client({ ...env, beforeRequest: () => gate.pass() });
  const context: ScenarioContext = {
    client,
    base_url: env.base_url,
    user: () => userOf(users, exec.vu.idInTest),
  };
  const options = withOwn(buildOptions(name, shapeFor(scenario, env), env.slos ?? scenario.slos), own);
  return {
    options: scenario.needs_browser || env.in_browser ? inBrowser(options) : options,
    handleSummary: summaryHandler(env),
    setup: () => scenario.setup?.(context),
    run: watchIterations((data: Data) => scenario.run(context, data), {
      takeFailure: () => client.takeFailure(),
      gate,
      is_closed: profileOf(env).model === 'closed',
    }),
    teardown: (data: Data) => scenario.teardown?.(context, data),
  };
}

/** Both thresholds count where both have some. In a search for the limit none do: the runner judges its steps. */
function withOwn(options: Options, own: Options): Options {
  const entries = Object.entries(own).filter(([key]) => isFileOption(key));
  const thresholds: NonNullable<Options['thresholds']> = { ...options.thresholds };
  if (Object.keys(thresholds).length > 0) {
    for (const [metric, rules] of Object.entries(own.thresholds ?? {}))
      thresholds[metric] = [...(thresholds[metric] ?? []), ...rules];
  }
  return { ...Object.fromEntries(entries), ...options, thresholds };
}

/** @param vu from 1; 0 in setup and teardown, which take the first user */
function userOf(users: readonly User[] | undefined, vu: number): User {
  const user = users?.[(Math.max(vu, 1) - 1) % users.length];
  if (!user) throw new Error('this scenario asks for a user: set `users` in loadstar.config.ts (docs/own-app.md)');
  return user;
}

function inBrowser(options: Options): Options {
  const scenarios = Object.entries(options.scenarios ?? {}).map(([name, scenario]) => [
    name,
    { ...scenario, options: { browser: { type: 'chromium' } } },
  ]);
  return {
    ...options,
    // Without the URL k6 names no request of a browser. Scenarios group them by `metric.tag`, so that its values stay few.
    systemTags: [...(options.systemTags ?? []), 'url'],
    scenarios: Object.fromEntries(scenarios),
  };
}

/** Hands k6's end-of-test data to the runner, which prints its own table. */
function summaryHandler({ summary_file }: ScriptEnv) {
  return (data: object): Record<string, string> => {
    // What setup() returned may be tokens: they are no result.
    const { setup_data: _, ...results } = data as { setup_data?: unknown };
    return { [summary_file ?? 'stdout']: JSON.stringify(results) };
  };
}
