/** A fixed number of hostile inputs for every reader; `node --import tsx tests/fuzz/campaign.ts` tries more of them. */
import { expect, it } from 'vitest';
import { fuzz } from './run.ts';
import { FUZZ_TARGETS } from './targets.ts';

const RUNS = 150;
/** The same inputs each time: a test that fails now and then is believed by nobody. */
const SEED = 20_261_125;

it.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))(
  `%s: ${RUNS} hostile inputs of seed ${SEED}`,
  async (_, target) => {
    const { fault, tried } = await fuzz(target, RUNS, SEED);
    expect(fault).toBeNull();
    expect(tried).toBe(RUNS);
  },
  120_000,
);
