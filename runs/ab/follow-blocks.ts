/** Reads the blocks of both builds while they are loaded, and looks at them until the answer is clear. */
import { type AbJudgement, type BlockFigures, type BlockPair, judgeAb, lookPairs } from '../../analysis/ab.ts';
import type { AbResult } from '../../contract/results.ts';
import type { RunId } from '../../contract/runs.ts';
import { READABLE_AFTER_MS, type Span, type SpanReader } from '../../influxdb/span.ts';
import { waitFor } from '../../lib/wait.ts';
import { type BlockPlan, type BlockSide, GROUP_BLOCKS } from '../../profiles/blocks.ts';

export interface Blocks {
  readonly reader: Pick<SpanReader, 'newest' | 'readRequests'>;
  readonly plan: BlockPlan;
  readonly testids: Readonly<Record<BlockSide, RunId>>;
  readonly least_change: number;
  /** Called after each pair. */
  onPair(pairs: readonly BlockPair[], judgement: AbJudgement): void;
}

export interface FollowedBlocks {
  readonly pairs: readonly BlockPair[];
  readonly judgement: AbJudgement;
  readonly end: AbResult['end'];
  /** InfluxDB did not say what was measured. */
  readonly is_unreadable: boolean;
}

/** Blocks at the begin that are not judged: builds compile, connect and fill their caches in them. */
export const WARM_UP_BLOCKS = 2 * GROUP_BLOCKS;
const BLOCKS_PER_PAIR = 2;
const MS_PER_S = 1_000;
const POLL_MS = 500;
const PATIENCE_MS = 15_000;

/** Pairs that are judged if the time is used up. */
export function plannedPairs({ order }: BlockPlan): number {
  return Math.floor((order.length - WARM_UP_BLOCKS) / BLOCKS_PER_PAIR);
}

/**
 * @param ended aborted when one of both k6 has ended, or a person stops the call
 * @returns what the last look has found: between looks nothing is decided, as each costs some of the allowed error
 */
export async function followBlocks(blocks: Blocks, ended: AbortSignal): Promise<FollowedBlocks> {
  const { plan, least_change } = blocks;
  const planned_pairs = plannedPairs(plan);
  const pair_s = (BLOCKS_PER_PAIR * plan.length_ms) / MS_PER_S;
  const settings = { least_change, planned_pairs, pair_s };
  const looks = lookPairs(planned_pairs);
  const pairs: BlockPair[] = [];
  let judgement = judgeAb(pairs, settings);
  const finish = (end: AbResult['end'], is_unreadable = false) => ({ pairs, judgement, end, is_unreadable });
  for (let index = 0; index < planned_pairs; index += 1) {
    const found = await readPair(blocks, WARM_UP_BLOCKS + BLOCKS_PER_PAIR * index, ended);
    if (found === 'cut' || found === 'unreadable') return finish('cut', found === 'unreadable');
    pairs.push(found);
    const is_look = looks.includes(pairs.length);
    if (is_look) judgement = judgeAb(pairs, settings);
    blocks.onPair(pairs, judgement);
    if (is_look && judgement.verdict !== 'unclear') return finish('answer');
  }
  return finish('budget');
}

/** Two blocks beginning with the `first`. */
async function readPair(blocks: Blocks, first: number, ended: AbortSignal): Promise<BlockPair | 'cut' | 'unreadable'> {
  const { plan } = blocks;
  const spans = [first, first + 1].map((block) => spanOf(blocks, block));
  const [a, b] = spans;
  if (!a || !b) throw new Error('unreachable: a pair has two blocks');
  const state = await awaitStored(blocks, Math.max(...spans.map(({ to }) => to.getTime())), ended);
  if (state !== 'stored') return state;
  try {
    const figures = await Promise.all([blocks.reader.readRequests(a), blocks.reader.readRequests(b)]);
    const side = (wanted: BlockSide): BlockFigures => figures[plan.order[first] === wanted ? 0 : 1] as BlockFigures;
    return { at_s: (first * plan.length_ms) / MS_PER_S, base: side('A'), head: side('B') };
  } catch {
    return 'unreadable';
  }
}

/**
 * What is judged of a block: without its begin, where requests of the other build are under way, and with as much of the
 * next one for its own last requests. Where the same build goes on there is no such edge.
 */
function spanOf({ plan, testids }: Blocks, block: number): Span {
  const { start_ms, length_ms, discarded_ms, order } = plan;
  const side = order[block] as BlockSide;
  const from_ms = start_ms + block * length_ms;
  const is_continued = order[block - 1] === side;
  const goes_on = order[block + 1] === side;
  return {
    testid: testids[side],
    from: new Date(from_ms + (is_continued ? 0 : discarded_ms)),
    to: new Date(from_ms + length_ms + (goes_on ? 0 : discarded_ms)),
  };
}

/** Until both outputs have delivered all up to a time. */
async function awaitStored(
  { reader, plan, testids }: Blocks,
  to_ms: number,
  ended: AbortSignal,
): Promise<'stored' | 'cut' | 'unreadable'> {
  await waitFor(to_ms + READABLE_AFTER_MS - Date.now(), ended);
  const deadline_ms = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline_ms) {
    if (ended.aborted) return 'cut';
    try {
      const since = new Date(plan.start_ms);
      const newest = await Promise.all(Object.values(testids).map((testid) => reader.newest(testid, since)));
      if (newest.every((time) => (time?.getTime() ?? 0) >= to_ms + READABLE_AFTER_MS)) return 'stored';
    } catch {
      // InfluxDB may be back in a moment; its silence is judged by how long it lasts.
    }
    await waitFor(POLL_MS, ended);
  }
  return 'unreadable';
}
