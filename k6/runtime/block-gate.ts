import { sleep } from 'k6';
import exec from 'k6/execution';
import { type SideBlocks, waitForBlock_ms } from '../../profiles/blocks.ts';

const MS_PER_S = 1_000;
/** The blocks are over: the runner ends k6. */
const FOREVER_S = 3_600;

/** Keeps a VU to the blocks of its build (`loadstar ab`). */
export interface BlockGate {
  /** Waits until the build has the load. In setup and teardown it does not wait. */
  pass(): void;
  /** Whether the other build has the load. */
  isClosed(): boolean;
}

/** Without blocks it is always open. */
export const OPEN_GATE: BlockGate = { pass() {}, isClosed: () => false };

/** @param spread in [0, 1): VUs that have waited do not begin all at once */
export function blockGate(blocks: SideBlocks, spread: () => number = Math.random): BlockGate {
  const wait_ms = () => (exec.vu.idInTest > 0 ? waitForBlock_ms(blocks, Date.now()) : 0);
  return {
    pass() {
      const ms = wait_ms();
      if (ms === 0) return;
      const spread_ms = (spread() * blocks.discarded_ms) / 2;
      sleep(Number.isFinite(ms) ? (ms + spread_ms) / MS_PER_S : FOREVER_S);
    },
    isClosed: () => wait_ms() > 0,
  };
}
