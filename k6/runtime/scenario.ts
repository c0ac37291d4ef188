import type { ScenarioName } from '../../contract/scenarios.ts';
import { buildOptions } from '../../profiles/options.ts';
import { shapeFor } from '../../profiles/shape.ts';
import { Client } from './client.ts';
import { readScriptEnv, type ScriptEnv } from './env.ts';

/** What every scenario file needs: its options, a client for the target, and where k6's final data goes. */
export function defineScenario(name: ScenarioName) {
  const env = readScriptEnv(__ENV);
  return {
    options: buildOptions(name, shapeFor(name, env), env.slos ?? undefined),
    client: new Client(env),
    /** For what does not go through the client, as a browser. */
    base_url: env.base_url,
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
