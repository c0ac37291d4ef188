import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { RunSummary } from '../contract/results.ts';
import { summaryPoint, unpackSummary } from './stored-summary.ts';

const run = { project: 'shop', scenario: 's', profile: 'p', target: 't', branch: null, started: new Date() };

/** The fields of the point, as InfluxDB gives them back. */
function stored(summary: RunSummary): Record<string, unknown> {
  const line = summaryPoint(run, summary).toLineProtocol() ?? '';
  const fields = [...line.matchAll(/(testid|parts|part_\d+)=("([^"]*)"|(\d+)i)/g)];
  return Object.fromEntries(fields.map(([, name, , text, number]) => [name, text ?? Number(number)]));
}

it.each([
  ['a small one', 10],
  ['one larger than a field', 200_000],
])('a summary is what it was: %s', (_, bytes) => {
  const summary = { testid: 'run-1', verdict: randomBytes(bytes).toString('hex') } as RunSummary;
  const row = stored(summary);
  expect(row.testid).toBe('run-1');
  expect(JSON.parse(unpackSummary(row))).toEqual(summary);
  for (const value of Object.values(row)) expect(String(value).length).toBeLessThan(64 * 1024);
});

it('answers of the target are left out: a record is kept for ever', () => {
  const summary = { testid: 'run-1', examples: { failed: [], slowest: [] } } as unknown as RunSummary;
  expect(JSON.parse(unpackSummary(stored(summary)))).toEqual({ testid: 'run-1' });
});

it('remains of a longer summary are not read', () => {
  const summary = { testid: 'run-1' } as RunSummary;
  expect(JSON.parse(unpackSummary({ ...stored(summary), part_1: 'remains' }))).toEqual(summary);
});
