import { expect, it } from 'vitest';
import { AB_RUN } from '../report/example-ab.ts';
import { summaryOutcome } from './summary.ts';
import { runSummary } from './summary-schema.ts';

it('the result of `ab` is part of the summary of head, and decides its outcome', () => {
  expect(runSummary.parse(JSON.parse(JSON.stringify(AB_RUN)))).toEqual(AB_RUN);
  expect(summaryOutcome(AB_RUN)).toBe('regressed');
});
