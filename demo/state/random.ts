/** Seeded randomness: the same seed gives the same demo. */
export type Random = () => number;

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, good enough for latencies. @returns values in [0, 1) */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal, by Box and Muller (1958). */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

/**
 * Service times of servers are skewed to the right: log-normal.
 * @param median_ms half of the draws are below; @param sigma spread: p95 = median · e^(1.645·sigma)
 */
export function logNormal_ms(random: Random, median_ms: number, sigma: number): number {
  return median_ms * Math.exp(sigma * normal(random));
}
