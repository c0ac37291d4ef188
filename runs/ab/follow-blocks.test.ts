import { expect, it } from 'vitest';
import type { RequestSpan } from '../../contract/live-schema.ts';
import type { Span } from '../../influxdb/span.ts';
import { followBlocks, plannedPairs } from './follow-blocks.ts';

/** In the past: nothing has to be waited for. */
const START_MS = 1_000_000;
const PLAN = { start_ms: START_MS, length_ms: 4_000, discarded_ms: 1_000, order: 'ABBA'.repeat(10) };
const FIRST_BUCKET = 200;

function reader(slower: number) {
  const read: Span[] = [];
  return {
    read,
    newest: async () => new Date(),
    readRequests: async (span: Span): Promise<Record<string, RequestSpan>> => {
      read.push(span);
      // Blocks differ a little, so that pairs do.
      const bucket = FIRST_BUCKET + (read.length % 3) + (span.testid === 'head' ? slower : 0);
      const latency = { counts: { [`b${bucket}`]: 50 }, min: 1, max: 1_000 };
      return { 'GET /a': { latency, rates: { http_req_failed: { value: 0, count: 50 } } } };
    },
  };
}

const blocks = (of: ReturnType<typeof reader>) => ({
  reader: of,
  plan: PLAN,
  testids: { A: 'base', B: 'head' },
  least_change: 0.03,
  onPair() {},
});
const never = new AbortController().signal;

it('reads each block without its begin, and to the end of its own requests', async () => {
  const of = reader(0);
  await followBlocks(blocks(of), never);
  const seconds = of.read.map(({ testid, from, to }) => [
    testid,
    (from.getTime() - START_MS) / 1_000,
    (to.getTime() - START_MS) / 1_000,
  ]);
  // The first eight blocks are the warm-up; where a build goes on, there is no edge.
  expect(seconds.slice(0, 4)).toEqual([
    ['base', 32, 37],
    ['head', 37, 40],
    ['head', 40, 45],
    ['base', 45, 48],
  ]);
});

it('ends as soon as the answer is clear at a look, and at the budget at the latest', async () => {
  const clear = await followBlocks(blocks(reader(10)), never);
  expect(clear).toMatchObject({ end: 'answer', judgement: { verdict: 'regressed' } });
  expect(clear.pairs.length).toBeLessThan(plannedPairs(PLAN));
});

it('is cut off if k6 ends before', async () => {
  const cut = await followBlocks(blocks(reader(0)), AbortSignal.abort());
  expect(cut).toMatchObject({ end: 'cut', pairs: [], is_unreadable: false, judgement: { verdict: 'unclear' } });
});
