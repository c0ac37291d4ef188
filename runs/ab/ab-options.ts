/** What `loadstar ab` was asked to do, validated. */
import { LEAST_CHANGE } from '../../analysis/ab.ts';
import { LOOPBACK } from '../../contract/ports.ts';
import type { ProfileName } from '../../contract/profiles.ts';
import { type Environment, readEnvironment } from '../../lib/environment.ts';
import { usageError } from '../../lib/errors.ts';
import { GROUP_BLOCKS } from '../../profiles/blocks.ts';
import { profileOf } from '../../profiles/options.ts';
import type { CatalogueScenario } from '../../project/catalogue.ts';
import type { Project } from '../../project/project.ts';
import { refuseEmptyVariables } from '../options/empty-settings.ts';
import type { TimeOption } from '../options/limits.ts';
import { parseDuration_s, type RunFlags, type RunOptions, resolveRunOptions } from '../options/options.ts';

export interface AbSideOptions {
  readonly run: RunOptions;
  /** That starts the build; null: it is there already. */
  readonly command: string | null;
  /** Of that build. */
  readonly port: number;
  readonly app: { readonly version: string | null; readonly commit: string | null };
}

export interface AbOptions {
  readonly base: AbSideOptions;
  readonly head: AbSideOptions;
  readonly budget_s: number;
  readonly block_s: number;
  readonly discarded_s: number;
  /** A fraction. */
  readonly least_change: number;
}

/** What the command line gives. */
export interface AbFlags extends Omit<RunFlags, 'baseUrl' | 'target' | 'duration' | 'instances' | 'demoFault'> {
  readonly base?: string;
  readonly head?: string;
  readonly baseCmd?: string;
  readonly headCmd?: string;
  readonly basePort?: string;
  readonly headPort?: string;
  readonly baseVersion?: string;
  readonly headVersion?: string;
  readonly baseCommit?: string;
  readonly headCommit?: string;
  readonly budget?: string;
  readonly block?: string;
  readonly leastChange?: string;
}

/** Equal load for both builds, however fast they are, is what two builds are comparable under. */
export const AB_PROFILE: ProfileName = 'ab';
export const AB_BUDGET = '5m';
export const AB_BLOCK = '3s';
/** Of each block: users begin spread over half of it, and requests of the other build end in it. */
const DISCARDED_S = 1;
/** A block has to be longer than what is left out of it. */
const SHORTEST_BLOCK_S = 2;
/** The warm-up, and 20 pairs: with fewer, a rank test that may err so seldom cannot decide on many requests. */
const LEAST_GROUPS = 12;
export const AB_PORTS = { base: '4801', head: '4802' } as const;

/** k6 starts and runs `setup()` before the first block. */
export const START_S = 5;
/** The runner ends k6, which must not end by itself before. */
const SPARE_S = 60;

/** Of one target, of several generators, or of another command: `loadstar ab` says them itself. */
const NOT_FOR_AB = ['BASE_URL', 'TARGET', 'DEMO_FAULTS', 'DURATION', 'INSTANCES', 'APP_VERSION', 'APP_COMMIT'];

/** @param env variables of the process @throws LoadstarError (usage) */
export function resolveAbOptions(
  names: readonly string[],
  flags: AbFlags,
  env: Readonly<Record<string, string | undefined>>,
  project: Project | null,
): AbOptions {
  const environment = readEnvironment(
    Object.fromEntries(Object.entries(env).filter(([name]) => !NOT_FOR_AB.includes(name))),
  );
  refuseEmptyVariables(environment, { ...flags, scenario: names[0] });
  const block_s = parseDuration_s('--block', flags.block ?? AB_BLOCK);
  if (block_s < SHORTEST_BLOCK_S) {
    throw usageError(
      `blocks of ${SHORTEST_BLOCK_S} s or more`,
      `--block ${flags.block}`,
      `--block ${SHORTEST_BLOCK_S}s`,
    );
  }
  const budget_s = parseDuration_s('--budget', flags.budget ?? AB_BUDGET);
  const least_s = leastBudget_s(block_s);
  if (budget_s < least_s) {
    throw usageError(
      `a budget for ${LEAST_GROUPS * GROUP_BLOCKS} blocks or more: fewer cannot decide anything`,
      `--budget ${budget_s}s with blocks of ${block_s} s`,
      `--budget ${least_s}s, or shorter blocks: --block ${SHORTEST_BLOCK_S}s`,
    );
  }
  const request = { names, flags, environment, project, budget_s };
  const head = resolveSide('head', request);
  const base = resolveSide('base', request, head.run.profile);
  const ports = [base, head].flatMap(({ command, port }) => (command === null ? [] : [port]));
  if (ports[0] !== undefined && ports[0] === ports[1])
    throw usageError('a port for each build', `${ports[0]} for both`, '--base-port and --head-port');
  if (head.run.scenarios.length !== 1)
    throw usageError('one scenario', head.run.scenarios.join(', '), 'name the one that asks for what has changed');
  const profile = profileOf(head.run);
  if (profile.model === 'staircase')
    throw usageError('a profile with a constant load', head.run.profile, `--profile ${AB_PROFILE}, or load`);
  if (!head.run.outputs.includes('loadstar'))
    throw usageError('the output loadstar, which reads each block', head.run.outputs.join(','), 'OUTPUT=loadstar');
  return { base, head, budget_s, block_s, discarded_s: DISCARDED_S, least_change: parseChange(flags.leastChange) };
}

/** What a message names that asks for less time. */
export function budgetOption({ block_s }: Pick<AbOptions, 'block_s'>): TimeOption {
  return { name: '--budget', more_s: START_S + SPARE_S, least_s: leastBudget_s(block_s) };
}

function leastBudget_s(block_s: number): number {
  return LEAST_GROUPS * GROUP_BLOCKS * block_s;
}

/** k6 counts requests of a browser apart. @throws LoadstarError (usage) */
export function checkAbScenario({ name, needs_browser, is_script }: CatalogueScenario): void {
  if (is_script) {
    // Scenarios pause between the blocks; nothing of a script is rewritten, so both sides would load at once.
    throw usageError(
      'a scenario of Loadstar for the comparison of two builds, whose users pause between blocks',
      `\`${name}\`, a k6 script`,
      'write the script as a scenario (docs/own-app.md), or run it once per build and use `loadstar compare`',
    );
  }
  if (!needs_browser) return;
  throw usageError('a scenario without a browser', name, 'compare the requests that its pages make');
}

interface SideRequest {
  readonly names: readonly string[];
  readonly flags: AbFlags;
  readonly environment: Environment;
  readonly project: Project | null;
  readonly budget_s: number;
}

function resolveSide(
  side: 'base' | 'head',
  { names, flags, environment, project, budget_s }: SideRequest,
  profile = flags.profile,
): AbSideOptions {
  const of = {
    base: { where: flags.base, cmd: flags.baseCmd, port: flags.basePort, v: flags.baseVersion, c: flags.baseCommit },
    head: { where: flags.head, cmd: flags.headCmd, port: flags.headPort, v: flags.headVersion, c: flags.headCommit },
  }[side];
  const next = `--${side} <url or target>, or --${side}-cmd <command> that starts it`;
  if (of.where && of.cmd) throw usageError(`one ${side}`, `--${side} and --${side}-cmd`, next);
  if (!of.where && !of.cmd) throw usageError(`a build to compare as ${side}`, 'none', next);
  const port = parsePort(side, of.port ?? AB_PORTS[side]);
  const where = of.where ?? `http://${LOOPBACK}:${port}`;
  const is_address = /^[a-z][a-z0-9+.-]*:\/\//i.test(where);
  if (!is_address && !project) throw usageError(`--${side} as a URL`, `\`${where}\`, and no configuration`, next);
  const app = { version: of.v ?? null, commit: of.c ?? null };
  const { base: _base, head: _head, ...common } = flags;
  const run = resolveRunOptions(
    names,
    {
      ...common,
      ...(is_address ? { baseUrl: where } : { target: where }),
      profile: profile ?? environment.PROFILE ?? AB_PROFILE,
      duration: `${START_S + budget_s + SPARE_S}s`,
      ...(app.version ? { appVersion: app.version } : {}),
      ...(app.commit ? { appCommit: app.commit } : {}),
    },
    environment,
    project,
    { has_one_scenario: true },
  );
  return { run: { ...run, is_level: true, abort_after_s: null }, command: of.cmd ?? null, port, app };
}

const LAST_PORT = 65_535;

function parsePort(side: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port <= LAST_PORT) return port;
  throw usageError(`--${side}-port to be a port, 1 to ${LAST_PORT}`, `\`${text}\``, `for example --${side}-port 18081`);
}

/** `3%`, or 3. @returns a fraction */
function parseChange(text: string | undefined): number {
  if (text === undefined) return LEAST_CHANGE;
  const value = Number(text.replace(/\s*%$/, ''));
  if (Number.isFinite(value) && value > 0 && value < 100) return value / 100;
  throw usageError('--least-change as a percentage above 0 and below 100', `\`${text}\``, 'for example 3%');
}
