/** Judges the steps of a staircase of load, each by what was measured in it alone, and says when the search is over. */
import { SATURATED_DELAY_MS, type ScenarioFigures, type SpanFigures } from '../contract/live-schema.ts';
import { METRICS } from '../contract/metrics.ts';
import type { LimitEnd, LimitResult, SloResult, StepResult, StepState } from '../contract/results.ts';
import { aggregationOf, passes, type Slo } from '../contract/slo.ts';
import { leastSamples, type MeasuredSlo, measureSlo } from './measure-slo.ts';
import { sum } from './statistics.ts';

/** An SLO and the scenario that it is of. */
export interface ScenarioSlo extends Slo {
  readonly scenario: string;
}

export interface StepInput {
  readonly started: Date;
  readonly offered_per_s: number;
  /** How much more than the step before it this one asks for: 1.05 is 5 %. */
  readonly factor: number;
  readonly slos: readonly ScenarioSlo[];
  readonly figures: SpanFigures;
}

/** What one step says. */
export function judgeStep({ started, offered_per_s, factor, slos, figures }: StepInput): StepResult {
  const scenarios = Object.values(figures.scenarios);
  const dropped_iterations = sum(scenarios.map((scenario) => scenario.dropped_iterations));
  const judged = slos.flatMap((slo) => judgeSlo(slo, figures.scenarios[slo.scenario]));
  return {
    started: started.toISOString(),
    offered_per_s,
    throughput_rps: figures.span_s > 0 ? sum(scenarios.map((scenario) => scenario.requests)) / figures.span_s : 0,
    users: figures.users,
    dropped_iterations,
    generator_delay_ms: figures.generator_delay_ms,
    state: stateOf(judged, dropped_iterations / (offered_per_s * figures.span_s), factor),
    slos: judged,
  };
}

/** An SLO that broke is the target's doing, whatever else happened: its figures are of requests that were made. */
function stateOf(judged: readonly SloResult[], dropped_share: number, factor: number): StepState {
  if (judged.some((slo) => !slo.ok)) return 'failed';
  // So many dropped, and the step offers no more than the one before it.
  if (dropped_share >= 1 - 1 / factor) return 'starved';
  return judged.length > 0 ? 'passed' : 'unjudged';
}

/** @returns nothing where one sample alone would decide. */
function judgeSlo(slo: ScenarioSlo, scenario: ScenarioFigures | undefined): SloResult[] {
  const measured = scenario && measure(slo, scenario);
  if (!measured || measured.samples < leastSamples(slo)) return [];
  const { value } = measured;
  const { indicator, request = null, metric = null, limit } = slo;
  return [{ indicator, request, metric, limit, value, ok: passes(slo, value) }];
}

/** @returns null for what steps cannot say: other trends than the latency, and throughput, below whose limit the steps begin. */
function measure({ indicator, metric, request }: ScenarioSlo, scenario: ScenarioFigures): MeasuredSlo | null {
  const requests = request === undefined ? scenario.all : scenario.named[request];
  if (metric !== undefined || !requests || aggregationOf(indicator).kind === 'per_second') return null;
  const { latency, rates } = requests;
  const { value, count } = rates[METRICS[indicator].k6.metric] ?? { value: 0, count: 0 };
  return measureSlo(indicator, { histogram: latency, value, count, span_s: 0 });
}

/** A target that stalls answers less than it did: by more than one step, or it is noise. */
function stalled(steps: readonly StepResult[], newest: StepResult, factor: number): boolean {
  const best_rps = Math.max(0, ...passedSteps(steps).map((step) => step.throughput_rps));
  return best_rps > 0 && newest.throughput_rps < best_rps / factor;
}

/** How far the target may be loaded; null: no limit. */
export interface Allowed {
  /** Requests a second. */
  readonly rps: number | null;
  readonly users: number | null;
}

const ANYTHING: Allowed = { rps: null, users: null };
/** Users come and go within a step: so many of those allowed, on average, are all of them at times. */
const ALL_USERS = 0.95;

/** Whether the next step would ask for more than is allowed, or the newest one had no user more to ask with. */
export function capped(steps: readonly StepResult[], factor: number, { rps, users } = ANYTHING): boolean {
  const newest = steps.at(-1);
  if (!newest) return false;
  if (newest.state === 'starved') return users !== null && newest.users >= users * ALL_USERS;
  return rps !== null && Math.max(newest.throughput_rps, newest.offered_per_s) * factor > rps;
}

/** Whether the search is over with the newest step, and why. @returns null to go on */
export function searchEnd(steps: readonly StepResult[], factor: number, allowed: Allowed = ANYTHING): LimitEnd | null {
  const newest = steps.at(-1);
  if (!newest) return null;
  const is_capped = capped(steps, factor, allowed);
  if (newest.state === 'passed') return is_capped ? 'capped' : null;
  if (newest.generator_delay_ms >= SATURATED_DELAY_MS && newest.state !== 'unjudged') return 'generator';
  if (newest.state === 'failed') return 'slo';
  if (stalled(steps, newest, factor)) return 'stalled';
  if (is_capped) return 'capped';
  return newest.state === 'starved' ? 'generator' : null;
}

/** What the steps say together. A capacity is claimed only where the target's own limit was found. */
export function limitResult(end: LimitEnd, steps: readonly StepResult[]): LimitResult {
  const found = end === 'slo' || end === 'stalled' ? lastPassed(end, steps) : undefined;
  return {
    end,
    capacity_rps: found?.throughput_rps ?? null,
    capacity_users: found?.users ?? null,
    steps: [...steps],
  };
}

/** A stall may begin with steps whose few answers are all good: so the best one counts. */
function lastPassed(end: LimitEnd, steps: readonly StepResult[]): StepResult | undefined {
  const candidates = passedSteps(steps);
  if (end !== 'stalled') return candidates.at(-1);
  return candidates.reduce<StepResult | undefined>(
    (best, step) => (best && best.throughput_rps >= step.throughput_rps ? best : step),
    undefined,
  );
}

/** The SLOs that a run stands for: of the last step that passed, else of the first that failed. */
export function limitSlos({ steps }: LimitResult): SloResult[] {
  return (passedSteps(steps).at(-1) ?? steps.find((step) => step.state === 'failed'))?.slos ?? [];
}

function passedSteps(steps: readonly StepResult[]): StepResult[] {
  return steps.filter((step) => step.state === 'passed');
}
