/** Latencies on a logarithmic axis: of one run, or of several over one another. */
import uPlot from 'uplot';
import { ms, percent } from '../../../contract/format.ts';
import type { Mark } from '../data.ts';
import { type Bars, edge_ms, readableFactor, widened } from '../distribution.ts';
import type { Drawing } from './mount.ts';
import {
  bottomAxis,
  cursor,
  DASHED,
  fromZero,
  LEGEND,
  line,
  markAt,
  padding,
  RIGHT_WIDTH,
  reading,
  valueAxis,
} from './options.ts';

const HEIGHT = 260;
/** Where a logarithmic axis may have its figures, within a power of ten; finer where a range is short. */
const MANTISSAS = [
  [1],
  [1, 2, 5],
  [1, 1.5, 2, 3, 4, 5, 6, 8],
  [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9],
];
const LEAST_FIGURES = 4;
/** Pixels that a figure such as "1,500 ms" needs. */
const FIGURE_WIDTH = 64;
/** Below this width words at the marks leave their figures to the text. */
const NARROW = 560;
/** How see-through the area below a line is, as the last byte of a colour. */
const AREA_ALPHA = '33';

export interface Distribution {
  readonly label: string;
  readonly bars: Bars;
}

/** The height is the share of a run's requests in each bar, so that runs of different length compare. */
export function distributionChart(
  several: readonly Distribution[],
  marks: readonly Mark[],
  limit_ms: number | null,
): Drawing {
  const factor = readableFactor(several.map(({ bars }) => bars));
  const widened_bars = several.map(({ bars }) => widened(bars, factor));
  const x = edgesOf(widened_bars);
  const columns = widened_bars.map((bars) => sharesAt(bars, x));
  return {
    height: HEIGHT,
    data: [x.map(({ log }) => log), ...columns] as uPlot.AlignedData,
    options: (theme) => ({
      scales: { x: { time: false, range: (_, min, max) => [min, max] }, y: { range: fromZero(0.01) } },
      axes: [
        bottomAxis(theme, {
          splits: (plot, _, min, max) => figuresBetween(min, max, plot.width / FIGURE_WIDTH),
          values: (_, splits) => splits.map((log) => ms(Number((10 ** log).toPrecision(3)))),
        }),
        valueAxis(theme, percent),
      ],
      padding: padding(RIGHT_WIDTH),
      legend: LEGEND,
      cursor: cursor(),
      series: [
        { label: 'from', value: reading((log) => ms(10 ** log)) },
        ...several.map(({ label }, index) => {
          const stroke = theme.series[index] ?? theme.text;
          const paths = uPlot.paths.stepped?.({ align: 1 });
          return line(label, stroke, percent, {
            ...(paths ? { paths } : {}),
            fill: stroke + AREA_ALPHA,
            points: { show: false },
            ...(index > 0 ? { dash: DASHED } : {}),
          });
        }),
      ],
      hooks: {
        draw: [
          (plot) => {
            const word = (label: string, at_ms: number) => (plot.width < NARROW ? label : `${label} ${ms(at_ms)}`);
            marks.forEach(({ label, at_ms }, index) => {
              markAt(plot, Math.log10(at_ms), word(label, at_ms), theme.text, index);
            });
            if (limit_ms !== null) {
              markAt(plot, Math.log10(limit_ms), word('limit', limit_ms), theme.limit, marks.length);
            }
          },
        ],
      },
    }),
  };
}

interface Edge {
  readonly bucket: number;
  readonly log: number;
}

/** Edges of all bars of all runs, and one beyond the last, where every line comes down to 0. */
function edgesOf(several: readonly Bars[]): Edge[] {
  const width = several[0]?.width ?? 1;
  const from = Math.min(...several.map(({ first }) => first));
  const to = Math.max(...several.map(({ first, counts }) => first + width * counts.length));
  const places = Array.from({ length: (to - from) / width + 1 }, (_, place) => from + place * width);
  return places.map((bucket) => ({ bucket, log: Math.log10(edge_ms({ first: bucket, width, counts: [] }, 0)) }));
}

function sharesAt({ first, width, counts }: Bars, edges: readonly Edge[]): number[] {
  const total = counts.reduce((sum, samples) => sum + samples, 0);
  return edges.map(({ bucket }) => (counts[(bucket - first) / width] ?? 0) / total);
}

function figuresBetween(min: number, max: number, most: number): number[] {
  const found = MANTISSAS.map((mantissas) => {
    const logs: number[] = [];
    for (let power = Math.floor(min); power <= Math.ceil(max); power += 1) {
      for (const mantissa of mantissas) logs.push(power + Math.log10(mantissa));
    }
    return logs.filter((log) => log >= min && log <= max);
  });
  const fitting = found.filter(({ length }) => length <= most);
  return fitting.find(({ length }) => length >= LEAST_FIGURES) ?? fitting.at(-1) ?? [];
}
