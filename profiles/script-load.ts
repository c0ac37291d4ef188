/** The load that the `options` of a k6 script plan, as k6 v1.8.1 reads them (lib/executor, lib/options.go). */
import type { Scenario as K6Scenario, Options } from 'k6/options';
import type { LoadStage } from './options.ts';

/** What a script's own options make. */
export interface ScriptLoad {
  /** k6's scenarios, those of the short forms (`vus`, `duration`, `stages`, `iterations`) included. */
  readonly scenarios: Readonly<Record<string, K6Scenario>>;
  /**
   * Seconds until the last scenario with a time ends, without the graceful stop. Where all end by their iterations, until
   * the last one must have.
   */
  readonly duration_s: number;
  /** It ends when its iterations are made, and not at a time. */
  readonly ends_by_iterations: boolean;
  /** Virtual users at once, at most. */
  readonly vus: number;
  /** Iterations that begin in a second, at most; 0 where users repeat them. */
  readonly per_s: number;
  /** Changes of load; empty where several scenarios run. */
  readonly stages: readonly LoadStage[];
}

/** k6's own scenario of the short forms. */
const DEFAULT_NAME = 'default';
const LONGEST_S = 600;
const UNIT_S = { d: 86_400, h: 3_600, m: 60, s: 1, ms: 0.001, us: 1e-6, µs: 1e-6, ns: 1e-9 } as const;
const PART = /(\d+(?:\.\d+)?)(ms|us|µs|ns|[dhms])/g;
const MS_PER_S = 1_000;

/** Any value of a script: k6 refuses what is wrong when it starts. */
type Loose = Readonly<Record<string, unknown>>;

/** What a script exports. */
export type ScriptExports = Readonly<Record<string, unknown>>;

/** A CommonJS script may export its functions below `default`. */
export function flattenExports(script: ScriptExports): ScriptExports {
  const inner = script.default as ScriptExports | null | undefined;
  return typeof inner === 'object' && typeof inner?.default === 'function' ? { ...script, ...inner } : script;
}

export function readScriptLoad(options: Options): ScriptLoad {
  const scenarios = scenariosOf(options as Loose);
  const plans = Object.values(scenarios).map((scenario) => planOf(scenario as unknown as Loose));
  const [only] = plans;
  const timed = plans.filter((plan) => !plan.ends_by_iterations);
  return {
    scenarios,
    duration_s: Math.max(...(timed.length > 0 ? timed : plans).map(({ end_s }) => end_s)),
    ends_by_iterations: timed.length === 0,
    vus: mostAtOnce(plans, ({ vus }) => vus),
    per_s: mostAtOnce(plans, ({ per_s }) => per_s),
    stages: only && plans.length === 1 ? only.stages : [],
  };
}

function scenariosOf({ scenarios, iterations, duration, stages, vus }: Loose): ScriptLoad['scenarios'] {
  const users = vus === undefined || vus === null ? {} : { vus };
  const named = scenarios as ScriptLoad['scenarios'] | null | undefined;
  if (named && Object.keys(named).length > 0) return named;
  return { [DEFAULT_NAME]: shortForm({ iterations, duration, stages }, users) as unknown as K6Scenario };
}

function shortForm({ iterations, duration, stages }: Loose, users: Loose): Loose {
  if (isSet(iterations)) {
    const most = isSet(duration) ? { maxDuration: duration } : {};
    return { executor: 'shared-iterations', ...users, iterations, ...most };
  }
  if (isSet(duration)) return { executor: 'constant-vus', ...users, duration };
  if (Array.isArray(stages) && stages.length > 0) {
    return { executor: 'ramping-vus', ...('vus' in users ? { startVUs: users.vus } : {}), stages };
  }
  return { executor: 'per-vu-iterations', ...users };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

interface Plan {
  readonly start_s: number;
  readonly end_s: number;
  readonly ends_by_iterations: boolean;
  readonly vus: number;
  readonly per_s: number;
  readonly stages: readonly LoadStage[];
}

function planOf(scenario: Loose): Plan {
  const start_s = durationOf_s(scenario.startTime);
  const { length_s, ...load } = loadOf(scenario);
  return { ends_by_iterations: false, per_s: 0, stages: [], start_s, end_s: start_s + length_s, ...load };
}

function loadOf(it: Loose): Partial<Plan> & { readonly vus: number; readonly length_s: number } {
  const unit_s = isSet(it.timeUnit) ? durationOf_s(it.timeUnit) : 1;
  const stages = (Array.isArray(it.stages) ? it.stages : []).map((stage: Loose) => ({
    duration_s: durationOf_s(stage.duration),
    target: numberOf(stage.target, 0),
  }));
  const total_s = stages.reduce((sum_s, { duration_s }) => sum_s + duration_s, 0);
  const highest = (start: number) => Math.max(start, ...stages.map(({ target }) => target));
  const length_s = durationOf_s(it.duration);
  const arrivals = numberOf(it.maxVUs, numberOf(it.preAllocatedVUs, 1));
  switch (it.executor) {
    case 'constant-vus': {
      const vus = numberOf(it.vus, 1);
      return { vus, length_s, stages: [{ duration_s: length_s, target: vus, unit: 'users' }] };
    }
    case 'ramping-vus':
      return {
        vus: highest(numberOf(it.startVUs, 1)),
        length_s: total_s,
        stages: stages.map((stage) => ({ ...stage, unit: 'users' })),
      };
    case 'constant-arrival-rate': {
      const per_s = numberOf(it.rate, 0) / unit_s;
      return {
        vus: arrivals,
        length_s,
        per_s,
        stages: [{ duration_s: length_s, target: per_s, unit: 'iterations/s' }],
      };
    }
    case 'ramping-arrival-rate':
      return {
        vus: arrivals,
        length_s: total_s,
        per_s: highest(numberOf(it.startRate, 0)) / unit_s,
        stages: stages.map(({ duration_s, target }) => ({ duration_s, target: target / unit_s, unit: 'iterations/s' })),
      };
    case 'externally-controlled':
      return { vus: numberOf(it.maxVUs, numberOf(it.vus, 1)), length_s };
    default:
      return {
        vus: numberOf(it.vus, 1),
        length_s: isSet(it.maxDuration) ? durationOf_s(it.maxDuration) : LONGEST_S,
        ends_by_iterations: true,
      };
  }
}

/** At the start of each scenario: between two starts there can only be fewer. */
function mostAtOnce(plans: readonly Plan[], read: (plan: Plan) => number): number {
  const at = (time_s: number) =>
    plans
      .filter(({ start_s, end_s }) => start_s <= time_s && (time_s < end_s || start_s === end_s))
      .reduce((sum, plan) => sum + read(plan), 0);
  return Math.max(...plans.map(({ start_s }) => at(start_s)));
}

function numberOf(value: unknown, otherwise: number): number {
  const number = isSet(value) ? Number(value) : otherwise;
  return Number.isFinite(number) ? number : otherwise;
}

/** `1m30s`, `500ms`, or a number of ms. @returns 0 for what is no duration */
export function durationOf_s(value: unknown): number {
  if (typeof value === 'number') return value / MS_PER_S;
  if (typeof value !== 'string') return 0;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) / MS_PER_S;
  return [...value.matchAll(PART)].reduce(
    (sum_s, [, amount, unit]) => sum_s + Number(amount) * UNIT_S[unit as keyof typeof UNIT_S],
    0,
  );
}
