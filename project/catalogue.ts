import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { Options } from 'k6/options';
import { PROTOCOL_NAMES, PROTOCOLS, type ProtocolName, requestMetrics } from '../contract/k6-metrics.ts';
import { FORMER_PACKAGE, K6_MODULE, PACKAGE } from '../contract/package-name.ts';
import { isFileOption, SCENARIOS, type Scenario, type Scenarios } from '../contract/scenarios.ts';
import { DEFAULT_SLOS, type DefaultIndicator, isOfPart, k6MetricOf, type Slo } from '../contract/slo.ts';
import { type LoadstarError, usageError } from '../lib/errors.ts';
import { schemaError } from '../lib/schema-problem.ts';
import { flattenExports } from '../profiles/script-load.ts';
import { slosOfThresholds } from '../profiles/script-slos.ts';
import type { ScenarioSource } from './bundle.ts';
import type { ScriptExports } from './evaluate.ts';
import { describeScript, isK6Script, type K6Script } from './k6-script.ts';
import type { Config } from './load-config.ts';
import { type K6Reader, readExports } from './read-exports.ts';
import { requireScenarioName, scenarioNameOf } from './scenario-name.ts';
import { SCENARIO } from './schema.ts';
import { exportsJourney, importsK6, mayBeScenario } from './script-text.ts';

/** A scenario to run, with the SLOs that it is judged by. */
export interface CatalogueScenario extends Scenario, ScenarioSource {
  /** Files that it opens, as absolute paths. */
  readonly data_files?: readonly string[];
  /** What its gRPC clients load, as it names it. */
  readonly proto_files?: readonly string[];
  /** Left out for scenarios of Loadstar. */
  readonly k6_script?: K6Script;
  /** Whether it is the team's own, and not built-in. */
  readonly is_own: boolean;
}

/** What checks of a planned load have to know of a scenario. */
export type PlannedScenario = Pick<CatalogueScenario, 'name' | 'users_factor' | 'needs_browser' | 'k6_script'>;

/** Scenario files by their names. */
export type ScenarioFiles = ReadonlyMap<string, string>;

/** The scenarios of a team, and the files beside them that are none. */
export interface OwnFiles {
  readonly files: ScenarioFiles;
  readonly skipped: readonly SkippedFile[];
}

export interface SkippedFile {
  readonly file: string;
  /** The name that it would have. */
  readonly name: string;
  readonly reason: string;
}

const SCRIPT = /^([^_.].*?)(\.(?:test|spec))?\.([cm]?[jt]s)$/;
const IMPORTS_LOADSTAR = new RegExp(`['"](${PACKAGE}|${FORMER_PACKAGE})/k6['"]`);

/**
 * Files that begin with `_`, type declarations and subdirectories are helpers. A directory that does not exist holds none.
 * @param directory absolute
 */
export function findOwnFiles(directory: string): OwnFiles {
  if (!existsSync(directory)) return { files: new Map(), skipped: [] };
  const files = new Map<string, string>();
  const skipped: SkippedFile[] = [];
  for (const entry of readdirSync(directory).sort()) {
    const [, base, test = '', ending] = SCRIPT.exec(entry) ?? [];
    const file = join(directory, entry);
    // Files of a ConfigMap are links.
    const is_file = base !== undefined && statSync(file, { throwIfNoEntry: false })?.isFile();
    if (!is_file || base.endsWith('.d')) continue;
    const name = scenarioNameOf(base);
    const reason = reasonToSkip(file, name, { is_plain: test === '' && ending === 'ts', taken_by: files.get(name) });
    if (reason === null) files.set(name, file);
    else skipped.push({ file, name, reason });
  }
  return { files, skipped };
}

/** Suites keep helpers and unit tests beside their scenarios: a file has to export a journey, and some have to use k6. */
function reasonToSkip(
  file: string,
  name: string,
  { is_plain, taken_by }: { readonly is_plain: boolean; readonly taken_by: string | undefined },
): string | null {
  const text = readFileSync(file, 'utf8');
  if (!IMPORTS_LOADSTAR.test(text)) {
    if (!is_plain && !(importsK6(text) && exportsJourney(text))) return `it imports neither \`${K6_MODULE}\` nor k6`;
    if (!mayBeScenario(text)) return 'it exports neither a default nor `options`';
  }
  if (taken_by !== undefined) return `its name would be \`${name}\`, as that of ${basename(taken_by)}`;
  try {
    requireScenarioName(name);
    return null;
  } catch (error) {
    const { found } = error as LoadstarError;
    return `its name would be ${found}; rename it`;
  }
}

/** Of TypeScript files alone: `name.ts`. */
function builtInFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /^[^_.].*\.ts$/.test(name) && !/\.(test|d)\.ts$/.test(name))
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();
}

/** The built-in scenarios, read from their files. SCENARIOS of the contract is generated from these. @param root of the checkout */
export async function builtInScenarios(root: string): Promise<CatalogueScenario[]> {
  const names = builtInFiles(builtInDirectory(root));
  const setting = { own_files: new Map(), overrides: {}, script_env: {}, k6: null, root, cwd: root };
  return await Promise.all(names.map((name) => loadScenario(name, setting)));
}

/** @param root of Loadstar's package */
export function builtInFile(root: string, name: string): string {
  return join(builtInDirectory(root), `${name}.ts`);
}

function builtInDirectory(root: string): string {
  return join(root, 'k6', 'scenarios');
}

/** Where scenarios are looked up. */
export interface CatalogueSetting {
  readonly own_files: ScenarioFiles;
  readonly overrides: NonNullable<Config['slos']>;
  /** Limits that a team sets instead of those that every scenario has. */
  readonly default_limits?: Config['default_limits'];
  /** Variables that scenarios may read. */
  readonly secrets?: readonly string[];
  /** What scenarios find in `__ENV` while their files are read. */
  readonly script_env: Readonly<Record<string, string>>;
  /** What k6 scripts find there that are none of Loadstar's. */
  readonly k6_env?: Readonly<Record<string, string>>;
  /** Reads files that cannot be read without it; null: none does. */
  readonly k6: K6Reader | null;
  /** Is called with what a file exports in vain. */
  readonly warn?: (text: string) => void;
  readonly root: string;
  readonly cwd: string;
}

/** Reads the files of scenarios by name, the team's own and the built-in ones. @throws LoadstarError (usage) */
export async function loadScenarios(
  names: readonly string[],
  setting: CatalogueSetting,
): Promise<Map<string, CatalogueScenario>> {
  refuseUnknown(setting);
  const scenarios = await Promise.all(names.map((name) => loadScenario(name, setting)));
  return new Map(scenarios.map((scenario) => [scenario.name, scenario]));
}

async function loadScenario(name: string, setting: CatalogueSetting): Promise<CatalogueScenario> {
  const own_file = setting.own_files.get(name);
  const file = own_file ?? builtInFile(setting.root, name);
  const { k6_modules, mayRead, ...stated } = await readScenario(name, file, setting);
  for (const module of k6_modules.filter((it) => it.startsWith('k6/x/')))
    setting.warn?.(`${name}: ${module} may make connections of its own: the allowed hosts do not hold for them`);
  const slos = withDefaults(stated, k6_modules, setting.default_limits ?? {});
  // Another scenario of the team may need another secret: none is asked for where it is not read.
  const read = own_file === undefined ? [] : (setting.secrets ?? []).filter(mayRead);
  const secrets = [...new Set([...(stated.secrets ?? []), ...read])];
  const scenario = { ...stated, slos, ...(secrets.length > 0 ? { secrets } : {}), is_own: own_file !== undefined };
  return { ...scenario, slos: overridden(scenario, setting.overrides[name] ?? []) };
}

/**
 * Adds the SLOs of every scenario for indicators that the scenario has no SLO of over all its requests.
 * @param k6_modules that it imports: requests of each protocol may fail, and one must not hide another
 */
function withDefaults(
  { slos, needs_browser }: Pick<Scenario, 'slos' | 'needs_browser'>,
  k6_modules: readonly string[],
  limits: NonNullable<CatalogueSetting['default_limits']>,
): readonly Slo[] {
  const stated = new Set(slos.filter((slo) => slo.request === undefined && !isOfPart(slo)).map(k6MetricOf));
  // A script may state it of some requests only, or with words that are no indicator.
  for (const { threshold } of slos) if (threshold) stated.add(threshold.metric.replace(/\{.*$/s, '').trim());
  const modules = needs_browser ? [...k6_modules, ...PROTOCOLS.browser.modules] : k6_modules;
  const defaults: Slo[] = Object.values(DEFAULT_SLOS).flatMap((slo): Slo[] => {
    if (slo.indicator !== 'error_rate') return [slo];
    const spoken = PROTOCOL_NAMES.filter((name) => name !== 'http' && speaks(name, modules));
    const others = spoken.map((name) => ({ ...slo, metric: requestMetrics(name).failed }));
    // A browser does the work of the client of Loadstar.
    return needs_browser ? others : [slo, ...others];
  });
  const missing = defaults.filter((slo) => !stated.has(k6MetricOf(slo)));
  return [
    ...slos,
    ...missing.map((slo) => ({ ...slo, limit: limits[slo.indicator as DefaultIndicator] ?? slo.limit })),
  ];
}

function speaks(protocol: ProtocolName, k6_modules: readonly string[]): boolean {
  return PROTOCOLS[protocol].modules.some((module) => k6_modules.includes(module));
}

async function readScenario(
  name: string,
  file: string,
  { root, cwd, script_env, k6_env, k6, warn }: CatalogueSetting,
): Promise<
  Scenario & ScenarioSource & Pick<CatalogueScenario, 'k6_script'> & Pick<ScriptExports, 'k6_modules' | 'mayRead'>
> {
  const shown = relative(cwd, file);
  const env = k6_env && !IMPORTS_LOADSTAR.test(readFileSync(file, 'utf8')) ? k6_env : script_env;
  const source = { name, file, root, cwd, env, expected: `${shown} to load` };
  const { exports: exported, k6_modules, mayRead, opened, protos } = await readExports(source, k6);
  const read = { data_files: opened, proto_files: protos, k6_modules, mayRead };
  const flat = flattenExports(exported);
  if (isK6Script(flat)) {
    return { name, file, ...read, has_setup: false, has_teardown: false, ...describeScript(flat, shown) };
  }
  if (exported.default === undefined) {
    throw usageError(
      `${shown} to export a scenario, or what k6 runs`,
      'neither a default export nor `options` with functions that it exports',
      'export default defineScenario({ … }), or a function as k6 takes it',
    );
  }
  const result = SCENARIO.safeParse(exported.default);
  if (!result.success) throw schemaError(result.error, shown, exported.default);
  for (const text of unusedExports(exported)) warn?.(`${shown}: ${text}`);
  const { setup, run: _, teardown, ...data } = result.data;
  // An optional field that is left out is missing here, and not undefined.
  const stated = data as Scenario;
  const { thresholds } = (exported.options ?? {}) as Options;
  const entry = { ...stated, slos: [...stated.slos, ...slosOfThresholds(thresholds, stated.slos)] };
  for (const slo of entry.slos) requireRequest({ name, ...entry }, slo.request, shown);
  const browser = k6_modules.includes('k6/browser') ? ({ needs_browser: true } as const) : {};
  const functions = { has_setup: setup !== undefined, has_teardown: teardown !== undefined };
  return { name, file, ...read, ...functions, ...entry, ...browser };
}

/** What a file exports for k6, and a run of Loadstar does not use. */
function unusedExports({ options, handleSummary }: Readonly<Record<string, unknown>>): string[] {
  const names = typeof options === 'object' && options !== null ? Object.keys(options) : [];
  const unused = names.filter((name) => !isFileOption(name));
  const listed = unused.map((name) => `\`options.${name}\``).join(', ');
  return [
    ...(unused.length > 0 ? [`${listed}: not used, because profile and target decide (docs/own-app.md)`] : []),
    ...(handleSummary === undefined ? [] : ['`handleSummary`: not used, because Loadstar writes the results itself']),
  ];
}

/** What the catalogue says of scenarios, without their code. */
export function catalogueEntries(scenarios: Iterable<CatalogueScenario>): Scenarios {
  return Object.fromEntries(
    [...scenarios].map((scenario) => {
      const {
        name,
        file: _,
        data_files: _data_files,
        proto_files: _proto_files,
        has_setup: _setup,
        has_teardown: _teardown,
        is_own: _own,
        k6_script: _script,
        ...entry
      } = scenario;
      return [name, entry];
    }),
  );
}

/** An SLO for a request that is never made has no sample, and would fail every run. */
function requireRequest(
  scenario: { readonly name: string; readonly requests: readonly string[]; readonly is_script?: true },
  request: string | undefined,
  where: string,
): void {
  const { name, requests, is_script } = scenario;
  // A request of a script is known when it is made.
  if (request === undefined || requests.includes(request) || is_script) return;
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
    const { indicator, limit, request, abort, during, over } = override;
    const index = slos.findIndex(
      (slo) =>
        slo.indicator === indicator &&
        slo.request === request &&
        slo.metric === undefined &&
        slo.during === during &&
        slo.over === over,
    );
    const reason = override.reason ?? slos[index]?.reason ?? 'set in loadstar.config.ts';
    const given = Object.entries({ request, abort, during, over }).filter(([, value]) => value !== undefined);
    const optional: Partial<Slo> = Object.fromEntries(given);
    // A limit of the configuration is judged here, and not by k6.
    const { strict: _strict, threshold: _threshold, ...replaced } = slos[index] ?? {};
    const slo: Slo = { ...replaced, indicator, limit, reason, ...optional };
    slos.splice(index < 0 ? slos.length : index, 1, slo);
  }
  return slos;
}
