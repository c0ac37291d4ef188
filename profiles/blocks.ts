/**
 * Blocks of `loadstar ab`: both builds are loaded in turns. k6 and the command line share this plan, so that both agree to
 * the millisecond which build has the load.
 */

/** A: base, B: head. */
export type BlockSide = 'A' | 'B';

export interface BlockPlan {
  /** Unix time, a whole second: windows of the output lie within one block. */
  readonly start_ms: number;
  /** Whole seconds. */
  readonly length_ms: number;
  /** Of each block, at its begin: not judged. Users begin a block spread over half of it. */
  readonly discarded_ms: number;
  /** Which build has the load, block by block. */
  readonly order: string;
}

/** What one k6 process is told. */
export interface SideBlocks extends BlockPlan {
  readonly side: BlockSide;
}

/** ABBA, or BAAB: in each of them both builds have the same place on average, so that a drift moves both alike. */
const GROUPS = ['ABBA', 'BAAB'] as const;
export const GROUP_BLOCKS = 4;

/**
 * The order of blocks, by groups of four. Which of both groups comes next is drawn: a disturbance with a period cannot
 * keep step with it, and the sign of a paired difference is random if the builds are equal.
 * @param random in [0, 1)
 */
export function drawOrder(groups: number, random: () => number): string {
  return Array.from({ length: groups }, () => GROUPS[random() < 0.5 ? 0 : 1]).join('');
}

/**
 * How long until a build has the load.
 * @returns ms; 0: it has it now; infinity: never again
 */
export function waitForBlock_ms({ start_ms, length_ms, order, side }: SideBlocks, now_ms: number): number {
  const current = Math.max(0, Math.floor((now_ms - start_ms) / length_ms));
  const next = order.indexOf(side, current);
  return next < 0 ? Number.POSITIVE_INFINITY : Math.max(0, start_ms + next * length_ms - now_ms);
}
