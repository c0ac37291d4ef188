/** The only place that assembles the summary of a run, however the run ended and whoever judges it. */
import type { Examples } from '../../contract/examples.ts';
import type { OutputReport, RefusedHost } from '../../contract/output-report.ts';
import type {
  Comparison,
  Completeness,
  Failures,
  GeneratorsResult,
  LimitResult,
  PlateauResult,
  RunSummary,
  Stopped,
} from '../../contract/results.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import type { Headline } from './summary.ts';
import type { Verdict } from './verdict.ts';

/** Which run it is, known from its start. */
export interface RunIdentity {
  readonly run: RunStart;
  readonly target: { readonly base_url: string; readonly name: string };
  readonly k6_version: string;
}

/** How the run ended. */
export interface RunEnding {
  readonly ended: Date;
  readonly k6_exit_code: number | null;
  /** Who stopped it from another terminal. */
  readonly stopped: Stopped | undefined;
}

/** What was measured. */
export interface RunFigures extends Pick<RunSummary, 'slos' | 'by_request' | 'generator'> {
  readonly headline: Headline;
  /** undefined if nothing failed. */
  readonly failures: Failures | undefined;
  /** undefined without any. */
  readonly examples: Examples | undefined;
  /** That the run tried and must not load. */
  readonly refused_hosts: readonly RefusedHost[];
  /** Of our output; null if it did not run, or did not come to its end. */
  readonly report: OutputReport | null;
  /** Empty without one. */
  readonly plateaus: readonly PlateauResult[];
  /** Profile breakpoint alone. */
  readonly limit: LimitResult | undefined;
  /** Several generators alone, or generators elsewhere. */
  readonly generators: GeneratorsResult | undefined;
}

/** What follows from the figures, the stored data and the history. */
export interface Judgement extends Verdict {
  readonly completeness: Completeness;
  readonly comparison: Comparison | null;
}

export interface RunFacts {
  readonly identity: RunIdentity;
  readonly ending: RunEnding;
  readonly figures: RunFigures;
  readonly judgement: Judgement;
  readonly links: RunSummary['links'];
}

export function buildSummary({ identity, ending, figures, judgement, links }: RunFacts): RunSummary {
  const { run, target, k6_version } = identity;
  const { headline, failures, examples, slos, plateaus, by_request, report, generator, limit, generators } = figures;
  return {
    schema_version: 1,
    testid: run.testid,
    ...(run.project === '' ? {} : { project: run.project }),
    confirms: run.confirms ?? null,
    scenario: run.scenario,
    profile: run.profile,
    target: { base_url: target.base_url, name: target.name },
    app: { version: run.app_version, commit: run.app_commit, branch: run.branch },
    engine: run.engine,
    ...(run.machine ? { machine: run.machine } : {}),
    outputs: [...run.outputs],
    k6_version,
    started: run.started.toISOString(),
    ended: ending.ended.toISOString(),
    planned_end: run.planned_end.toISOString(),
    ...judgementFields(judgement),
    ...(run.ab_run ? { ab_run: run.ab_run } : {}),
    ...(ending.stopped ? { stopped: ending.stopped } : {}),
    k6_exit_code: ending.k6_exit_code,
    ...headline,
    ...(failures ? { failures } : {}),
    ...(examples ? { examples } : {}),
    slos,
    ...(plateaus.length > 0 ? { plateaus: [...plateaus] } : {}),
    ...(limit ? { limit } : {}),
    ...(generators ? { generators } : {}),
    by_request,
    ...outputFields(report),
    ...(figures.refused_hosts.length > 0 ? { refused_hosts: [...figures.refused_hosts] } : {}),
    generator,
    links,
  };
}

/** The summary after another judgement, such as after its repeats or after late data. */
export function withJudgement(summary: RunSummary, judgement: Judgement): RunSummary {
  return { ...summary, ...judgementFields(judgement) };
}

function judgementFields({ status, sentence, exit_code, completeness, comparison }: Judgement) {
  return { status, verdict: sentence, exit_code, completeness, comparison };
}

function outputFields(report: OutputReport | null): Pick<RunSummary, 'output' | 'overflow'> {
  if (!report) return { output: null, overflow: null };
  const { points, bytes, sent_bytes, series, spooled_batches, rejected_batches, lost_points } = report;
  const { overflow, refusal, no_answer_s } = report;
  const counts = { points, bytes, sent_bytes, series, spooled_batches, rejected_batches, lost_points };
  return {
    output: { ...counts, ...(refusal ? { refusal } : {}), ...(no_answer_s ? { no_answer_s } : {}) },
    overflow: overflow && {
      limit: overflow.limit,
      tag: overflow.at_fault.tag,
      values: overflow.at_fault.values,
      examples: [...overflow.at_fault.examples],
    },
  };
}
