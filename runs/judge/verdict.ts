import { EXIT, type ExitCode, K6_EXIT, K6_EXIT_MEANING } from '../../contract/exit-codes.ts';
import { count, listed, timeOfDay } from '../../contract/format.ts';
import { hasSamples, type K6Summary } from '../../contract/k6-summary.ts';
import { metricValue } from '../../contract/metric-text.ts';
import type { RefusedHost } from '../../contract/output-report.ts';
import { COMMAND } from '../../contract/package-name.ts';
import { SCRIPT_PROFILE } from '../../contract/profiles.ts';
import { refusedHostsText } from '../../contract/refused-hosts.ts';
import type {
  Comparison,
  Completeness,
  GeneratorsResult,
  LimitResult,
  SloResult,
  Stopped,
} from '../../contract/results.ts';
import type { RunStatus } from '../../contract/runs.ts';
import { isUpperLimit } from '../../contract/slo.ts';
import { judgedOnSamples, sloOutcome } from '../../contract/slo-text.ts';
import { EXIT_PRECEDENCE } from '../../contract/verdicts.ts';
import { limitSentence } from '../../report/text/limit.ts';
import { refusalText } from '../../report/text/refusal.ts';
import { isResult, type K6Outcome } from '../k6-process/k6-run.ts';

export interface VerdictFacts {
  readonly interrupted: boolean;
  /** Its own call of loadstar was killed. */
  readonly is_call_killed?: boolean;
  /** `loadstar ab` had its answer, and stopped k6. */
  readonly is_over?: boolean;
  /** By whom, if from another terminal. */
  readonly stopped?: Stopped | undefined;
  /** An SLO has ended the run before its time. */
  readonly ended_by_slo?: boolean;
  readonly k6: K6Outcome;
  readonly requests: number;
  readonly iterations?: number;
  /** A k6 script may make no requests at all, and measure nothing. */
  readonly is_script?: boolean;
  readonly slos: readonly SloResult[];
  readonly completeness: Completeness;
  /** InfluxDB's words on points that it refused for good. */
  readonly refusal?: string | undefined;
  /** How long no request had got an answer when our output ended the run for it. */
  readonly no_answer_s?: number | undefined;
  /** Hosts that the run tried and must not load. */
  readonly refused_hosts?: readonly RefusedHost[];
  /** Profile breakpoint alone. */
  readonly limit?: LimitResult | undefined;
  /** Several generators, or such as ran elsewhere, alone. */
  readonly generators?: GeneratorsResult | undefined;
  /** null if the run was not compared with its history. */
  readonly comparison: Comparison | null;
}

export interface Verdict {
  readonly status: RunStatus;
  readonly exit_code: ExitCode;
  /** For a person: what decided, then whatever else is wrong. */
  readonly sentence: string;
}

interface Reason {
  readonly exit_code: ExitCode;
  readonly status: RunStatus;
  readonly text: string;
}

/** All that speaks against the run; the first in the documented order of exit codes decides. */
export function decideVerdict(facts: VerdictFacts): Verdict {
  const reasons = [
    refusedHostsReason,
    k6Reason,
    deadTargetReason,
    limitReason,
    sloReason,
    generatorsReason,
    completenessReason,
    regressionReason,
  ]
    .map((reason) => reason(facts))
    .filter((reason) => reason !== null);
  reasons.sort((a, b) => EXIT_PRECEDENCE.indexOf(a.exit_code) - EXIT_PRECEDENCE.indexOf(b.exit_code));
  const [first] = reasons;
  if (first) return { ...first, sentence: reasons.map((reason) => reason.text.replace(/\.$/, '')).join('; ') };
  return { status: 'passed', exit_code: EXIT.passed, sentence: passedSentence(facts) };
}

function k6Reason({
  interrupted,
  is_call_killed,
  is_over,
  stopped,
  k6,
  requests,
  iterations,
  is_script,
  limit,
  generators,
  completeness,
}: VerdictFacts): Reason | null {
  if (interrupted) {
    const by = stopped ? `stopped by ${stopped.by} with \`loadstar stop\`` : null;
    const text = is_call_killed ? killedText(by, completeness) : (by ?? 'interrupted before its end');
    return { exit_code: EXIT.interrupted, status: 'interrupted', text };
  }
  if (generators && completeness.state === 'unknown') {
    const text = `InfluxDB could not be asked what the generators measured: \`${COMMAND} finish\` judges the run later`;
    return { exit_code: EXIT.unusable, status: 'broken', text };
  }
  if (k6.exit_code === null) {
    return { exit_code: EXIT.unusable, status: 'broken', text: 'k6 was killed; its own log ends in k6.log' };
  }
  const aborted = k6.exit_code === K6_EXIT.external_abort && !is_over && !stoppedByUs(limit);
  if (!isResult(k6.exit_code) || aborted || k6.summary === null) {
    const meaning = K6_EXIT_MEANING[k6.exit_code] ?? 'unknown code';
    const detail = k6.errors[0] ? `: ${k6.errors[0]}` : '';
    return {
      exit_code: EXIT.unusable,
      status: 'broken',
      text: `k6 ended with code ${k6.exit_code} (${meaning})${detail}`,
    };
  }
  // Nobody knows what generators made that did not come to their end.
  if (
    requests > 0 ||
    hasOtherSamples(k6.summary) ||
    (is_script && iterations) ||
    (generators && !haveAllEnded(generators))
  )
    return null;
  const why = k6.errors[0] ? `: ${k6.errors[0]}` : '';
  return { exit_code: EXIT.thresholds, status: 'failed', text: `no requests were made${why}` };
}

/** What k6 counts of any run, whatever its script does. */
const OF_ANY_RUN = ['iterations', 'iteration_', 'vus', 'data_', 'dropped_iterations', 'http_req'];

/** gRPC, WebSockets, a browser, checks and metrics of the script are work too. */
function hasOtherSamples({ metrics }: K6Summary): boolean {
  return Object.entries(metrics).some(
    ([name, metric]) =>
      !OF_ANY_RUN.some((it) => name.startsWith(it)) &&
      hasSamples(metric) &&
      (metric.type !== 'counter' || metric.values.count > 0),
  );
}

function killedText(by: string | null, { state, samples_stored }: Completeness): string {
  const data = state === 'complete' ? 'all that was measured is stored' : `${samples_stored} samples are stored`;
  return `${by ?? 'interrupted'}: its call of loadstar was killed; ${data}`;
}

/** The search stops k6 when it is over, if the stairs are not. */
function stoppedByUs(limit: LimitResult | undefined): boolean {
  return limit !== undefined && limit.end !== 'cut' && limit.end !== 'none';
}

function limitReason({ limit }: VerdictFacts): Reason | null {
  // Cut short: k6 or a signal has done it, and that is the reason.
  if (!limit || limit.end === 'cut') return null;
  const text = limitSentence(limit);
  if (limit.end === 'unreadable') return { exit_code: EXIT.unusable, status: 'broken', text };
  if (limit.steps.some((step) => step.state === 'passed')) return null;
  return { exit_code: EXIT.thresholds, status: 'failed', text };
}

/** First, because requests that were refused explain most of what else is wrong. */
function refusedHostsReason({ refused_hosts = [] }: VerdictFacts): Reason | null {
  const text = refusedHostsText(refused_hosts);
  return text === null ? null : { exit_code: EXIT.thresholds, status: 'failed', text };
}

/** Whatever else is wrong then is wrong because of it. */
function deadTargetReason({ no_answer_s, interrupted }: VerdictFacts): Reason | null {
  if (!no_answer_s || interrupted) return null;
  const text = `the target did not answer any request for ${no_answer_s} s, so the load was ended`;
  return { exit_code: EXIT.thresholds, status: 'failed', text };
}

function sloReason({ k6, slos, requests, limit, ended_by_slo, no_answer_s }: VerdictFacts): Reason | null {
  // Steps that broke are what a search for the limit is after: limitReason speaks of them.
  if (k6.summary === null || limit || (requests === 0 && !hasOtherSamples(k6.summary))) return null;
  const broken = slos.filter((slo) => !slo.ok);
  const is_own_threshold = k6.exit_code === K6_EXIT.thresholds_have_failed && !no_answer_s;
  if (broken.length === 0 && !is_own_threshold) return null;
  const text = broken.length > 0 ? failedSlosText(broken) : 'a threshold of the script itself failed (see k6.log)';
  const end = ended_by_slo && !no_answer_s ? ', and the run was ended there' : '';
  return { exit_code: EXIT.thresholds, status: 'failed', text: `${text}${end}` };
}

/** A sentence that people still read. The report and the terminal have a line for each. */
const MOST_NAMED = 10;

/** The worst first. */
function failedSlosText(failed: readonly SloResult[]): string {
  const worst = [...failed].sort((a, b) => timesOfLimit(b) - timesOfLimit(a));
  const named = worst.slice(0, MOST_NAMED).map(sloReasonText).join(', ');
  const more = worst.length - MOST_NAMED;
  return more > 0 ? `${named}, and ${count(more)} more SLOs failed: see the report` : named;
}

/** How many times its limit an SLO's value is on the wrong side of it. One without a value is worse than any. */
function timesOfLimit({ indicator, value, limit }: SloResult): number {
  if (value === null) return Number.MAX_VALUE;
  // Its expression alone says which side is the wrong one.
  if (indicator === 'threshold') return 1;
  const [larger, smaller] = isUpperLimit(indicator) ? [value, limit] : [limit, value];
  return smaller === 0 ? Number.MAX_VALUE : larger / smaller;
}

/** A slow generator must not pass for a slow target. */
function sloReasonText(slo: SloResult): string {
  const { generator_effect: effect } = slo;
  if (effect === undefined) return sloOutcome(slo);
  return `${sloOutcome(slo)} (the load generator's own delay can explain up to ${metricValue(slo.indicator, effect)} of it)`;
}

/** Whether each generator that there should be came to its end, and no other. */
export function haveAllEnded({ expected, ended, lost }: GeneratorsResult): boolean {
  return ended.length === expected && lost.length === 0;
}

function generatorsReason({ generators, completeness }: VerdictFacts): Reason | null {
  if (!generators || haveAllEnded(generators) || completeness.state === 'unknown') return null;
  const { expected, ended, lost, each = [] } = generators;
  const named = lost.map((name) => {
    const last = each.find(({ instance }) => instance === name)?.last_sign;
    return last ? `${name} (lost at ${timeOfDay(last)} UTC)` : name;
  });
  const unseen = expected - ended.length - lost.length;
  const words = [
    `${ended.length} of ${expected} generators came to their end`,
    ...(lost.length > 0 ? [`InfluxDB has no end of ${listed(named)}, so what was sent is not known`] : []),
    ...(unseen > 0 ? [`${unseen} never wrote anything`] : []),
  ];
  return { exit_code: EXIT.incomplete, status: 'incomplete', text: words.join('; ') };
}

function completenessReason({ k6, completeness, generators, refusal }: VerdictFacts): Reason | null {
  // Where generators are missing, totals differ because of that, which is said.
  if (k6.summary === null || (generators && !haveAllEnded(generators))) return null;
  if (completeness.state === 'unknown') {
    return {
      exit_code: EXIT.unusable,
      status: 'broken',
      text: 'InfluxDB could not be asked what it stored',
    };
  }
  if (completeness.state !== 'incomplete') return null;
  const missing = new Set(completeness.rows.filter((row) => !row.ok).map((row) => row.metric));
  const differing = missing.size === 1 ? '1 metric differs' : `${missing.size} metrics differ`;
  const why = refusal ? `, which refused points: ${refusalText(refusal)}` : '';
  return {
    exit_code: EXIT.incomplete,
    status: 'incomplete',
    text: `data incomplete: ${differing} between k6 and InfluxDB${why}`,
  };
}

/** Of a confirmed regression alone. The status stays, because every threshold passed and every sample is there. */
function regressionReason({ comparison }: VerdictFacts): Reason | null {
  if (comparison?.verdict !== 'regressed') return null;
  return { exit_code: EXIT.regression, status: 'passed', text: comparison.sentence };
}

function passedSentence({ slos, requests, iterations, completeness, limit, is_over }: VerdictFacts): string {
  if (is_over) return `compared with another build over ${count(requests)} requests (loadstar ab)`;
  if (limit) return limitSentence(limit);
  const [number, unit] = requests > 0 || !iterations ? [requests, 'request'] : [iterations, 'iteration'];
  const work = `${count(number)} ${unit}${number === 1 ? '' : 's'}`;
  const judged = judgedOnSamples(slos).length;
  const without = slos.length - judged;
  const passed =
    slos.length > 0
      ? `${judged} of ${slos.length} SLOs passed over ${work}${without > 0 ? `, ${without} without a sample` : ''}`
      : `no SLO judges this run, which made ${work}`;
  return completeness.state === 'tolerated' ? `${passed}; fewer samples stored than sent, within tolerance` : passed;
}

/** What of a run says whether an SLO has ended it. */
interface PossiblyEnded {
  readonly k6_exit_code: number | null;
  readonly profile: string;
  readonly ended: Date;
  readonly planned_end: Date;
}

/**
 * The exit code of k6 says that a threshold failed, and not that it ended the run for it: the time that was left does. A
 * script may end early by itself, when its iterations are made.
 */
export function isEndedBySlo({ k6_exit_code, profile, ended, planned_end }: PossiblyEnded): boolean {
  return profile !== SCRIPT_PROFILE && k6_exit_code === K6_EXIT.thresholds_have_failed && ended < planned_end;
}
