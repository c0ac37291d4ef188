import { describe, expect, it } from 'vitest';
import { compareGroups, studentTails } from './compare-groups.ts';
import type { RunToJudge } from './run-to-judge.ts';

/** Deterministic, with the spread of a normal distribution of standard deviation 1 (sum of twelve uniforms). */
function noise(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  return () => Array.from({ length: 12 }, uniform).reduce((sum, it) => sum + it, -6);
}

const GAMMA = 1.01 / 0.99;
const whole = (counts: Record<string, number>) => ({ counts, min: 0, max: 1e6 });

/** A run of a log-normal latency around `level_ms`. */
function run(level_ms: number, random: () => number, requests = 500): RunToJudge {
  const histogram: Record<string, number> = {};
  for (let i = 0; i < requests; i += 1) {
    const bucket = `b${Math.floor(Math.log(level_ms * Math.exp(0.3 * random())) / Math.log(GAMMA))}`;
    histogram[bucket] = (histogram[bucket] ?? 0) + 1;
  }
  return {
    throughput_rps: 10 + 0.2 * random(),
    error_rate: 0,
    checks_rate: 1,
    requests,
    histograms: { '': whole(histogram), 'GET /a': whole(histogram) },
    by_request: { 'GET /a': { requests, error_rate: 0 } },
  };
}

const runs = (count: number, level_ms: number, random: () => number) =>
  Array.from({ length: count }, () => run(level_ms * (1 + 0.03 * random()), random));

describe('compareGroups', () => {
  it('finds 30 % of 150 ms between two single runs, and names the request', () => {
    const random = noise(1);
    const { verdict, metrics } = compareGroups(runs(1, 150, random), runs(1, 195, random));
    expect(verdict).toBe('regressed');
    expect(metrics[0]?.evidence).toBe('samples');
    const named = metrics.filter((it) => it.verdict === 'regressed').map((it) => it.request);
    expect(named).toContain('GET /a');
  });

  it('says nothing of equal groups: 0 of 40 comparisons', () => {
    const random = noise(2);
    const wrong = Array.from({ length: 40 }, () =>
      compareGroups(runs(3, 150, random), runs(3, 150, random), { noise_from: runs(8, 150, random) }),
    ).filter(({ verdict }) => verdict === 'regressed');
    expect(wrong).toHaveLength(0);
  });

  it('calls the same the other way improved', () => {
    const random = noise(3);
    const { verdict } = compareGroups(runs(4, 195, random), runs(4, 150, random));
    expect(verdict).toBe('improved');
  });

  it('does not believe a difference that runs of one build show anyway', () => {
    const random = noise(4);
    const noisy = Array.from({ length: 10 }, (_, place) => run(place % 2 === 0 ? 150 : 195, random));
    const { verdict } = compareGroups([run(150, random)], [run(195, random)], { noise_from: noisy });
    expect(verdict).toBe('same');
  });

  it('takes percentiles of a group from its merged histogram, not from those of its runs', () => {
    const few = { histograms: { '': whole({ b300: 10 }) }, requests: 10 };
    const many = { histograms: { '': whole({ b100: 990 }) }, requests: 990 };
    const { metrics } = compareGroups([few, many], [many]);
    const p50 = metrics.find((it) => it.metric === 'p50_ms');
    expect(p50?.before).toBeCloseTo(GAMMA ** 100 * 1.01, 6);
  });

  it('does not believe the p95 of a dozen requests', () => {
    const random = noise(7);
    const { metrics } = compareGroups([run(100, random, 12)], [run(100, random, 12)]);
    expect(metrics.find((it) => it.metric === 'p95_ms' && it.request === null)?.verdict).toBe('not enough runs');
  });

  it('asks for 20 ms: a shift of a fast request by 30 % is none', () => {
    const random = noise(5);
    expect(compareGroups(runs(4, 20, random), runs(4, 26, random)).verdict).toBe('same');
  });

  it('does not hide a request that is on one side alone', () => {
    const random = noise(6);
    const [a] = runs(1, 100, random);
    const b = { ...a, histograms: { '': a?.histograms?.[''] ?? whole({}) }, by_request: {} };
    const { metrics } = compareGroups([a as RunToJudge], [b]);
    const gone = metrics.find((it) => it.request === 'GET /a' && it.metric === 'p95_ms');
    expect(gone).toMatchObject({ after: null, verdict: 'not enough runs' });
  });
});

describe('studentTails', () => {
  // Two-sided critical values of Student's t: Abramowitz & Stegun, table 26.10.
  it.each([
    [12.706, 1, 0.05],
    [31.599, 2, 0.001],
    [12.924, 3, 0.001],
    [8.61, 4, 0.001],
    [2.228, 10, 0.05],
    [4.587, 10, 0.001],
  ])('%f with %i degrees of freedom', (t, freedom, chance) => {
    expect(studentTails(t, freedom)).toBeCloseTo(chance, 4);
  });
});
