import type { MetricTotals } from '../../analysis/completeness.ts';
import type { K6Summary } from '../../contract/k6-summary.ts';
import { joinLoads, type LoadSpan, loadLength_ms, reportedLoad } from '../../contract/load-span.ts';
import type { OutputReport } from '../../contract/output-report.ts';
import type { GeneratorsResult } from '../../contract/results.ts';
import { BEFORE_START_MS } from '../../contract/runs.ts';
import { k6MetricOf, type Slo } from '../../contract/slo.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { readEnds, readGeneratorFigures, readLives } from '../../influxdb/generators.ts';
import { type MergedFigures, readMergedFigures, type WantedMetric } from '../../influxdb/merged-run.ts';
import { eachGenerator } from './each-generator.ts';
import { mergedSummary, mergeReports, mergeTotals, sentTotals } from './merge.ts';

/** A run of several generators, as InfluxDB has it. */
export interface MergedRun {
  readonly summary: K6Summary;
  /** null where no generator came to its end. */
  readonly report: OutputReport | null;
  /** By the generators' own count, those that came to their end. */
  readonly sent: ReadonlyMap<string, MetricTotals>;
  readonly generators: GeneratorsResult;
  /** Generators that were stopped before the end of their load, such as by Kubernetes: `pod-1: …signal`. */
  readonly stopped: readonly string[];
  readonly k6_version: string | null;
  /** From the first iteration of any generator to the last one. */
  readonly load: LoadSpan | null;
  /** Of the last sign of any generator. */
  readonly ended: Date | null;
}

export interface MergeRequest {
  readonly testid: string;
  readonly started: Date;
  readonly slos: readonly Slo[];
  /** How many generators there should be; null: as many as there were. */
  readonly expected: number | null;
}

/**
 * Reads what all generators of a run have measured, sent and said.
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readMergedRun(connection: InfluxConnection, question: MergeRequest): Promise<MergedRun> {
  const { testid, started, slos } = question;
  const since = new Date(started.getTime() - BEFORE_START_MS);
  const [lives, ends, own, figures] = await Promise.all([
    readLives(connection, testid, since),
    readEnds(connection, testid, since),
    readGeneratorFigures(connection, testid, since),
    readMergedFigures(connection, { testid, started }, wantedByRequest(slos)),
  ]);
  const types = new Map(ends.flatMap(({ sent }) => [...sent].map(([metric, { type }]) => [metric, type] as const)));
  const names = ends.map(({ instance }) => instance).sort();
  const seen = lives.map(({ instance }) => instance);
  const each = eachGenerator(lives, ends, own);
  const load = joinLoads(each.flatMap((one) => reportedLoad(one) ?? []));
  return {
    summary: mergedSummary(figures, types, loadLength_ms(load)),
    load,
    report: mergeReports(ends),
    sent: mergeTotals(ends.map(({ sent }) => sentTotals(sent))),
    generators: {
      expected: question.expected ?? seen.length,
      ended: names,
      lost: seen.filter((name) => !names.includes(name)),
      ...(each.length > 1 ? { each } : {}),
    },
    stopped: ends.flatMap(({ instance, stopped }) => (stopped === null ? [] : [`${instance}: ${stopped}`])),
    k6_version: ends.find(({ k6_version }) => k6_version !== null)?.k6_version ?? null,
    ended: latestTime([...lives.map(({ last }) => last), ...ends.map(({ ended }) => ended)]),
  };
}

/** What the run has shown so far: no generator has said yet what its metrics are. @param load so far */
export async function readFiguresSoFar(
  connection: InfluxConnection,
  run: { readonly testid: string; readonly started: Date },
  slos: readonly Slo[],
  load: LoadSpan,
): Promise<K6Summary> {
  const figures: MergedFigures = await readMergedFigures(connection, run, wantedByRequest(slos));
  return mergedSummary(figures, new Map(), loadLength_ms(load));
}

function wantedByRequest(slos: readonly Slo[]): WantedMetric[] {
  const wanted = slos.filter(({ request }) => request !== undefined);
  const metrics = wanted.map((slo) => ({ metric: k6MetricOf(slo), request: slo.request }));
  const keys = metrics.map(({ metric, request }) => `${metric} ${request}`);
  return metrics.filter((_, index) => keys.indexOf(keys[index] as string) === index);
}

function latestTime(times: readonly Date[]): Date | null {
  return times.length > 0 ? new Date(Math.max(...times.map((time) => time.getTime()))) : null;
}
