import { count, ms, number } from '../../contract/format.ts';
import { SATURATED_DELAY_MS } from '../../contract/live-schema.ts';
import type { LimitResult, StepResult } from '../../contract/results.ts';
import { sloOutcome } from '../../contract/slo-text.ts';

/** `148 requests/s with 231 users` */
function loadOf({ throughput_rps, users }: Pick<StepResult, 'throughput_rps' | 'users'>): string {
  return `${number(throughput_rps)} requests/s with ${count(users)} users`;
}

/** A step while the search goes on. */
export function stepLine(step: StepResult): string {
  const load = `${number(step.offered_per_s)} iterations/s: ${loadOf(step)}`;
  switch (step.state) {
    case 'passed':
      return `${load}, passed`;
    case 'failed':
      return `${load}, failed: ${failedSlos(step)}`;
    case 'starved':
      return `${load}, not reached: ${count(step.dropped_iterations)} iterations had no user`;
    case 'unjudged':
      return `${load}, too few to judge`;
  }
}

function failedSlos({ slos }: StepResult): string {
  return slos
    .filter((slo) => !slo.ok)
    .map(sloOutcome)
    .join(', ');
}

/** Which step the SLOs of the report are of. */
export function stepsLine({ steps }: LimitResult): string {
  const passed = steps.filter((step) => step.state === 'passed').at(-1);
  const judged = `${count(steps.length)} steps judged, each by itself`;
  return passed ? `${judged}; at the last that passed, ${loadOf(passed)}:` : `${judged}; none passed:`;
}

/** What the profile breakpoint found, in one sentence. */
export function limitSentence(limit: LimitResult): string {
  const newest = limit.steps.at(-1);
  const passed = limit.steps.filter((step) => step.state === 'passed').at(-1);
  const up_to = passed ? `every SLO passed up to ${loadOf(passed)}` : 'no step passed';
  if (!newest) return 'no step was judged';
  switch (limit.end) {
    case 'slo':
      return `${capacity(limit)}; at ${number(newest.throughput_rps)} requests/s ${failedSlos(newest)}`;
    case 'stalled':
      return `${capacity(limit)}; asked for more, the target answered ${number(newest.throughput_rps)} requests/s`;
    case 'generator':
      return `limit of the generator, not of the target: ${up_to}, then ${generatorTrouble(newest)}`;
    case 'none':
      return `no limit found: ${up_to}, the end of the stairs (SCALE=10 begins ten times higher)`;
    case 'capped':
      return `no limit found: ${up_to}, the most that the configuration of the target allows`;
    case 'unreadable':
      return `stopped, because InfluxDB did not say what was measured; ${up_to}`;
    case 'cut':
      return `ended before a limit was found; ${up_to}`;
  }
}

function capacity({ capacity_rps, capacity_users }: LimitResult): string {
  if (capacity_rps === null) return 'no capacity: the first step that could be judged failed (SCALE=0.1 begins lower)';
  return `capacity ${loadOf({ throughput_rps: capacity_rps, users: capacity_users ?? 0 })}`;
}

function generatorTrouble({ generator_delay_ms, dropped_iterations }: StepResult): string {
  return generator_delay_ms >= SATURATED_DELAY_MS
    ? `it was saturated, and delayed requests by ${ms(generator_delay_ms)} itself`
    : `${count(dropped_iterations)} iterations had no user to run them`;
}
