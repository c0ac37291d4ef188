/**
 * Which requests carry a change over all requests, and how much of it each.
 *
 * Over all requests a mean or a share is the sum over the requests of w·f: w is the request's share of all requests, f its
 * own mean or share. Between two times it changes by w̄·Δf for each request, and by Δw·(f̄ − f̄ of all) because the mix of
 * requests shifts; w̄ and f̄ are the means of both times. The parts add up to the whole change exactly, so that each part is
 * a share of it. What f is depends on the figure that changed: for a percentile the share of requests above its baseline
 * (a percentile rises because more requests are above it), for the typical latency the mean, for the error rate that rate.
 */
import type { Histogram } from '../contract/histogram.ts';
import { mean, mergeHistograms, sampleCount, shareAbove } from './histogram.ts';
import { figure, figures, histogramFor, RUN_METRICS, type RunMetric, type RunToJudge } from './run-to-judge.ts';
import { median, sum } from './statistics.ts';

/** One request, with what it adds to the change. */
export interface Carrier {
  readonly request: string;
  /** Of all that made the figure worse, 0 to 1. */
  readonly share: number;
}

export interface Explanation {
  /** The largest first: as many as carry most of the change. */
  readonly carriers: readonly Carrier[];
  /** What the shifted mix of requests carries, 0 to 1. */
  readonly mix: number;
  /** Requests of slow kinds that are more of all requests than before, the largest part first. */
  readonly more: readonly (Carrier & { readonly before: number; readonly after: number })[];
}

/** A request that carries less goes unnamed; and no more are named than carry this much together. */
const LEAST_SHARE = 0.1;
const NAMED_SHARE = 0.8;
const MOST_NAMED = 3;

/**
 * @param before runs at the level of the baseline; @param after the run, and its repeats
 * @param baseline of the figure over all requests
 * @returns null where the requests do not say why the figure is worse
 */
export function explain(
  metric: RunMetric,
  baseline: number,
  before: readonly RunToJudge[],
  after: readonly RunToJudge[],
): Explanation | null {
  const read = (partOf: PartOf | undefined) => [before, after].map((runs) => requestsOf(partOf, baseline, runs));
  const exact = read(METRIC_PARTS[metric]);
  const [old, now] = (exact.every(({ size }) => size > 0) ? exact : read(FIGURES[metric])) as [Requests, Requests];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  if (names.length === 0 || old.size === 0 || now.size === 0) return null;
  const changes = names.map((request) => {
    const [a, b] = [old.get(request) ?? null, now.get(request) ?? null];
    const [was, is] = [a?.weight ?? 0, b?.weight ?? 0];
    // A request that is not there before or after, or not known, has not become slower.
    const [from, to] = [a?.value ?? b?.value ?? 0, b?.value ?? a?.value ?? 0];
    return { request, was, is, from, to };
  });
  const overall = sum(changes.map(({ was, is, from, to }) => (was * from + is * to) / 2));
  const parts = changes.map(({ request, was, is, from, to }) => {
    const slower = ((was + is) / 2) * (to - from);
    return { request, slower, mixed: (is - was) * ((from + to) / 2 - overall), before: was, after: is };
  });
  const mixed = Math.max(0, sum(parts.map((it) => it.mixed)));
  const worse = mixed + sum(parts.map(({ slower }) => Math.max(0, slower)));
  const change = sum(parts.map((it) => it.slower + it.mixed));
  if (worse <= 0 || change <= 0) return null;
  const all = parts
    .map(({ request, slower }) => ({ request, share: Math.max(0, slower) / worse }))
    .sort((a, b) => b.share - a.share);
  const more = parts
    .filter((it) => it.after > it.before && it.mixed > 0)
    .map(({ request, mixed: part, before: was, after: is }) => ({
      request,
      share: part / worse,
      before: was,
      after: is,
    }))
    .sort((a, b) => b.share - a.share);
  return { carriers: mostOf(all, 1 - mixed / worse), mix: mixed / worse, more: more.slice(0, MOST_NAMED) };
}

/** Those that carry most of what requests carry. */
function mostOf(sorted: readonly Carrier[], of_requests: number): Carrier[] {
  const named: Carrier[] = [];
  let carried = 0;
  for (const it of sorted.slice(0, MOST_NAMED)) {
    if (it.share < LEAST_SHARE || carried >= NAMED_SHARE * of_requests) break;
    named.push(it);
    carried += it.share;
  }
  return named;
}

type Requests = ReadonlyMap<string, RequestPart>;

interface RequestPart {
  /** Share of all requests, 0 to 1. */
  readonly weight: number;
  /** f of the request; null where the generator's own delay has changed it in all runs. */
  readonly value: number | null;
}

function requestsOf(partOf: PartOf | undefined, baseline: number, runs: readonly RunToJudge[]): Requests {
  const names = new Set(
    runs.flatMap((run) => [...Object.keys(run.by_request ?? {}), ...Object.keys(run.histograms ?? {})]),
  );
  names.delete('');
  const found = [...names].flatMap((request) => {
    const part = partOf?.(request, runs, baseline) ?? null;
    return part && part.count > 0 ? [{ request, ...part }] : [];
  });
  const all = sum(found.map(({ count }) => count));
  return new Map(found.map(({ request, count, value }) => [request, { weight: count / all, value }]));
}

interface Counted {
  readonly count: number;
  readonly value: number | null;
}

type PartOf = (request: string, runs: readonly RunToJudge[], baseline: number) => Counted | null;

function ofHistogram(metric: RunMetric, measure: (histogram: Histogram, baseline: number) => number): PartOf {
  return (request, runs, baseline) => {
    const sent = mergeHistograms(runs.flatMap((run) => run.histograms?.[request] ?? []));
    const known = mergeHistograms(runs.flatMap((run) => histogramFor(run, metric, request) ?? []));
    return sent && { count: sampleCount(sent), value: known && measure(known, baseline) };
  };
}

const failed: PartOf = (request, runs) => {
  const known = runs.flatMap((run) => {
    const { requests } = figures(run, request);
    const error_rate = figure(run, 'error_rate', request);
    return requests && error_rate !== null ? [{ requests, errors: requests * error_rate }] : [];
  });
  const count = sum(known.map(({ requests }) => requests));
  return count > 0 ? { count, value: sum(known.map(({ errors }) => errors)) / count } : null;
};

/** How much of a figure each request has. Throughput and checks are not of requests. */
const METRIC_PARTS: Readonly<Partial<Record<RunMetric, PartOf>>> = {
  ...Object.fromEntries(
    (Object.keys(RUN_METRICS) as RunMetric[])
      .filter((metric) => RUN_METRICS[metric].percentile !== null)
      .map((metric) => [metric, ofHistogram(metric, shareAbove)]),
  ),
  typical_ms: ofHistogram('typical_ms', (histogram) => mean(histogram) ?? 0),
  error_rate: failed,
};

/** Without histograms the figure of each request stands for its distribution: a share is its requests times the difference. */
const FIGURES: Readonly<Partial<Record<RunMetric, PartOf>>> = Object.fromEntries(
  (Object.keys(RUN_METRICS) as RunMetric[])
    .filter((metric) => RUN_METRICS[metric].percentile !== null)
    .map((metric): [RunMetric, PartOf] => [
      metric,
      (request, runs) => {
        const values = runs.flatMap((run) => figure(run, metric, request) ?? []);
        const count = sum(runs.map((run) => figures(run, request).requests ?? 1));
        return values.length > 0 ? { count, value: median(values) } : null;
      },
    ]),
);
