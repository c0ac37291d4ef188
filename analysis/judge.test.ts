import { describe, expect, it } from 'vitest';
import { judge, type RunJudgement, type RunToJudge } from './index.ts';
import { makeCases, Random } from './testing/histories.ts';
import { implantSteps, quietStretches } from './testing/real-histories.ts';

const CALM = [100, 101, 99, 100, 102, 98, 100, 101, 99.5, 100.5, 101, 99];
/** Verdicts of each run of a stretch, one after the other, as they would have been spoken. */
const sequence = (history: readonly number[], runs: readonly number[], options = {}) =>
  runs.map((run, place) => judge([...history, ...runs.slice(0, place)], run, options).verdict);

describe('the newest run, one number each', () => {
  it('is suspected first, regressed by the third run at the latest, and still at the thirtieth', () => {
    const worse = Array.from({ length: 30 }, (_, place) => 112 + (place % 3));
    const said = sequence(CALM, worse);
    expect(said[0]).toBe('suspected');
    expect(new Set(said.slice(2))).toEqual(new Set(['regressed']));
    expect(judge([...CALM, ...worse.slice(0, 9)], 112)).toMatchObject({
      since: CALM.length,
      baseline: expect.closeTo(100, 0),
    });
  });

  it('is the same again after a fix, at once', () => {
    expect(sequence([...CALM, 112, 113, 112, 114, 112, 113], [100])).toEqual(['same']);
    expect(sequence([...CALM, ...Array.from({ length: 20 }, (_, place) => 112 + (place % 2))], [100.5])).toEqual([
      'same',
    ]);
  });

  it('is the same for noise, one spike is at most suspected, and a spike in the history does not hide a shift', () => {
    expect(sequence(CALM, [101, 99, 102, 100])).toEqual(['same', 'same', 'same', 'same']);
    expect(sequence(CALM, [140, 100, 101])).toEqual(['suspected', 'same', 'same']);
    expect(sequence([...CALM.slice(0, 6), 300, ...CALM.slice(6)], [115, 116, 115]).at(-1)).toBe('regressed');
  });

  it('says improved where less is better, and the other way round with direction down', () => {
    expect(judge(CALM, 80).verdict).toBe('improved');
    expect(judge(CALM, 80, { direction: 'down' }).verdict).toBe('suspected');
    expect(judge(CALM, 120, { direction: 'down' }).verdict).toBe('improved');
    expect(judge(CALM, 80, { direction: 'both' }).verdict).toBe('suspected');
    expect(judge(CALM, 120, { direction: 'both' }).verdict).toBe('suspected');
  });

  it('works from three runs on', () => {
    expect(judge([100, 101], 150)).toMatchObject({ verdict: 'not enough runs', baseline: null });
    expect(sequence([100, 101, 99], [150, 151, 149])).toEqual(['suspected', expect.any(String), 'regressed']);
    expect(judge([100, 101, 99], 101).verdict).toBe('same');
  });

  it('needs practical size as well', () => {
    const quiet = Array.from({ length: 30 }, (_, place) => 100 + (place % 2) / 50);
    expect(new Set(sequence(quiet, [101, 101, 101, 101]))).toEqual(new Set(['same']));
    expect(sequence(quiet, [101, 101, 101], { least_change: 0.001 }).at(-1)).toBe('regressed');
    expect(new Set(sequence(CALM, [115, 115, 115], { least_difference: 20 }))).toEqual(new Set(['same']));
  });

  it('stops where the level is accepted, and judges by the new one', () => {
    const history = [...CALM, ...CALM.map((value) => value * 1.3)];
    expect(judge(history, 130).verdict).toBe('regressed');
    expect(judge(history, 130, { accepted_from: CALM.length })).toMatchObject({ verdict: 'same' });
    expect(judge(history, 160, { accepted_from: CALM.length }).verdict).toBe('suspected');
    expect(judge(history, 130, { accepted_from: history.length - 2 }).verdict).toBe('not enough runs');
  });

  it('is confirmed by repeats of the same build, or cleared by them', () => {
    expect(judge(CALM, 115, { repeats: [116, 114] }).verdict).toBe('regressed');
    expect(judge(CALM, 140, { repeats: [100, 101] })).toMatchObject({ verdict: 'same', value: 101 });
  });

  it('is unstable where noise alone moves runs by half', () => {
    const wild = [100, 180, 60, 150, 90, 220, 70, 130, 200, 80, 110, 170];
    expect(judge(wild, 120).verdict).toBe('unstable');
    expect(judge([50, 120, 230], 120).verdict).toBe('unstable');
    // Few runs that lie close together are little knowledge, not much noise.
    expect(judge([100, 120, 95], 110, { usual_spread: 0.3 })).toMatchObject({ verdict: 'same' });
  });

  it('bears constant and zero histories', () => {
    expect(judge(new Array(10).fill(5), 5).verdict).toBe('same');
    expect(judge(new Array(10).fill(5), 6).verdict).toBe('suspected');
    expect(judge(new Array(10).fill(0), 0)).toMatchObject({ verdict: 'same', change: null });
    expect(judge(new Array(10).fill(0), 0.001, { least_difference: 0.005 }).verdict).toBe('same');
    expect(judge(new Array(10).fill(0), 0.2, { least_difference: 0.005 }).verdict).toBe('suspected');
  });

  it.each([0, 100])('confirms a shift from runs that all were %d, however large it is', (level) => {
    const equal = new Array<number>(20).fill(level);
    const far = level + 5_000;
    expect(judge(equal, far).verdict).toBe('suspected');
    expect(judge([...equal, far], level).verdict).toBe('same');
    expect(judge([...equal, far], far).verdict).not.toMatch(/same|unstable/);
    expect(judge([...equal, far, far], far).verdict).toBe('regressed');
    expect(judge(equal, far, { repeats: [far, far] }).verdict).toBe('regressed');
    expect(judge(equal, far, { repeats: [level, level] }).verdict).toBe('same');
  });

  it('takes a few zeros for no proof that there is never more', () => {
    expect(judge([0, 0, 0, 0, 0, 1, 1], 1).verdict).not.toBe('regressed');
    expect(judge([0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0], 1).verdict).toBe('same');
  });

  it('has a band that agrees with the verdict, and a sentence', () => {
    const { high, low } = judge(CALM, 100);
    expect(judge(CALM, (high as number) * 1.001).verdict).toBe('suspected');
    expect(judge(CALM, (high as number) * 0.999).verdict).toBe('same');
    expect(low).toBeLessThan(100);
    expect(judge(CALM, 112).sentence).toMatch(/112, 12 % above the baseline of 100 .*not confirmed yet\.$/);
  });

  it('says what has confirmed a regression: the runs that followed, or repeats', () => {
    expect(judge([...CALM, 112, 113], 112).sentence).toMatch(/: worse in 3 runs in a row\.$/);
    expect(judge([...CALM, 140], 140).sentence).toMatch(/: worse in 2 runs in a row\.$/);
    expect(judge(CALM, 115, { repeats: [116, 114] }).sentence).toMatch(/: worse, and confirmed by 2 further runs\.$/);
    expect(judge(CALM, 140, { repeats: [140] }).sentence).toMatch(/: worse, and confirmed by 1 further run\.$/);
  });

  it('is not confirmed by runs that were as usual', () => {
    const { verdict, sentence, worse_runs } = judge([...CALM, 100, 101], 140);
    expect({ verdict, worse_runs }).toEqual({ verdict: 'suspected', worse_runs: 1 });
    expect(sentence).toContain('not confirmed yet');
  });
});

describe('what real histories are like', () => {
  /** Noise of one percent, repeatable. */
  const noisy = (length: number, level: number, seed: number) => {
    const random = new Random(seed);
    return Array.from({ length }, () => level * (1 + 0.01 * random.normal()));
  };

  it('never calls the run after a suspected one the same, if it is as bad', () => {
    const said = Array.from({ length: 100 }, (_, seed) => sequence(noisy(10, 100, seed), noisy(3, 110, 1_000 + seed)));
    const suspected = said.filter(([first]) => first === 'suspected');
    expect(suspected.length).toBeGreaterThanOrEqual(95);
    expect(suspected.filter(([, second]) => second === 'same')).toEqual([]);
    expect(said.filter(([, , third]) => third === 'regressed').length).toBeGreaterThanOrEqual(97);
  });

  it('needs a suspected run before it is confirmed: runs that were the same confirm nothing', () => {
    const said = sequence(noisy(40, 100, 3), [104.2, 104.2, 104.2, 104.2, 104.2]);
    expect(said).toEqual(['same', 'same', 'suspected', 'regressed', 'regressed']);
  });

  it('finds a level that the history has visited once, and leaves alone one that it visits routinely', () => {
    const visited = noisy(40, 100, 4).map((value, place) => (place === 20 ? 112 : value));
    expect(sequence(visited, [111, 112, 111])).toEqual(['suspected', expect.stringMatching(/sus|reg/), 'regressed']);
    const routine = noisy(60, 100, 5).map((value, place) => (place % 6 === 0 ? value * 1.12 : value));
    expect(sequence(routine, [111, 100, 112, 99, 112])).toEqual(['same', 'same', 'same', 'same', 'same']);
  });

  it('does not suspect a new maximum of ordinary noise', () => {
    const ordinary = noisy(50, 100, 6);
    expect(judge(ordinary, Math.max(...ordinary) * 1.002).verdict).toBe('same');
  });

  it.each([
    { name: 'whole milliseconds', usual: [5, 5, 5, 6, 5, 5, 5, 5, 5, 5, 5, 6], worse: [7, 7, 7] },
    { name: 'equal values', usual: new Array(12).fill(40), worse: [42, 42, 42] },
    { name: 'error rates', usual: [0, 0, 0, 0.001, 0, 0, 0, 0.001, 0, 0, 0, 0], worse: [0.02, 0.01, 0.02] },
    { name: 'counts', usual: [30, 31, 30, 30, 29, 30, 31, 30, 30, 30, 29, 31], worse: [36, 35, 37] },
  ])('sees a step in $name', ({ usual, worse }) => {
    expect(sequence(usual, worse).at(-1)).toBe('regressed');
    expect(new Set(sequence(usual, usual.slice(0, 6)))).toEqual(new Set(['same']));
  });

  it('stays regressed until a good run, and takes what nobody has mended for 30 runs for the baseline', () => {
    const history = [...noisy(30, 100, 7), ...noisy(30, 112, 8)];
    expect(judge(history.slice(0, 45), 105).verdict).toBe('regressed');
    expect(judge(history.slice(0, 45), 100).verdict).toBe('same');
    expect(judge(history.slice(0, -1), 112).verdict).toBe('regressed');
    expect(judge(history, 112)).toMatchObject({ verdict: 'same', baseline: expect.closeTo(112, 0) });
  });

  it('judges by the better level once five runs have kept it', () => {
    const history = [...noisy(30, 100, 9), ...noisy(5, 80, 10)];
    expect(judge(history.slice(0, -1), 80).verdict).toBe('improved');
    expect(judge(history, 80).verdict).toBe('same');
    expect(judge(history, 92).verdict).toBe('suspected');
  });

  it('rates of true and false verdicts hold', { timeout: 60_000 }, () => {
    const verdict = (values: readonly number[], index: number) =>
      judge(values.slice(0, index), values[index] as number).verdict;
    const stretches = quietStretches('develop').filter((_, place) => place % 10 === 0);
    const steps = implantSteps(stretches, 1);
    const found = (wanted: RegExp) =>
      steps.filter(({ values, index }) =>
        [0, 1, 2, 3, 4, 5].some((place) => wanted.test(verdict(values, index + place))),
      ).length / steps.length;
    expect(found(/suspected|regressed/)).toBeGreaterThan(0.85);
    expect(found(/regressed/)).toBeGreaterThan(0.8);
    const said = stretches.flatMap(({ values }) => values.slice(10, 80).map((_, place) => verdict(values, place + 10)));
    const share = (wanted: RegExp) => said.filter((it) => wanted.test(it)).length / said.length;
    expect(share(/suspected|regressed/)).toBeLessThan(0.015);
    expect(share(/regressed/)).toBeLessThan(0.004);
  });
});

describe('the band that is printed', () => {
  it('is the one that decides, for every history and every newest run', { timeout: 60_000 }, () => {
    const seen = new Set<string>();
    const cases = makeCases(44, 8_000_000, [0.003, 0.3]);
    for (const { history, next } of cases) {
      for (const factor of [0.7, 1, 1.07, 1.6]) {
        for (const runs of [1, 3, 8]) {
          const tail = next.slice(0, runs).map((value) => value * factor);
          const { verdict, value, low, high } = judge([...history, ...tail.slice(0, -1)], tail.at(-1) as number);
          const inside = value >= (low as number) && value <= (high as number);
          const said = `${verdict}: ${value} of ${low} to ${high}`;
          expect(inside, said).toBe(verdict === 'same' || verdict === 'unstable');
          seen.add(verdict);
        }
      }
    }
    expect([...seen].sort()).toEqual(['improved', 'regressed', 'same', 'suspected', 'unstable']);
  });
});

describe('on generated histories, whose noise of up to 3 % is more than most real ones have', () => {
  it('rates of true and false verdicts hold', { timeout: 60_000 }, () => {
    const cases = makeCases(220, 7_000_000, [0.003, 0.03]);
    const at = (runs: readonly number[], history: readonly number[]) =>
      judge([...history, ...runs.slice(0, -1)], runs.at(-1) as number).verdict;
    const shifted = (next: readonly number[], runs: number) => next.slice(0, runs).map((value) => value * 1.1);
    const share = (found: (it: (typeof cases)[number]) => boolean) => cases.filter(found).length / cases.length;
    expect(share(({ history, next }) => at(shifted(next, 1), history) !== 'same')).toBeGreaterThan(0.82);
    expect(share(({ history, next }) => at(shifted(next, 3), history) === 'regressed')).toBeGreaterThan(0.85);
    expect(share(({ history, next }) => at(shifted(next, 10), history) === 'regressed')).toBeGreaterThan(0.9);
    expect(share(({ history, next }) => at(next.slice(0, 3), history) === 'regressed')).toBeLessThan(0.01);
    expect(
      share(({ history, next }) => ['suspected', 'regressed'].includes(at(next.slice(0, 1), history))),
    ).toBeLessThan(0.03);
  });
});

describe('run records', () => {
  const random = new Random(1);
  const noisy = (value: number) => value * (1 + 0.03 * random.normal());
  const run = (place: number, slow = 1, more: Partial<RunToJudge> = {}): RunToJudge => ({
    testid: `run-${place}`,
    status: 'passed',
    completeness: 'complete',
    requests: 2_000,
    p50_ms: noisy(80),
    p95_ms: noisy(200),
    p99_ms: noisy(300),
    error_rate: 0,
    throughput_rps: noisy(50),
    checks_rate: 1,
    by_request: { 'GET /patients': { p95_ms: noisy(150) * slow }, 'GET /fast': { p95_ms: noisy(5) * slow } },
    ...more,
  });
  const history = Array.from({ length: 8 }, (_, place) => run(place));

  it('name the request that is slower, the worst first, and do not mind what is below 20 ms', () => {
    const judged = judge(history, run(9, 1.3), { repeats: [run(10, 1.3), run(11, 1.3)] });
    expect(judged.verdict).toBe('regressed');
    expect(judged.metrics[0]).toMatchObject({
      metric: 'p95_ms',
      request: 'GET /patients',
      verdict: 'regressed',
      since_run: 'run-9',
    });
    expect(judged.sentence).toMatch(/p95 of GET \/patients .*confirmed/);
    expect(judged.metrics.filter(({ verdict }) => verdict === 'regressed')).toHaveLength(1);
  });

  it('name the request that carries it where the whole has changed more', () => {
    const slow = (place: number) => run(place, 1.3, { p95_ms: 300 });
    const { sentence, metrics } = judge(history, slow(9), { repeats: [slow(10), slow(11)] });
    expect(metrics[0]).toMatchObject({ request: null, verdict: 'regressed' });
    expect(sentence).toMatch(/^p95 is .* By request: GET \/patients carries \d+ % of it \(1\d\d ms → \d+ ms\)/);
  });

  it('say same for unchanged runs', () => {
    const verdicts = Array.from({ length: 20 }, (_, place) => judge(history, run(20 + place)).verdict);
    expect(verdicts).not.toContain('regressed');
    expect(verdicts.filter((verdict) => verdict === 'same').length).toBeGreaterThan(17);
  });

  it('leave out what may not be compared', () => {
    const bad: RunToJudge[] = [
      run(30, 5, { status: 'interrupted' }),
      run(31, 5, { completeness: 'incomplete' }),
      run(32, 5, { generator_saturated: true }),
      run(33, 5, { configuration: 'other' }),
    ];
    const judged = judge([...history, ...bad, ...bad, ...bad], run(34));
    expect(judged.metrics.every(({ baseline_runs }) => baseline_runs === history.length)).toBe(true);
    expect(judge(bad, run(35)).verdict).toBe('not enough runs');
  });

  it('start anew from an accepted run', () => {
    const shifted = Array.from({ length: 6 }, (_, place) => run(40 + place, 1.5));
    expect(judge([...history, ...shifted], run(50, 1.5)).verdict).toBe('regressed');
    expect(judge([...history, ...shifted], run(50, 1.5), { accepted_from: 'run-40' }).verdict).toBe('same');
  });

  it('do not call a run a regression that is itself as good as the baseline, whatever the runs before it were', () => {
    const shifted = Array.from({ length: 6 }, (_, place) => run(40 + place, 1.5));
    const { metrics } = judge([...history, ...shifted], run(50, 1.05));
    expect(metrics.filter(({ verdict }) => verdict === 'regressed')).toEqual([]);
  });

  it('see errors and missing throughput', () => {
    const failing = judge(history, run(60, 1, { error_rate: 0.03 }));
    expect(failing.metrics[0]).toMatchObject({ metric: 'error_rate', verdict: 'suspected' });
    const slower = judge(history, run(61, 1, { throughput_rps: 30 }));
    expect(slower.metrics[0]).toMatchObject({ metric: 'throughput_rps', verdict: 'suspected' });
  });

  describe('with plateaus', () => {
    const plateau = (slow = 1) => ({
      requests: 1_000,
      p50_ms: noisy(80) * slow,
      p95_ms: noisy(200) * slow,
      p99_ms: noisy(300) * slow,
      error_rate: 0,
    });
    const staged = (place: number, second = 1, more: Partial<RunToJudge> = {}) =>
      run(place, 1, { plateaus: { 'plateau 1': plateau(), 'plateau 2': { ...plateau(second), users: 100 } }, ...more });
    const of_plateaus = ({ metrics }: RunJudgement) => metrics.filter((it) => it.plateau !== undefined);
    const staged_history = Array.from({ length: 8 }, (_, place) => staged(place));

    it('find and name the one that is slower, where the whole run is within its band', () => {
      const judged = judge(staged_history, staged(9, 1.4), { repeats: [staged(10, 1.4), staged(11, 1.4)] });
      expect(judged.verdict).toBe('regressed');
      expect(judged.sentence).toMatch(/in plateau 2 \(100 users\) is \d+ ms, .*: worse, and confirmed/);
      const worse = judged.metrics.filter(({ verdict }) => verdict === 'regressed');
      expect(new Set(worse.map((it) => it.plateau))).toEqual(new Set(['plateau 2']));
      expect(worse.map(({ metric }) => metric)).toContain('p95_ms');
      // Its p99 rests on too few requests.
      const judged_there = judged.metrics.filter(({ plateau }) => plateau === 'plateau 2').map(({ metric }) => metric);
      expect(judged_there.sort()).toEqual(['error_rate', 'p50_ms', 'p95_ms']);
      const whole = judged.metrics.find((it) => it.metric === 'p95_ms' && !it.request && !it.plateau);
      expect(whole?.verdict).toBe('same');
    });

    it('are judged against plateaus alone, from three earlier ones on', () => {
      // Plateaus are far faster than the whole runs of the old records.
      const fast = (place: number) => staged(place, 1, { p50_ms: noisy(800), p95_ms: noisy(2_000) });
      const old = Array.from({ length: 8 }, (_, place) => run(place, 1, { p50_ms: noisy(800), p95_ms: noisy(2_000) }));
      const first = judge([...old, fast(20), fast(21)], fast(22));
      expect(first.verdict).toBe('same');
      expect(new Set(of_plateaus(first).map(({ verdict }) => verdict))).toEqual(new Set(['not enough runs']));
      const p95 = of_plateaus(judge([...old, fast(20), fast(21), fast(22)], fast(23))).filter(
        ({ metric }) => metric === 'p95_ms',
      );
      expect(p95.map(({ verdict, baseline_runs }) => [verdict, baseline_runs])).toEqual([
        ['same', 3],
        ['same', 3],
      ]);
    });

    it('are not judged where there is but one, or where the record has none', () => {
      const single = (place: number) => run(place, 1, { plateaus: { 'plateau 1': plateau() } });
      const alone = judge(
        Array.from({ length: 8 }, (_, place) => single(place)),
        run(9, 1, { plateaus: { 'plateau 1': plateau(2) } }),
      );
      expect(alone).toMatchObject({ verdict: 'same' });
      expect(of_plateaus(alone)).toEqual([]);
      expect(of_plateaus(judge(staged_history, run(9)))).toEqual([]);
    });

    it('take the standard errors of their percentiles for the least noise', () => {
      const steady = (p95_ms: number, error: number): RunToJudge => {
        const one = { p95_ms, sampling_errors: { p95_ms: error } };
        return { plateaus: { 'plateau 1': one, 'plateau 2': one } };
      };
      const verdicts = (error: number) =>
        judge(new Array(12).fill(steady(200, error)), steady(260, error)).metrics.map(({ verdict }) => verdict);
      expect(verdicts(1)).toEqual(['suspected', 'suspected']);
      expect(verdicts(40)).toEqual(['same', 'same']);
    });
  });

  it('take percentiles from the histograms where the record has none, and their error for the least noise', () => {
    const few = { b300: 18, b310: 2 };
    const many = { b300: 1_800, b310: 200 };
    const with_histogram = (counts: Record<string, number>) => ({ histograms: { '': { counts, min: 0, max: 1_000 } } });
    const from = (histogram: Record<string, number>) =>
      judge(new Array(5).fill(with_histogram(histogram)), with_histogram(histogram));
    const p99 = (judged: ReturnType<typeof from>) => judged.metrics.find(({ metric }) => metric === 'p95_ms');
    expect(p99(from(few))?.verdict).toBe('same');
    const width = (judged: ReturnType<typeof from>) => (p99(judged)?.high ?? 0) - (p99(judged)?.low ?? 0);
    expect(width(from(few))).toBeGreaterThan(width(from(many)));
  });
});
