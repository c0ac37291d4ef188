import { describe, expect, it } from 'vitest';
import type { PinnedBaseline } from '../contract/baselines.ts';
import { metricValues } from '../contract/metrics.ts';
import type { RunRecord } from '../influxdb/runs.ts';
import { type BranchHistory, selectHistory } from './select-history.ts';

const CONFIGURATION = '30 s, scale 1';
const MACHINE = 'EPYC, 4 cores';

/** A run that ended well, so many minutes after midnight. */
function run(minute: number, more: Partial<RunRecord> = {}): RunRecord {
  const started = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  return {
    testid: `run-${minute}`,
    project: 'shop',
    scenario: 'search',
    profile: 'smoke',
    target: 'demo',
    branch: 'main',
    started,
    planned_end: new Date(Date.parse(started) + 30_000).toISOString(),
    duration_s: 30,
    status: 'passed',
    ...metricValues(() => 1),
    verdict: '',
    capacity_rps: null,
    capacity_users: null,
    completeness: 'complete',
    generator_saturated: false,
    generator_effects: null,
    plateaus: [],
    comparison: 'same',
    configuration: CONFIGURATION,
    machine: MACHINE,
    confirms: null,
    ab_run: null,
    ab_verdict: null,
    shifts: {},
    ...more,
  };
}

const branch = (
  name: string | null,
  runs: readonly RunRecord[],
  pinned: PinnedBaseline | null = null,
): BranchHistory => ({
  branch: name,
  runs: [...runs].sort((a, b) => (a.started < b.started ? 1 : -1)),
  pinned,
});
const pin = (of: RunRecord): PinnedBaseline => ({ ...of, set_at: of.started, who: 'ada', why: null });
const select = (own: BranchHistory, main: BranchHistory, machine: string | null = MACHINE) =>
  selectHistory({ configuration: CONFIGURATION, machine }, own, main);
const ids = ({ runs }: { readonly runs: readonly RunRecord[] }) => runs.map(({ testid }) => testid);
const NONE = branch('main', []);

describe('what a run is held against', () => {
  it.each([
    ['interrupted', { status: 'interrupted' }],
    ['still running', { status: 'running' }],
    ['broken', { status: 'broken' }],
    ['incomplete', { status: 'incomplete', completeness: 'incomplete' }],
    ['on a saturated generator', { generator_saturated: true }],
    ['of another configuration', { configuration: '60 s, scale 1' }],
    ['on another kind of machine', { machine: 'Xeon, 4 cores' }],
    ['of before configurations were recorded', { configuration: null }],
    ['cut off by a threshold', { status: 'failed', duration_s: 12 }],
  ] as const)('no run that is %s', (_, more) => {
    const main = branch('main', [run(1), run(2), run(3, more), run(4)]);
    expect(ids(select(main, main))).toEqual(['run-1', 'run-2', 'run-4']);
  });

  it('a run whose SLO failed, to its end, is one', () => {
    const main = branch('main', [run(1), run(2, { status: 'failed' })]);
    expect(ids(select(main, main))).toEqual(['run-1', 'run-2']);
  });

  it('says how many were left out, and why', () => {
    const runs = [
      run(1),
      run(2, { configuration: 'x' }),
      run(3, { status: 'interrupted' }),
      run(4, { generator_saturated: true }),
    ];
    const main = branch('main', runs);
    expect(select(main, main).left_out).toEqual({ configuration: 1, unfit: 2, machines: [] });
  });

  it('a run of an unknown kind of machine is compared with all, and all with it', () => {
    const main = branch('main', [
      run(1),
      run(2, { machine: null }),
      run(3, { machine: 'Xeon' }),
      run(4, { machine: 'Xeon' }),
    ]);
    expect(ids(select(main, main))).toEqual(['run-1', 'run-2']);
    expect(select(main, main).left_out).toEqual({ configuration: 0, unfit: 0, machines: ['Xeon', 'Xeon'] });
    expect(ids(select(main, main, null))).toEqual(['run-1', 'run-2', 'run-3', 'run-4']);
  });
});

describe('a branch', () => {
  const main = branch('main', [run(1), run(2), run(3), run(50)]);
  const own = (...minutes: number[]) => minutes.map((minute) => run(minute, { branch: 'fix' }));

  it('with three runs of its own stands for itself', () => {
    const selected = select(branch('fix', own(10, 11, 12)), main);
    expect(selected).toMatchObject({ branch: 'fix' });
    expect(ids(selected)).toEqual(['run-10', 'run-11', 'run-12']);
  });

  it('with fewer is held against the main branch as it was, and then its own, so that a second run can confirm', () => {
    expect(ids(select(branch('fix', []), main))).toEqual(['run-1', 'run-2', 'run-3', 'run-50']);
    const selected = select(branch('fix', own(10, 11)), main);
    expect(selected).toMatchObject({ branch: 'main' });
    expect(ids(selected)).toEqual(['run-1', 'run-2', 'run-3', 'run-10', 'run-11']);
  });

  it('that was worse from its first run on does not become its own measure', () => {
    const worse = own(10, 11, 12, 13).map((it) => ({ ...it, comparison: 'regressed' as const }));
    expect(ids(select(branch('fix', worse), main)).slice(0, 4)).toEqual(['run-1', 'run-2', 'run-3', 'run-10']);
  });

  it('falls back to what there is where the main branch has too few', () => {
    const selected = select(branch('fix', own(10)), branch('main', [run(1), run(2)]));
    expect(selected).toMatchObject({ branch: 'fix' });
    expect(ids(selected)).toEqual(['run-10']);
  });

  it('none at all is a branch like others', () => {
    const unnamed = [run(10, { branch: null })];
    expect(ids(select(branch(null, unnamed), main))).toEqual(['run-1', 'run-2', 'run-3', 'run-10']);
    expect(ids(select(branch(null, unnamed), NONE))).toEqual(['run-10']);
  });
});

describe('repeats', () => {
  const suspected = (comparison: RunRecord['comparison']) =>
    branch('main', [run(1), run(2), run(3, { comparison }), run(4, { confirms: 'run-3', comparison: null })]);

  it('do not count a run double', () => {
    const cleared = suspected('same');
    expect(ids(select(cleared, cleared))).toEqual(['run-1', 'run-2', 'run-3']);
  });

  it('count where they made its regression certain: the next run at that level is no new suspicion', () => {
    const confirmed = suspected('regressed');
    expect(ids(select(confirmed, confirmed))).toEqual(['run-1', 'run-2', 'run-3', 'run-4']);
  });
});

describe('a pinned baseline', () => {
  const runs = [run(1), run(2), run(3), run(4, { confirms: 'run-3', comparison: null }), run(5)];

  it('leaves out what was before it, and takes what confirmed it', () => {
    const main = branch('main', runs, pin(runs[2] as RunRecord));
    expect(ids(select(main, main))).toEqual(['run-3', 'run-4', 'run-5']);
    expect(select(main, main).pinned?.testid).toBe('run-3');
  });

  it('of the main branch holds for branches that fall back to it', () => {
    const main = branch('main', [run(1), run(2), run(3), run(4), run(5)], pin(run(3)));
    expect(ids(select(branch('fix', []), main))).toEqual(['run-3', 'run-4', 'run-5']);
  });

  it('of a branch makes it stand for itself at once', () => {
    const first = run(10, { branch: 'fix', comparison: 'regressed' });
    const own = branch('fix', [first], pin(first));
    expect(ids(select(own, branch('main', runs)))).toEqual(['run-10']);
  });
});
