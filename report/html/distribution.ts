/** Histograms as bars on a logarithmic axis. */
import { GAMMA, type Histogram } from '../../contract/histogram.ts';
import { HISTOGRAM } from '../../contract/live-schema.ts';

const { positive_prefix, zero_field } = HISTOGRAM;
/** More bars than this are hairs, fewer steps. */
const MOST_BARS = 60;

/** Counts of neighbouring buckets, `width` buckets a bar; the first bar begins at bucket `first`, a multiple of `width`. */
export interface Bars {
  readonly first: number;
  readonly width: number;
  readonly counts: readonly number[];
}

/**
 * Latencies are positive: zeros go into the lowest bar, negative ones do not exist.
 * @param counts of the histogram, by bucket; @param width buckets a bar; left out, as many as make a readable picture
 * @returns null for an empty histogram
 */
export function barsOf(counts: Histogram['counts'], width?: number): Bars | null {
  const buckets = Object.entries(counts).filter(([field, count]) => count > 0 && field.startsWith(positive_prefix));
  const indexes = buckets.map(([field]) => Number(field.slice(positive_prefix.length)));
  if (indexes.length === 0) return null;
  const [lowest, highest] = [Math.min(...indexes), Math.max(...indexes)];
  const step = width ?? Math.ceil((highest - lowest + 1) / MOST_BARS);
  const first = Math.floor(lowest / step) * step;
  const bars = new Array<number>(Math.floor((highest - first) / step) + 1).fill(0);
  buckets.forEach(([, count], place) => {
    const bar = Math.floor(((indexes[place] as number) - first) / step);
    bars[bar] = (bars[bar] as number) + count;
  });
  bars[0] = (bars[0] as number) + (counts[zero_field] ?? 0);
  return { first, width: step, counts: bars };
}

/** The same on wider bars. */
export function widened(bars: Bars, factor: number): Bars {
  const width = bars.width * factor;
  const first = Math.floor(bars.first / width) * width;
  const counts: number[] = [];
  bars.counts.forEach((count, place) => {
    const bar = Math.floor((bars.first + place * bars.width - first) / width);
    while (counts.length <= bar) counts.push(0);
    counts[bar] = (counts[bar] as number) + count;
  });
  return { first, width, counts };
}

/** Lower edge of a bar in ms; that of the bar after the last is the upper edge of all. */
export function edge_ms(bars: Bars, place: number): number {
  return GAMMA ** (bars.first + place * bars.width);
}

/** The factor that brings several to a readable number of bars. */
export function readableFactor(several: readonly Bars[]): number {
  const from = Math.min(...several.map(({ first }) => first));
  const to = Math.max(...several.map(({ first, width, counts }) => first + width * counts.length));
  const width = several[0]?.width ?? 1;
  return Math.max(1, Math.ceil((to - from) / width / MOST_BARS));
}
