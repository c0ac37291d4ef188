import { expect, it } from 'vitest';
import { CAUSES as causes } from '../example-run.ts';
import { causeLines } from './causes.ts';

const [cause] = causes.ranked;
if (!cause) throw new Error('the example has a cause');

it('names the first three, and no more', () => {
  const ranked = ['a', 'b', 'c', 'd'].map((sentence) => ({ ...cause, sentence }));
  expect(causeLines({ causes: { ...causes, ranked } })).toEqual(['a', 'b', 'c']);
});

it('says that it found none, and says nothing of a run without telemetry', () => {
  expect(causeLines({ causes: { ...causes, ranked: [] } })).toEqual(['no cause found in 34 series of the target']);
  expect(causeLines({})).toEqual([]);
});
