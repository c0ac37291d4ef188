import type { ScenarioName } from '../../contract/scenarios.ts';
import { Client } from './client.ts';
import { readScriptEnv } from './env.ts';
import { buildOptions } from './options.ts';
import { shapeFor } from './shape.ts';

/** What every scenario file needs: its options, a client for the target, and where k6's final data goes. */
export function defineScenario(name: ScenarioName) {
  const env = readScriptEnv(__ENV);
  return {
    options: buildOptions(name, shapeFor(name, env)),
    client: new Client(env),
    /** For what does not go through the client, as a browser. */
    base_url: env.base_url,
    /** Hands k6's end-of-test data to the runner, which prints its own table. */
    handleSummary: (data: unknown): Record<string, string> => ({
      [env.summary_file ?? 'stdout']: JSON.stringify(data),
    }),
  };
}
