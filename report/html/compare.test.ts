import { describe, expect, it } from 'vitest';
import { exampleValues, indexRun } from '../example-run.ts';
import { headlineDeltas, requestDeltas } from './compare.ts';
import { compareTables } from './compare-tables.ts';
import type { ListedRun } from './data.ts';
import type { RequestRow } from './input.ts';

const request = (name: string, p95_ms: number): RequestRow => ({
  name,
  requests: 1,
  p50_ms: 1,
  p95_ms,
  p99_ms: 1,
  max_ms: 1,
  error_rate: 0,
});
const run = (more: Partial<ListedRun>): ListedRun => ({ ...indexRun(0), bars: null, ...more });
const before = run({ comparison: 'same', by_request: [request('a', 100), request('b', 100), request('gone', 5)] });
const after = run({
  values: exampleValues({ p95_ms: 517, throughput_rps: 38, error_rate: 0.05, p50_ms: 61 }),
  by_request: [request('a', 90), request('b', 150), request('new', 5)],
});

describe('two runs', () => {
  it('differ by so much, in percent and absolutely', () => {
    const p95 = headlineDeltas(before, after).find(({ metric }) => metric === 'p95_ms');
    expect(p95).toMatchObject({ before: 470, after: 517, difference: 47 });
    expect(p95?.change).toBeCloseTo(0.1);
  });

  it('are judged by their own histories alone', () => {
    const { text } = compareTables(before, { ...after, comparison: 'regressed' });
    expect(text).toContain('A same, B regressed');
    expect(text).not.toMatch(/better|worse<|tone-/);
  });

  it('by request: the worst first, what only one has last', () => {
    const deltas = requestDeltas(before, after);
    expect(deltas.map((delta) => delta.request)).toEqual(['b', 'a', 'gone', 'new']);
    expect(compareTables(before, after).text).toMatch(/gone.*only in A.*new.*only in B/s);
  });

  it('names are text', () => {
    const hostile = run({ by_request: [request('<img src=x>', 1)] });
    expect(compareTables(hostile, hostile).text).not.toContain('<img');
  });
});
