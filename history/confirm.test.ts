import { describe, expect, it } from 'vitest';
import { type ConfirmState, decide } from './confirm.ts';

const state = (change: Partial<ConfirmState>): ConfirmState => ({
  verdict: 'suspected',
  made: 0,
  repeats: 2,
  spent_s: 0,
  budget_s: 600,
  run_s: 35,
  broken: false,
  ...change,
});

describe('a suspected run', () => {
  it.each([
    ['is repeated at once', {}, true, 'repeated at once to be sure (1 of up to 2)'],
    ['is repeated again', { made: 1, spent_s: 40 }, true, '(2 of up to 2)'],
    ['is not, where repeats are off', { repeats: 0 }, false, 'repeats are off: the next run of the history'],
    ['is left open after the last', { made: 2, spent_s: 80 }, false, 'still only suspected after 2 repeats'],
    ['of a long profile is left to the next run', { run_s: 965 }, false, 'a run of 965 s does not fit into the 600 s'],
    ['is left where time is up', { made: 1, spent_s: 580 }, false, 'the 20 s that are left'],
    ['is left where the repeat broke', { made: 1, broken: true }, false, 'as the repeat broke'],
  ] as const)('%s', (_, change, again, sentence) => {
    const decision = decide(state(change));
    expect(decision.again).toBe(again);
    expect(decision.sentence).toContain(sentence);
  });
});

describe('any other run', () => {
  it('says what the repeats have shown', () => {
    expect(decide(state({ verdict: 'regressed', made: 2 }))).toEqual({
      again: false,
      sentence: 'confirmed by 2 repeats: regressed',
    });
    expect(decide(state({ verdict: 'same', made: 1 })).sentence).toBe('not confirmed by one repeat: same');
  });

  it.each(['same', 'improved', 'regressed', 'unstable', 'not enough runs'] as const)(
    '%s is not repeated',
    (verdict) => {
      expect(decide(state({ verdict }))).toEqual({ again: false, sentence: null });
    },
  );
});
