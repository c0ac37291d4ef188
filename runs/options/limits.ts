/** The limits of a target or a call: checked before the start, and handed to k6, which keeps to them while it runs. */
import { isIP } from 'node:net';
import { number } from '../../contract/format.ts';
import { USUAL_ITERATION_S } from '../../contract/profiles.ts';
import { aggregationOf, type Slo } from '../../contract/slo.ts';
import { usageError } from '../../lib/errors.ts';
import { hostAllowed } from '../../profiles/hosts.ts';
import { plannedDuration_s, profileOf, stagesOf, stepsOf } from '../../profiles/options.ts';
import { shapeFor } from '../../profiles/shape.ts';
import type { PlannedScenario } from '../../project/catalogue.ts';
import type { RunOptions } from './options.ts';

type Limited = Pick<
  RunOptions,
  | 'profile'
  | 'own_profile'
  | 'scale'
  | 'duration_s'
  | 'instances'
  | 'max_rate_rps'
  | 'max_duration_s'
  | 'max_vus'
  | 'limits_of'
>;

/** The option of a command that sets the time of its load. */
export interface TimeOption {
  readonly name: string;
  /** Planned in addition to the time of the option, such as a warm-up. */
  readonly more_s: number;
  /** Shortest time that the command takes. */
  readonly least_s: number;
}

const DURATION: TimeOption = { name: '--duration', more_s: 0, least_s: 1 };

/** What the command calls what would fit. */
interface OptionNames {
  readonly time?: TimeOption;
  readonly generators?: string;
}

/** @throws LoadstarError (usage) for a run that plans more than its target allows, with what would fit */
export function checkLimits(
  options: Limited,
  scenarios: readonly PlannedScenario[],
  { time = DURATION, generators = '--instances' }: OptionNames = {},
): void {
  checkBrowser(options, scenarios);
  checkGenerators(options, generators);
  checkDuration(options, scenarios, time);
  for (const scenario of scenarios) checkLoad(options, scenario);
}

/** k6 holds its own HTTP client to a rate, and no browser. */
function checkBrowser({ max_rate_rps, limits_of }: Limited, scenarios: readonly PlannedScenario[]): void {
  const in_browser = scenarios.filter(({ needs_browser }) => needs_browser).map(({ name }) => name);
  if (max_rate_rps === null || in_browser.length === 0) return;
  throw usageError(
    `scenarios that can be held to the ${max_rate_rps} requests/s of ${limits_of}`,
    `${in_browser.join(', ')}: a browser makes its requests by itself`,
    'leave it out, or run it against another target',
  );
}

/** Each has a whole share of the rate. */
function checkGenerators({ instances, max_rate_rps, limits_of }: Limited, option: string): void {
  if (max_rate_rps === null || instances <= max_rate_rps) return;
  throw usageError(
    `at most ${Math.floor(max_rate_rps)} generators for the ${max_rate_rps} requests/s of ${limits_of} (max_rate_rps)`,
    `${instances}`,
    `${option} ${Math.floor(max_rate_rps)}, or fewer`,
  );
}

function checkDuration(
  options: Limited,
  scenarios: readonly PlannedScenario[],
  { name, more_s, least_s }: TimeOption,
): void {
  const { max_duration_s, limits_of, profile } = options;
  const planned_s = plannedTotal_s(options, scenarios);
  if (max_duration_s === null || planned_s <= max_duration_s) return;
  const fits_s = Math.floor((max_duration_s / planned_s) * plannedDuration_s(options)) - more_s;
  const many = scenarios.length > 1;
  const runs = many ? `${scenarios.length} scenarios one after another` : `profile ${profile}`;
  throw usageError(
    `at most ${number(max_duration_s)} s of load for ${limits_of} (max_duration_s)`,
    `${number(Math.ceil(planned_s))} s planned: ${runs}`,
    fits_s >= least_s ? `${name} ${fits_s}s fits${many ? ', or fewer scenarios' : ''}` : shortenedBy(many),
  );
}

function shortenedBy(many: boolean): string {
  return many ? 'fewer scenarios' : 'a target that allows more, such as a second staging system';
}

/** Seconds of load that the scenarios of a call plan together. A staircase counts as far as the target allows it. */
export function plannedTotal_s(options: Limited, scenarios: readonly PlannedScenario[]): number {
  const each = scenarios.map((scenario) => {
    const last = stepsOf(shapeFor(scenario, options)).at(-1);
    return last?.to_s ?? plannedDuration_s(options);
  });
  return each.reduce((sum, planned_s) => sum + planned_s, 0);
}

interface Excess {
  readonly expected: string;
  readonly found: string;
  /** How many times as much as is allowed. */
  readonly times: number;
}

/** Journeys make one request at least: how many, nobody knows before. That is k6's own limit, while it runs. */
function checkLoad(options: Limited, scenario: PlannedScenario): void {
  const excess = findExcess(options, scenario);
  if (!excess) return;
  const fits = scaleThatFits(options, scenario, options.scale / excess.times);
  throw usageError(
    excess.expected,
    excess.found,
    fits === null ? `a profile lighter than ${options.profile}` : `--scale ${fits} fits`,
  );
}

function findExcess(options: Limited, scenario: PlannedScenario): Excess | null {
  const { name } = scenario;
  const { max_rate_rps, max_vus, limits_of, profile } = options;
  // Without its limits: what the profile asks for.
  const { users, per_s } = plannedLoad(shapeFor(scenario, { ...options, max_rate_rps: null, max_vus: null }));
  if (max_rate_rps !== null && per_s > max_rate_rps) {
    return {
      expected: `at most ${max_rate_rps} requests/s for ${limits_of} (max_rate_rps)`,
      found: `${number(per_s)} journeys a second in ${name}, profile ${profile}, each of a request at least`,
      times: per_s / max_rate_rps,
    };
  }
  if (max_vus === null || users <= max_vus) return null;
  return {
    expected: `at most ${max_vus} users for ${limits_of} (max_vus)`,
    found: `${number(users)} in ${name}, profile ${profile}`,
    times: users / max_vus,
  };
}

/** The most of each that the profile begins with (stairs: they end where the target allows no more) or reaches. */
function plannedLoad(shape: Parameters<typeof stagesOf>[0]): { readonly users: number; readonly per_s: number } {
  const profile = profileOf(shape);
  const stages = stagesOf(shape);
  const per_s = profile.model === 'staircase' ? (stages[0]?.target ?? 0) : peakTarget(stages);
  if (profile.model === 'closed') return { users: peakTarget(stages), per_s: 0 };
  return { users: Math.ceil(per_s * USUAL_ITERATION_S), per_s };
}

function peakTarget(stages: ReturnType<typeof stagesOf>): number {
  return Math.max(...stages.map((stage) => stage.target));
}

/** Users are whole, so that the proportional scale may be a hair too much. */
const TRIES = 20;
const SMALLER = 0.97;

function scaleThatFits(options: Limited, scenario: PlannedScenario, first: number): number | null {
  let scale = first;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const rounded = roundedDown(scale);
    if (rounded > 0 && findExcess({ ...options, scale: rounded }, scenario) === null) return rounded;
    scale *= SMALLER;
  }
  return null;
}

/** To two figures: a number that people type. */
function roundedDown(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.floor(value / unit) * unit).toPrecision(2));
}

/**
 * What repeats of one scenario may take of the time that the target allows. Repeats of one must not take what another needs.
 * @param planned_s of all scenarios together, without repeats
 */
export function repeatBudget_s(
  { max_duration_s, scenarios }: Pick<RunOptions, 'max_duration_s' | 'scenarios'>,
  planned_s: number,
): number {
  if (max_duration_s === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, max_duration_s - planned_s) / scenarios.length;
}

/**
 * What k6 itself keeps to: requests a second over all users, and hosts of production that this run is not about but that a
 * wildcard would allow. k6/output/hostguard refuses them too, except in a browser.
 * @param script_rps what a script limits itself to; k6 takes its argument instead
 */
export function guardArgs(
  {
    max_rate_rps,
    allow_hosts,
    blocked_hosts,
    instances,
  }: Pick<RunOptions, 'max_rate_rps' | 'allow_hosts' | 'blocked_hosts' | 'instances'>,
  script_rps: number | null = null,
): string[] {
  // k6 v1.8.1 does not share this limit among execution segments (internal/js/runner.go).
  const allowed_rps = max_rate_rps === null ? null : Math.floor(max_rate_rps / instances);
  const rate_rps = allowed_rps === null ? null : Math.min(allowed_rps, script_rps ?? allowed_rps);
  const blocked = blocked_hosts
    .filter((host) => hostAllowed(host, allow_hosts))
    .flatMap((host) => {
      const address = host.replace(/^\[|\]$/g, '');
      const version = isIP(address);
      return version === 0 ? ['--block-hostnames', host] : ['--blacklist-ip', `${address}/${version === 4 ? 32 : 128}`];
    });
  return [...(rate_rps === null ? [] : ['--rps', String(rate_rps)]), ...blocked];
}

/**
 * SLOs that end the run when they fail. Throughput is below its limit while the load rises, and the warm-up that `during`
 * leaves out is known at the end alone: such SLOs end no run.
 */
export function withAborts(slos: readonly Slo[], after_s: number | null): readonly Slo[] {
  if (after_s === null) return slos;
  return slos.map((slo) =>
    aggregationOf(slo.indicator).kind === 'per_second' || slo.during !== undefined
      ? slo
      : { ...slo, abort: false, aborts: { limit: slo.limit, after_s } },
  );
}
