/** From the end of k6 to the verdict, for one generator, for several, for generators elsewhere and for killed calls. */
import type { MetricTotals } from '../../analysis/completeness.ts';
import { limitSlos } from '../../analysis/steps.ts';
import { BUCKETS } from '../../contract/buckets.ts';
import type { Examples } from '../../contract/examples.ts';
import { type LoadSpan, overLoad, reportedLoad } from '../../contract/load-span.ts';
import type { OutputReport } from '../../contract/output-report.ts';
import { judgedOutput, OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import { PROFILES, type Profile, SCRIPT_PROFILE } from '../../contract/profiles.ts';
import type {
  Comparison,
  Completeness,
  GeneratorsResult,
  LimitResult,
  SloResult,
  Stopped,
} from '../../contract/results.ts';
import type { Slo } from '../../contract/slo.ts';
import { compareWithHistory } from '../../history/comparison.ts';
import { machineKind } from '../../history/machine.ts';
import { readLoadSpan } from '../../influxdb/load-span.ts';
import type { RunDetail } from '../../influxdb/run-detail.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { messageOf } from '../../lib/errors.ts';
import { compareLink, liveLink } from '../../report/links.ts';
import { cliConnection } from '../../stack/engine/cli-connection.ts';
import { isResult, type K6Outcome } from '../k6-process/k6-run.ts';
import { withCauses } from './causes.ts';
import { checkCompleteness } from './check-completeness.ts';
import { type History, NO_HISTORY, readEvidence } from './evidence.ts';
import { describeFailures } from './failures.ts';
import { generatorResult, markGeneratorEffects } from './generator-result.ts';
import { type PartsRequest, type RunParts, readParts } from './part-results.ts';
import { PATIENCE_MS, Patience } from './patience.ts';
import type { ResultContext } from './result-context.ts';
import { type EndedRun, readDetail, toRequestFigures } from './run-record.ts';
import { buildSummary, type RunIdentity, withJudgement } from './run-summary.ts';
import { failWithoutAnswers, sloResults } from './slo-results.ts';
import { readStoredHeadline } from './stored-headline.ts';
import { type Headline, toHeadline, withLoggedExceptions } from './summary.ts';
import { decideVerdict, haveAllEnded, isEndedBySlo, type VerdictFacts } from './verdict.ts';

/** How k6 ended, in one process or in several. */
export interface K6End {
  readonly outcome: K6Outcome;
  /** Profile breakpoint alone. */
  readonly limit?: LimitResult;
  /** What our output said at its end; null if it did not run, or k6 was killed. */
  readonly report: OutputReport | null;
  /** Left out without any. */
  readonly examples?: Examples | undefined;
  /** Several generators alone: when they made load together. */
  readonly load?: LoadSpan | null;
  /** Several generators alone: what they sent together. One process says it in its summary. */
  readonly sent?: ReadonlyMap<string, MetricTotals>;
  readonly generators?: GeneratorsResult;
  /** The SLO over windows of its own that ended the run, with what was measured then. */
  readonly breach?: SloResult | null;
  /** A signal ended it, or the record says so. */
  readonly interrupted?: boolean;
  /** Nobody saw the run to its end, because its own call was killed. */
  readonly is_call_killed?: boolean;
  /** `loadstar ab` had its answer. */
  readonly is_over?: boolean;
  /** Its script ends it when its iterations are made: then that is its planned end. */
  readonly ends_by_iterations?: boolean;
  /** Who stopped it from another terminal. */
  readonly stopped?: Stopped | null;
  /** When it ended, if not just now; null: when the last sample was taken. */
  readonly ended?: Date | null;
}

/** A run that has ended and been judged; it can be judged again when its repeats are there. */
export interface FinishedRun extends EndedRun, History {
  /** How much longer to wait for InfluxDB. */
  readonly patience: Patience;
  readonly facts: VerdictFacts;
  /** When it made load; null: unknown. */
  readonly load: LoadSpan | null;
}

/** Judges a run by itself and against its history. A run that cannot be compared is no less a result. */
export async function judgeRun(
  context: ResultContext,
  begun: RunIdentity,
  slos: readonly Slo[],
  end: K6End,
): Promise<FinishedRun> {
  const { outcome, limit, report, generators } = end;
  const machine = machineKind(context.machine, report?.machine ?? null);
  const run = { ...begun.run, machine, planned_end: plannedEnd(begun.run, end) };
  const identity = { ...begun, run };
  // If our output has waited for InfluxDB in vain already, do not wait again.
  const patience = new Patience(context.influx.url, report?.spooled_batches ? 0 : PATIENCE_MS, context.ui);
  const completeness = await readCompleteness(context, run, end, patience);
  const detail = await readDetailIfPossible(context, run, patience);
  const load = end.load ?? reportedLoad(report) ?? (await readLoadIfPossible(context, run, patience));
  const k6 = outcome.summary && overLoad(withLoggedExceptions(outcome.summary, outcome.exceptions), load);
  const measured = k6 ? toHeadline(k6) : await figuresOfKilled(context, run, { detail, load }, patience);
  const figures = { ...measured, script_exceptions: Math.max(measured.script_exceptions, outcome.exceptions) };
  const by_request = detail ? toRequestFigures(detail, outcome.summary, report?.generator.delayed) : [];
  const generator = report && generatorResult(report.generator, figures, detail?.histograms[''] ?? null);
  const ended = end.ended === null ? (load?.to ?? run.started) : (end.ended ?? new Date());
  const parts =
    k6 && !limit ? await readPartsIfPossible(context, { run, slos, ended, breach: end.breach }, patience) : NO_PARTS;
  const answered_slos = k6
    ? failWithoutAnswers(
        sloResults(slos, k6, { of_parts: parts.results, unmatched: report?.unmatched, as_judged: outcome.summary }),
        figures,
        by_request,
      )
    : [];
  const measured_slos = markGeneratorEffects(answered_slos, generator, by_request);
  // The report counts every attempt; the log, each host at least once.
  const refused_hosts = report?.refused_hosts ?? outcome.findings?.refused_hosts ?? [];
  const facts: VerdictFacts = {
    interrupted: end.interrupted === true,
    is_call_killed: end.is_call_killed === true,
    is_over: end.is_over === true,
    stopped: end.stopped ?? undefined,
    ended_by_slo:
      outcome.is_ended_by_threshold === true || isEndedBySlo({ ...run, k6_exit_code: outcome.exit_code, ended }),
    k6: outcome,
    requests: figures.requests,
    iterations: figures.iterations,
    is_script: run.profile === SCRIPT_PROFILE,
    slos: limit ? limitSlos(limit) : measured_slos,
    completeness,
    refusal: report?.refusal,
    no_answer_s: report?.no_answer_s,
    refused_hosts,
    comparison: null,
    limit,
    generators,
  };
  if (outcome.unwritten_summary)
    context.ui.warn(`k6 could not write all that handleSummary returned: ${outcome.unwritten_summary}`);
  if (report?.grouped) context.ui.note(groupedText(report.grouped));
  const { grafana_url, live_view_url, cwd } = context;
  const summary = buildSummary({
    identity,
    ending: {
      ended,
      k6_exit_code: outcome.exit_code,
      stopped: facts.stopped,
    },
    figures: {
      headline: figures,
      slos: [...facts.slos],
      plateaus: parts.plateaus,
      failures: describeFailures({
        counted: report?.failures ?? null,
        findings: outcome.findings,
        exceptions: figures.script_exceptions,
        requests: figures.requests,
        by_request,
        cwd,
      }),
      examples: end.examples,
      by_request,
      report,
      refused_hosts,
      generator,
      limit,
      generators,
    },
    judgement: { ...decideVerdict(facts), completeness, comparison: null },
    links: {
      grafana: grafana_url && liveLink(grafana_url, run, ended),
      compare: null,
      live_view: live_view_url,
    },
  });
  const compared = await readEvidenceIfPossible(context, { run, summary, detail }, patience);
  const finished = { run, summary, detail, facts, patience, load, ...compared };
  const { evidence } = finished;
  return await withCauses(
    context,
    evidence && !run.confirms && !run.ab_run
      ? withComparison(context, finished, compareWithHistory(evidence))
      : finished,
  );
}

/** A script whose iterations are made is at its end, however long they might have taken. */
function plannedEnd({ started, planned_end }: RunStart, { ends_by_iterations, interrupted, outcome }: K6End): Date {
  const { summary, exit_code, is_ended_by_threshold } = outcome;
  const is_whole = ends_by_iterations && !interrupted && !is_ended_by_threshold && isResult(exit_code);
  return is_whole && summary ? new Date(started.getTime() + summary.state.testRunDurationMs) : planned_end;
}

/** The run with its comparison, and the verdict that follows. */
export function withComparison(context: ResultContext, finished: FinishedRun, comparison: Comparison): FinishedRun {
  const { run, summary } = finished;
  const facts = { ...finished.facts, comparison };
  const judgement = { ...decideVerdict(facts), completeness: facts.completeness, comparison };
  const { testid } = comparison.baseline;
  const compare = context.grafana_url && testid && compareLink(context.grafana_url, run, testid);
  const links = { ...summary.links, compare: compare || null };
  return { ...finished, facts, summary: { ...withJudgement(summary, judgement), links } };
}

/** Names that are patterns of URLs, and how to choose others. */
function groupedText({ urls, names, name }: NonNullable<OutputReport['grouped']>): string {
  const of = names === 1 ? `\`${name}\`` : `${names} names such as \`${name}\``;
  return `${urls} URLs of requests without a name are grouped as ${of}: name a request with { tags: { name: 'GET /orders/:id' } }`;
}

/** Of a run whose output reported no end, as of a killed k6 or of another output. */
async function readLoadIfPossible({ influx }: ResultContext, run: RunStart, patience: Patience) {
  const { bucket, schema } = OUTPUTS[judgedOutput(run.outputs as OutputName[])];
  const place = { bucket: BUCKETS[bucket].name, schema };
  try {
    return await patience.with(() => readLoadSpan(cliConnection(influx), place, run.testid, run.started));
  } catch {
    // The completeness says that InfluxDB does not answer.
    return null;
  }
}

async function readDetailIfPossible(
  { influx, ui }: ResultContext,
  run: RunStart,
  patience: Patience,
): Promise<RunDetail | null> {
  try {
    return await patience.with(() => readDetail(cliConnection(influx), run));
  } catch (error) {
    ui.warn(`the run could not be compared with its history: ${messageOf(error)}`);
    return null;
  }
}

const NO_PARTS: RunParts = { results: new Map(), plateaus: [] };

async function readPartsIfPossible(
  { influx, ui }: ResultContext,
  request: PartsRequest,
  patience: Patience,
): Promise<RunParts> {
  try {
    return await patience.with(() => readParts(cliConnection(influx), request));
  } catch (error) {
    ui.warn(`the stages of the run could not be judged: ${messageOf(error)}`);
    return NO_PARTS;
  }
}

async function readEvidenceIfPossible(
  { influx, baseline_branch, ui }: ResultContext,
  { run, summary, detail }: EndedRun,
  patience: Patience,
): Promise<History> {
  // Blocks of `loadstar ab` are judged beside the other build. The figures of a staircase are of all loads up to the limit, wherever that is: they compare with nothing.
  if (!detail || isStaircase(run) || run.ab_run) return NO_HISTORY;
  try {
    return await patience.with(() => readEvidence(cliConnection(influx), { run, summary, detail }, baseline_branch));
  } catch (error) {
    ui.warn(`the run could not be compared with its history: ${messageOf(error)}`);
    return NO_HISTORY;
  }
}

function isStaircase({ profile }: RunStart): boolean {
  const profiles: Readonly<Record<string, Profile>> = PROFILES;
  return profiles[profile]?.model === 'staircase';
}

const NO_SUMMARY = { metrics: {}, state: { testRunDurationMs: 0 } };

/** A k6 that did not come to its end leaves no figures: they are those of what has arrived. */
async function figuresOfKilled(
  { influx }: ResultContext,
  run: RunStart,
  { detail, load }: { readonly detail: RunDetail | null; readonly load: LoadSpan | null },
  patience: Patience,
): Promise<Headline> {
  if (!detail) return toHeadline(NO_SUMMARY);
  try {
    return await patience.with(() => readStoredHeadline(cliConnection(influx), run, detail, load));
  } catch {
    // The completeness says that InfluxDB does not answer.
    return toHeadline(NO_SUMMARY);
  }
}

/** For this long a server of somebody else's may have taken points and not show them yet, as InfluxDB Cloud documents. */
const SETTLING_MS = [1_000, 2_000, 4_000, 8_000];

/** What is missing may be on its way; what is there stays. */
async function readSettled(ask: () => Promise<Completeness>): Promise<Completeness> {
  for (const wait_ms of SETTLING_MS) {
    const answer = await ask();
    if (answer.state !== 'incomplete') return answer;
    await new Promise((done) => setTimeout(done, wait_ms));
  }
  return await ask();
}

async function readCompleteness(
  { influx, ui }: ResultContext,
  run: RunStart,
  { outcome, report, sent, generators }: K6End,
  patience: Patience,
): Promise<Completeness> {
  if (generators && outcome.summary === null) return unknownCompleteness(run, report);
  try {
    const ask = () =>
      patience.with(() => checkCompleteness(cliConnection(influx), run, { k6: outcome.summary, sent, report }));
    const all_taken = !report || report.spooled_batches + report.rejected_batches + report.lost_points === 0;
    const found = await (run.engine === 'external' && all_taken ? readSettled(ask) : ask());
    // Nobody knows what a generator sent that did not come to its end.
    return generators && !haveAllEnded(generators) ? { ...found, state: 'incomplete' } : found;
  } catch (error) {
    ui.warn(`InfluxDB could not be asked what it stored: ${messageOf(error)}`);
    return unknownCompleteness(run, report);
  }
}

function unknownCompleteness({ outputs }: RunStart, report: OutputReport | null): Completeness {
  const { tolerance } = OUTPUTS[judgedOutput(outputs as OutputName[])];
  const samples_sent = Object.values(report?.samples ?? {}).reduce((sum, count) => sum + count, 0);
  return { state: 'unknown', samples_sent, samples_stored: 0, tolerance, rows: [] };
}
