import { describe, expect, it } from 'vitest';
import type { RunToJudge } from '../analysis/index.ts';
import { compareWithHistory, type Evidence } from './comparison.ts';

const NONE_LEFT_OUT = { configuration: 0, unfit: 0, machines: [] };
const run = (testid: string, p95_ms: number, more: Partial<RunToJudge> = {}): RunToJudge => ({
  testid,
  status: 'passed',
  completeness: 'complete',
  p95_ms,
  throughput_rps: 10,
  error_rate: 0,
  requests: 3_000,
  ...more,
});
const USUAL = [150, 153, 149, 151, 150, 152, 148, 151, 150, 149].map((p95_ms, index) => run(`run-${index}`, p95_ms));
const evidence = (of: RunToJudge, more: Partial<Evidence['history']> = {}): Evidence => ({
  run: of,
  history: { to_judge: USUAL, branch: 'main', pinned: null, left_out: NONE_LEFT_OUT, ...more },
});
const p95 = { metric: 'p95_ms', request: null };

describe('a run against its history', () => {
  it('as usual is the same, with a baseline to link to and bands for the record', () => {
    const comparison = compareWithHistory(evidence(run('new', 151)));
    expect(comparison).toMatchObject({
      verdict: 'same',
      baseline: { kind: 'rolling', runs: 10, testid: 'run-9', branch: 'main' },
    });
    const of = (metric: string) => comparison.metrics.find((it) => it.metric === metric);
    expect(of('p95_ms')?.baseline).toBeCloseTo(150, 0);
    expect(of('p95_ms')?.low).toBeLessThan(of('p95_ms')?.baseline ?? 0);
    expect(of('throughput_rps')?.baseline).toBe(10);
    expect(of('error_rate')?.baseline).toBe(0);
  });

  it('30 % above is suspected, and regressed with two repeats that agree', () => {
    const slow = evidence(run('new', 195));
    const first = compareWithHistory(slow);
    expect(first.verdict).toBe('suspected');
    expect(first.metrics[0]).toMatchObject({ ...p95, verdict: 'suspected', value: 195 });
    expect(first.metrics[0]?.difference).toBeCloseTo(45, 0);
    const confirmed = compareWithHistory(slow, [run('again', 196), run('and-again', 193)]);
    expect(confirmed.verdict).toBe('regressed');
    expect(confirmed.baseline.testid).toBe('run-9');
    expect(confirmed.metrics[0]?.change).toBeCloseTo(0.3, 1);
  });

  it('is cleared by repeats that do not agree', () => {
    const repeats = [run('again', 150), run('and-again', 152)];
    expect(compareWithHistory(evidence(run('new', 195)), repeats).verdict).toBe('same');
  });

  it('repeats that are no evidence confirm nothing', () => {
    const saturated = [195, 196].map((ms) => run('again', ms, { generator_saturated: true }));
    expect(compareWithHistory(evidence(run('new', 195)), saturated).verdict).toBe('suspected');
  });

  it('too short is said with how many there are, and why there are not more', () => {
    const few = evidence(run('new', 150), {
      to_judge: USUAL.slice(0, 2),
      left_out: { configuration: 4, unfit: 1, machines: [] },
    });
    const { verdict, sentence, metrics } = compareWithHistory(few);
    expect(verdict).toBe('not enough runs');
    expect(sentence).toBe(
      'No baseline yet: 2 of 3 comparable runs. Left out: 4 with another configuration, 1 incomplete or saturated.',
    );
    expect(metrics[0]).toMatchObject({ baseline: null, low: null });
  });

  it('because of the machines says so, and how to compare them anyhow', () => {
    const machines = ['Xeon, 2 cores', 'EPYC, 4 cores', 'EPYC, 4 cores'];
    const elsewhere = { to_judge: [], left_out: { ...NONE_LEFT_OUT, machines } };
    expect(compareWithHistory(evidence(run('new', 150), elsewhere)).sentence).toBe(
      'No baseline yet: 0 of 3 comparable runs. Left out: 3 on another kind of machine (EPYC, 4 cores; Xeon, 2 cores). ' +
        'LOADSTAR_MACHINE=any compares runs of all kinds.',
    );
    const many = { to_judge: [], left_out: { ...NONE_LEFT_OUT, machines: ['a', 'b', 'c', 'd'] } };
    expect(compareWithHistory(evidence(run('new', 150), many)).sentence).toContain('(a; b; 2 more)');
  });

  it('since a pinned baseline names it', () => {
    const pinned = {
      testid: 'run-7',
      project: 'shop',
      scenario: 'search',
      profile: 'smoke',
      target: 'demo',
      branch: 'main',
      started: '2026-01-01T00:00:00.000Z',
      set_at: '2026-01-02T00:00:00.000Z',
      who: 'ada',
      why: null,
    };
    const enough = compareWithHistory(evidence(run('new', 150), { to_judge: USUAL.slice(7), pinned }));
    expect(enough.baseline).toEqual({ kind: 'pinned', runs: 3, testid: 'run-7', branch: 'main' });
    const few = compareWithHistory(evidence(run('new', 150), { to_judge: USUAL.slice(7, 8), pinned }));
    expect(few.sentence).toBe('Too few runs since the baseline run-7: 1 of 3 comparable runs.');
  });
});
