import { sleep } from 'k6';

/** A pause as people make it: evenly spread around the middle, so that users do not walk in step. @param middle_s seconds */
export function think(middle_s: number): void {
  sleep(middle_s * (0.5 + Math.random()));
}
