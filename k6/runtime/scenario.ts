import type { Scenario } from '../../contract/scenarios.ts';
import type { Client } from './client.ts';

/** A row of `users` in loadstar.config.ts: whatever columns the team gave it. */
export type User = Readonly<Record<string, string>>;

/** What a scenario's functions receive. */
export interface ScenarioContext {
  readonly client: Client;
  /** Without a trailing slash: for libraries that do not take the client. */
  readonly base_url: string;
  /** The account of this virtual user; they share when there are more virtual users than accounts. @throws where none are configured */
  user(): User;
}

/** A scenario: one file with its entry in the catalogue and its journey. `Data` is what `setup` hands on. */
export interface ScenarioDefinition<Data = unknown> extends Scenario {
  /** Once, before the load. */
  readonly setup?: (context: ScenarioContext) => Data;
  /** One user's journey, over and over. */
  readonly run: (context: ScenarioContext, data: Data) => void | Promise<void>;
  /** Once, after the load: for cleaning up. */
  readonly teardown?: (context: ScenarioContext, data: Data) => void;
}

/** Types a scenario; it changes nothing. The default export of a file in a scenarios directory. */
export function defineScenario<Data = unknown>(scenario: ScenarioDefinition<Data>): ScenarioDefinition<Data> {
  return scenario;
}
