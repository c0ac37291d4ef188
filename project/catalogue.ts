import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { SCENARIOS, type Scenario } from '../contract/scenarios.ts';
import type { Slo } from '../contract/slo.ts';
import { usageError } from '../lib/errors.ts';
import type { OwnSource } from './bundle.ts';
import { evaluateK6Script } from './evaluate.ts';
import type { Config } from './load-config.ts';
import { problemError } from './problem.ts';
import { requireScenarioName } from './scenario-name.ts';
import { SCENARIO } from './schema.ts';

/** A scenario to run, with the SLOs that it is held to. */
export interface CatalogueScenario extends Scenario {
  readonly name: string;
  /** null: built-in. */
  readonly own: OwnSource | null;
}

/** Scenario files by their names. Files that begin with `_`, tests and subdirectories are a team's helpers. */
export type OwnFiles = ReadonlyMap<string, string>;

/** @param directory absolute; one that does not exist holds no scenarios. @throws LoadstarError (usage) for a name that none can have */
export function ownScenarioFiles(directory: string): OwnFiles {
  if (!existsSync(directory)) return new Map();
  const names = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[^_.].*\.ts$/.test(entry.name) && !/\.(test|d)\.ts$/.test(entry.name))
    .map((entry) => entry.name.slice(0, -'.ts'.length))
    .sort();
  for (const name of names) requireScenarioName(name, `${join(directory, `${name}.ts`)} to have a name`);
  return new Map(names.map((name) => [name, join(directory, `${name}.ts`)]));
}

/** Where scenarios are looked up. */
export interface CatalogueSetting {
  readonly own_files: OwnFiles;
  readonly overrides: NonNullable<Config['slos']>;
  readonly root: string;
  readonly cwd: string;
}

/** Looks scenarios up by name: the team's own files, read in Node.js, and the built-in ones. @throws LoadstarError (usage) */
export async function loadScenarios(
  names: readonly string[],
  setting: CatalogueSetting,
): Promise<Map<string, CatalogueScenario>> {
  refuseUnknown(setting);
  const scenarios = await Promise.all(names.map((name) => loadScenario(name, setting)));
  return new Map(scenarios.map((scenario) => [scenario.name, scenario]));
}

async function loadScenario(name: string, setting: CatalogueSetting): Promise<CatalogueScenario> {
  const file = setting.own_files.get(name);
  const scenario = file ? await readOwn(name, file, setting) : { ...builtIn(name), name, own: null };
  return { ...scenario, slos: overridden(scenario, setting.overrides[name] ?? []) };
}

function builtIn(name: string): Scenario {
  const scenario = (SCENARIOS as Readonly<Record<string, Scenario>>)[name];
  if (!scenario) throw new Error(`unreachable: no scenario ${name}`);
  return scenario;
}

async function readOwn(name: string, file: string, { root, cwd }: CatalogueSetting): Promise<CatalogueScenario> {
  const shown = relative(cwd, file);
  const exported = await evaluateK6Script({ file, root, cwd, expected: `${shown} to load` });
  if (exported.default === undefined) {
    throw usageError(`${shown} to have a default export`, 'none', 'export default defineScenario({ … })');
  }
  const result = SCENARIO.safeParse(exported.default);
  if (!result.success) throw problemError(result.error, shown, exported.default);
  const { title, journey, requests, setup, teardown } = result.data;
  const scenario = { name, title, journey, requests, slos: result.data.slos as Slo[] };
  for (const slo of scenario.slos) requireRequest(scenario, slo.request, shown);
  return { ...scenario, own: { file, has_setup: setup !== undefined, has_teardown: teardown !== undefined } };
}

/** An SLO for a request that is never made has no sample, and would fail every run. */
function requireRequest(
  { name, requests }: { name: string; requests: readonly string[] },
  request: string | undefined,
  where: string,
): void {
  if (request === undefined || requests.includes(request)) return;
  throw usageError(
    `${where}: an SLO for a request of ${name}`,
    `\`${request}\``,
    `its requests are: ${requests.join(', ')}`,
  );
}

function refuseUnknown({ overrides, own_files }: CatalogueSetting): void {
  const known = [...own_files.keys(), ...Object.keys(SCENARIOS)];
  const unknown = Object.keys(overrides).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw usageError(
    '`slos` of the configuration to name scenarios',
    `\`slos.${unknown}\``,
    `there are: ${known.join(', ')}`,
  );
}

type Override = NonNullable<Config['slos']>[string][number];

function overridden(scenario: CatalogueScenario, overrides: readonly Override[]): readonly Slo[] {
  const slos = [...scenario.slos];
  for (const override of overrides) {
    requireRequest(scenario, override.request, `\`slos.${scenario.name}\` of the configuration`);
    const { indicator, limit, request, abort } = override;
    const index = slos.findIndex(
      (slo) => slo.indicator === indicator && slo.request === request && slo.metric === undefined,
    );
    const reason = override.reason ?? slos[index]?.reason ?? 'set in loadstar.config.ts';
    const optional = { ...(request === undefined ? {} : { request }), ...(abort === undefined ? {} : { abort }) };
    const slo: Slo = { ...slos[index], indicator, limit, reason, ...optional };
    slos.splice(index < 0 ? slos.length : index, 1, slo);
  }
  return slos;
}
