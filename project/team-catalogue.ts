import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SCRIPT_ENV } from '../contract/env.ts';
import { LOOPBACK } from '../contract/ports.ts';
import { SCENARIOS, type Scenario, type Scenarios } from '../contract/scenarios.ts';
import type { CommandContext } from '../lib/context.ts';
import { readOptional, writePrivate } from '../lib/private-files.ts';
import { type CatalogueScenario, type CatalogueSetting, catalogueEntries, loadScenarios } from './catalogue.ts';
import type { Project } from './project.ts';
import type { K6Reader } from './read-exports.ts';

/** File in the state directory with the scenarios and limits that the last commands read from the configuration. */
const FILE = 'catalogue.json';

type Place = Pick<CommandContext, 'root' | 'cwd' | 'ui'>;

/** Where the scenarios of a project are looked up. @param k6 reads files that cannot be read without it */
export function catalogueSetting(project: Project, { root, cwd, ui }: Place, k6: K6Reader | null): CatalogueSetting {
  const { own_files, config } = project;
  const { slos = {}, default_limits, secrets = [] } = config;
  const script_env = scriptVariables(project);
  return { own_files, overrides: slos, default_limits, secrets, script_env, k6, warn: ui.warn, root, cwd };
}

/** A run does not start without the variables that the configuration names. Other commands need no value. */
const NOT_SET = 'not-set';

/** The variables that scenarios find in `__ENV` in a run, with the values that they have here. */
function scriptVariables({ config, env }: Project): Record<string, string> {
  const of_targets = Object.values(config.targets ?? {}).flatMap(({ environment = {} }) => Object.entries(environment));
  const named = [...of_targets, ...(config.secrets ?? []).map((name) => [name, name] as const)];
  const base_url = env[SCRIPT_ENV.base_url] || `http://${LOOPBACK}`;
  return {
    [SCRIPT_ENV.base_url]: base_url,
    ...Object.fromEntries(named.map(([name, variable]) => [name, env[variable] || NOT_SET])),
  };
}

/** Loads the scenarios that a team has written or set limits for. @throws LoadstarError (usage) if one does not load */
export async function loadTeamScenarios(setting: CatalogueSetting): Promise<CatalogueScenario[]> {
  const names = new Set([...setting.own_files.keys(), ...Object.keys(setting.overrides)]);
  return [...(await loadScenarios([...names], setting)).values()];
}

/** The built-in scenarios, and over them a team's. */
export function mergeTeam(team: readonly CatalogueScenario[]): Scenarios {
  return { ...SCENARIOS, ...catalogueEntries(team) };
}

/** With the file of a k6 script. */
type StoredScenario = Scenario & { readonly file?: string };

/**
 * Keeps for Grafana what a run has read: its alert rules and limits are those of the team's scenarios too, in calls that
 * read no configuration as well. Scenarios that were not read stay as they were known, those that are gone go.
 */
export async function rememberTeam(
  state_dir: string,
  loaded: Iterable<CatalogueScenario>,
  { own_files, overrides }: Pick<CatalogueSetting, 'own_files' | 'overrides'>,
): Promise<void> {
  const is_team = (name: string) => own_files.has(name) || Object.hasOwn(overrides, name);
  const known: Readonly<Record<string, StoredScenario>> = await readTeam(state_dir);
  // A script that a call has named by its path is in no directory of the project.
  const kept = Object.entries(known).filter(([name, { file }]) => is_team(name) || (file && existsSync(file)));
  const scenarios = [...loaded].filter(({ name }) => is_team(name));
  const files = new Map(scenarios.flatMap(({ name, file, k6_script }) => (k6_script ? [[name, file] as const] : [])));
  const read = Object.fromEntries(
    Object.entries(catalogueEntries(scenarios)).map(([name, entry]) => {
      const file = files.get(name);
      return [name, file === undefined ? entry : { ...entry, file }];
    }),
  );
  const text = JSON.stringify({ ...Object.fromEntries(kept), ...read });
  const file = join(state_dir, FILE);
  if ((await readOptional(file)) !== text) await writePrivate(file, text);
}

/** Reads the stored scenarios of a team. */
export async function readTeam(state_dir: string): Promise<Scenarios> {
  return JSON.parse((await readOptional(join(state_dir, FILE))) ?? '{}') as Scenarios;
}
