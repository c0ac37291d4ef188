import type { Scenario } from '../../contract/scenarios.ts';
import type { Client } from './client.ts';

/** A row of `users` in loadstar.config.ts: whatever columns the team gave it. */
export type User = Readonly<Record<string, string>>;

/** What a scenario's functions receive. */
export interface ScenarioContext {
  /** The HTTP client. */
  readonly client: Client;
  /** Address of the target without a trailing slash, for libraries that do not take the client. */
  readonly base_url: string;
  /** The account of this virtual user; virtual users share accounts if there are more of them. @throws if `users` of the configuration names none */
  user(): User;
}

/** A scenario: one file with its entry in the catalogue and its journey. `Data` is what `setup` returns. */
export interface ScenarioDefinition<Data = unknown> extends Scenario {
  /** Runs once, before the load. All generators get its result as the `data` of the other functions: as JSON, so no functions. */
  readonly setup?: (context: ScenarioContext) => Data | Promise<Data>;
  /** The journey of one virtual user. k6 repeats it. */
  readonly run: (context: ScenarioContext, data: Data) => void | Promise<void>;
  /** Runs once, after the load: for cleaning up. */
  readonly teardown?: (context: ScenarioContext, data: Data) => void;
}

/** Types a scenario; it changes nothing. The default export of a file in a scenarios directory. */
export function defineScenario<Data = unknown>(scenario: ScenarioDefinition<Data>): ScenarioDefinition<Data> {
  return scenario;
}
