import { join } from 'node:path';
import { SCENARIOS, type Scenarios } from '../contract/scenarios.ts';
import { readOptional, writePrivate } from '../lib/private-files.ts';
import { type CatalogueScenario, type CatalogueSetting, catalogueEntries, loadScenarios } from './catalogue.ts';
import type { Project } from './project.ts';

/** File in the state directory with the scenarios and limits that the last commands read from the configuration. */
const FILE = 'catalogue.json';

type Place = Pick<CatalogueSetting, 'root' | 'cwd'>;

/** Where the scenarios of a project are looked up. */
export function catalogueSetting({ own_files, config }: Project, { root, cwd }: Place): CatalogueSetting {
  return { own_files, overrides: config.slos ?? {}, default_limits: config.default_limits, root, cwd };
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

/**
 * Keeps for Grafana what a run has read: its alert rules and limits are those of the team's scenarios too, in calls that
 * read no configuration as well. Scenarios that were not read stay as they were known, those that are gone go.
 */
export async function rememberTeam(
  state_dir: string,
  loaded: Iterable<CatalogueScenario>,
  { own_files, overrides }: CatalogueSetting,
): Promise<void> {
  const is_team = (name: string) => own_files.has(name) || Object.hasOwn(overrides, name);
  const kept = Object.entries(await readTeam(state_dir)).filter(([name]) => is_team(name));
  const read = catalogueEntries([...loaded].filter(({ name }) => is_team(name)));
  const text = JSON.stringify({ ...Object.fromEntries(kept), ...read });
  const file = join(state_dir, FILE);
  if ((await readOptional(file)) !== text) await writePrivate(file, text);
}

/** Reads the stored scenarios of a team. */
export async function readTeam(state_dir: string): Promise<Scenarios> {
  return JSON.parse((await readOptional(join(state_dir, FILE))) ?? '{}') as Scenarios;
}
