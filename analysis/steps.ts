/** Judges the steps of a staircase of load, each by what was measured in it alone, and says when the search is over. */
import {
  type RequestSpan,
  SATURATED_DELAY_MS,
  type ScenarioFigures,
  type Share,
  type SpanFigures,
} from '../contract/live-schema.ts';
import type { LimitEnd, LimitResult, SloResult, StepResult, StepState } from '../contract/results.ts';
import { SLO_DIRECTION, type Slo, type SloIndicator } from '../contract/slo.ts';
import { percentile, sampleCount } from './histogram.ts';

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

interface Measured {
  readonly value: number;
  readonly samples: number;
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
  if (judged.some((slo) => !slo.ok)) return 'broken';
  // So many dropped, and the step offers no more than the one before it.
  if (dropped_share >= 1 - 1 / factor) return 'starved';
  return judged.length > 0 ? 'held' : 'unjudged';
}

/** @returns nothing where one sample alone would decide. */
function judgeSlo(slo: ScenarioSlo, scenario: ScenarioFigures | undefined): SloResult[] {
  const measured = scenario && measure(slo, scenario);
  if (!measured || measured.samples < leastSamples(slo)) return [];
  const { value } = measured;
  const ok = SLO_DIRECTION[slo.indicator] === 'below' ? value < slo.limit : value > slo.limit;
  const { indicator, request = null, metric = null, limit } = slo;
  return [{ indicator, request, metric, limit, value, ok }];
}

function measure(slo: ScenarioSlo, scenario: ScenarioFigures): Measured | null {
  // Steps are read by their requests; what another trend says is judged at the end of other profiles.
  if (slo.metric !== undefined) return null;
  const requests = slo.request === undefined ? scenario.all : scenario.named[slo.request];
  switch (slo.indicator) {
    case 'p95_ms':
      return requests ? percentileOf(requests, 0.95) : null;
    case 'p99_ms':
      return requests ? percentileOf(requests, 0.99) : null;
    case 'error_rate':
      return requests ? shareOf(requests.failed) : null;
    case 'checks_rate':
      // k6 knows of no request that a check belongs to.
      return slo.request === undefined ? shareOf(scenario.checks) : null;
    case 'throughput_rps':
      // The stairs begin below any throughput that is worth an SLO.
      return null;
  }
}

function percentileOf({ latency }: RequestSpan, share: number): Measured | null {
  const value = percentile(latency, share);
  return value === null ? null : { value, samples: sampleCount(latency) };
}

function shareOf({ value, count }: Share): Measured | null {
  return count > 0 ? { value: value / count, samples: count } : null;
}

/** The share of samples that may be bad without breaking the SLO. */
const TOLERATED: Readonly<Record<SloIndicator, (limit: number) => number>> = {
  p95_ms: () => 0.05,
  p99_ms: () => 0.01,
  error_rate: (limit) => limit,
  checks_rate: (limit) => 1 - limit,
  throughput_rps: () => 1,
};

/** So many that one bad sample alone does not break the SLO; where none is tolerated, one. */
export function leastSamples({ indicator, limit }: Pick<Slo, 'indicator' | 'limit'>): number {
  const tolerated = TOLERATED[indicator](limit);
  if (tolerated <= 0) return 1;
  // Floats: 1 − 0.99 is a hair more than 0.01.
  return Math.floor(1 / tolerated + 1e-9) + 1;
}

/** A target that stalls answers less than it did: by more than one step, or it is noise. */
function stalled(steps: readonly StepResult[], newest: StepResult, factor: number): boolean {
  const best_rps = Math.max(0, ...held(steps).map((step) => step.throughput_rps));
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
  if (newest.state === 'held') return is_capped ? 'capped' : null;
  if (newest.generator_delay_ms >= SATURATED_DELAY_MS && newest.state !== 'unjudged') return 'generator';
  if (newest.state === 'broken') return 'slo';
  if (stalled(steps, newest, factor)) return 'stalled';
  if (is_capped) return 'capped';
  return newest.state === 'starved' ? 'generator' : null;
}

/** What the steps say together. A capacity is claimed only where the target's own limit was found. */
export function limitResult(end: LimitEnd, steps: readonly StepResult[]): LimitResult {
  const found = end === 'slo' || end === 'stalled' ? lastHeld(end, steps) : undefined;
  return {
    end,
    capacity_rps: found?.throughput_rps ?? null,
    capacity_users: found?.users ?? null,
    steps: [...steps],
  };
}

/** A stall may begin with steps whose few answers are all good: so the best one counts. */
function lastHeld(end: LimitEnd, steps: readonly StepResult[]): StepResult | undefined {
  const candidates = held(steps);
  if (end !== 'stalled') return candidates.at(-1);
  return candidates.reduce<StepResult | undefined>(
    (best, step) => (best && best.throughput_rps >= step.throughput_rps ? best : step),
    undefined,
  );
}

/** The SLOs that a run stands for: of the last step that held, else of the first that did not. */
export function limitSlos({ steps }: LimitResult): SloResult[] {
  return (held(steps).at(-1) ?? steps.find((step) => step.state === 'broken'))?.slos ?? [];
}

function held(steps: readonly StepResult[]): StepResult[] {
  return steps.filter((step) => step.state === 'held');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
