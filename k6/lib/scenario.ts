import type { ScenarioName } from '../../contract/scenarios.ts';
import { Client } from './client.ts';
import { readScriptEnv, type ScriptEnv } from './env.ts';
import { buildOptions } from './options.ts';

/** What every scenario file needs: its options, a client for the target, and where k6's final data goes. */
export function defineScenario(name: ScenarioName) {
  const env = readScriptEnv(__ENV);
  return {
    options: buildOptions(name, env, env.slos ?? undefined),
    client: new Client(env),
    handleSummary: summaryHandler(env),
  };
}

/** Hands k6's end-of-test data to the runner, which prints its own table. */
export function summaryHandler({ summary_file }: ScriptEnv) {
  return (data: object): Record<string, string> => {
    // What setup() returned may be tokens: they are no result.
    const { setup_data: _, ...results } = data as { setup_data?: unknown };
    return { [summary_file ?? 'stdout']: JSON.stringify(results) };
  };
}
