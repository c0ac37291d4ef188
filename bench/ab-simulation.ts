/**
 * How often `loadstar ab` is right, on thousands of sequences of pairs that are drawn from recorded ones. A recording is of
 * one build compared with itself on a disturbed machine: every difference in it is noise. Pairs are drawn with all their
 * requests, and turned around at random, as the drawn order of blocks does it.
 */
import { type AbSeries, judgeSeries, LEAST_CHANGE, lookPairs } from '../analysis/ab.ts';
import { Random } from '../analysis/testing/histories.ts';
import type { AbVerdict } from '../contract/results.ts';

export interface AbRecording {
  readonly block_s: number;
  readonly warm_up: number;
  readonly requests: readonly {
    readonly request: string;
    /** Of both builds, in all pairs. */
    readonly count: number;
    readonly pairs: readonly { readonly at_s: number; readonly base_ms: number; readonly head_ms: number }[];
  }[];
}

export interface AbCase {
  /** The one that is slower in head; null: the builds are equal. */
  readonly request: string | null;
  /** By how much, a fraction. */
  readonly change: number;
  readonly budget_s: number;
}

export interface AbScore {
  readonly sequences: number;
  readonly verdicts: Readonly<Record<AbVerdict, number>>;
  /** Regressed, and the slower request is among those that are named. */
  readonly named: number;
  /** Another request is named. */
  readonly misnamed: number;
  /** Seconds until the end, on average. */
  readonly mean_s: number;
}

const BLOCKS_PER_PAIR = 2;

/** @param seed the same one draws the same sequences */
export function simulateAb(recording: AbRecording, it: AbCase, sequences: number, seed: number): AbScore {
  const random = new Random(seed);
  const verdicts: Record<AbVerdict, number> = { regressed: 0, unclear: 0, same: 0, improved: 0 };
  let named = 0;
  let misnamed = 0;
  let total_s = 0;
  for (let sequence = 0; sequence < sequences; sequence += 1) {
    const { verdict, regressed, took_s } = simulateOne(recording, it, random);
    verdicts[verdict] += 1;
    if (it.request !== null && regressed.includes(it.request)) named += 1;
    if (regressed.some((request) => request !== null && request !== it.request)) misnamed += 1;
    total_s += took_s;
  }
  return { sequences, verdicts, named, misnamed, mean_s: total_s / sequences };
}

function simulateOne(
  { requests, block_s, warm_up }: AbRecording,
  { request, change, budget_s }: AbCase,
  random: Random,
) {
  const pair_s = BLOCKS_PER_PAIR * block_s;
  const groups = Math.floor(budget_s / (2 * pair_s));
  const planned_pairs = Math.floor((groups * 4 - warm_up) / BLOCKS_PER_PAIR);
  const times = requests[0]?.pairs.map(({ at_s }) => at_s) ?? [];
  const drawn = Array.from({ length: planned_pairs }, () => ({
    at_s: random.pick(times),
    turned: random.next() < 0.5,
  }));
  const series = requests.map((it): AbSeries => {
    const by_time = new Map(it.pairs.map((pair) => [pair.at_s, pair]));
    const side = { latency: null, requests: it.count / 2, failed: 0 };
    const factor = it.request === request ? 1 + change : 1;
    return {
      request: it.request,
      latency: drawn.flatMap(({ at_s, turned }, place) => {
        const pair = by_time.get(at_s);
        if (!pair) return [];
        const [base_ms, head_ms] = turned ? [pair.head_ms, pair.base_ms] : [pair.base_ms, pair.head_ms];
        return [{ at_s: place, base_ms, head_ms: head_ms * factor }];
      }),
      errors: [],
      base: side,
      head: side,
    };
  });
  for (const look of lookPairs(planned_pairs)) {
    const seen = series.map((it) => ({ ...it, latency: it.latency.filter(({ at_s }) => at_s < look) }));
    const judged = judgeSeries(seen, look, { least_change: LEAST_CHANGE, planned_pairs, pair_s });
    if (judged.verdict === 'unclear' && look < planned_pairs) continue;
    const all = judged.overall ? [judged.overall, ...judged.requests] : judged.requests;
    const regressed = all.filter(({ verdict }) => verdict === 'regressed').map((it) => it.request);
    return { verdict: judged.verdict, regressed, took_s: warm_up * block_s + look * pair_s };
  }
  return { verdict: 'unclear' as const, regressed: [], took_s: budget_s };
}
