/** Base and head, pair by pair of blocks. */
import type uPlot from 'uplot';
import { ms, percent, signed } from '../../../contract/format.ts';
import type { AbComparison } from '../../../contract/results.ts';
import { pairChange } from '../ab-section.ts';
import type { Drawing } from './mount.ts';
import {
  cursor,
  DASHED,
  DOTTED,
  fromZero,
  LEGEND,
  line,
  padding,
  RIGHT_WIDTH,
  TIME_SERIES,
  timeAxis,
  valueAxis,
} from './options.ts';

const HEIGHT = 220;
const SYNC = 'ab';
/** Air above and below the highest and the lowest change. */
const AIR = 1.15;
/** Places in the list of series, for the band between two of them. */
const LOW = 1;
const HIGH = 2;
/** Of a series without an entry in the legend (page.css). */
const UNNAMED = 'series-unnamed';

const change = (value: number) => signed(value, percent);

/** A dot a pair around zero, with the interval of them all. */
export function abChangeChart({ pairs, low, high, change: found }: AbComparison, least_change: number): Drawing {
  const level = (value: number | null) => pairs.map(() => value);
  return {
    height: HEIGHT,
    data: [
      pairs.map(({ at_s }) => at_s),
      level(low),
      level(high),
      level(-least_change),
      level(least_change),
      level(0),
      level(found),
      pairs.map(pairChange),
    ] as uPlot.AlignedData,
    options: (theme) => {
      const silent = { class: UNNAMED, points: { show: false } };
      return {
        scales: { x: { time: false }, y: { range: aroundZero } },
        padding: padding(RIGHT_WIDTH),
        axes: [timeAxis(theme), valueAxis(theme, change)],
        legend: LEGEND,
        cursor: cursor(SYNC),
        bands: [{ series: [HIGH, LOW], fill: theme.band }],
        series: [
          TIME_SERIES,
          line('', 'transparent', change, silent),
          line('', 'transparent', change, silent),
          line('', theme.muted, change, { ...silent, dash: DOTTED, width: 1 }),
          line('', theme.muted, change, { ...silent, dash: DOTTED, width: 1 }),
          line('', theme.text, change, { ...silent, width: 1 }),
          line('of all', theme.series[1], change, { dash: DASHED, points: { show: false } }),
          line('of the pair', theme.series[0], change, {
            width: 0,
            paths: () => null,
            points: { show: true, size: 7, fill: theme.series[0] },
          }),
        ],
      };
    },
  };
}

/** Zero stays in sight, and equal changes are equal distances. */
const aroundZero: uPlot.Scale.Range = (_plot, min, max) => [Math.min(min * AIR, -0.01), Math.max(max * AIR, 0.01)];

export function abLevelChart({ pairs }: AbComparison): Drawing {
  return {
    height: HEIGHT,
    data: [
      pairs.map(({ at_s }) => at_s),
      pairs.map(({ base_ms }) => base_ms),
      pairs.map(({ head_ms }) => head_ms),
    ] as uPlot.AlignedData,
    options: (theme) => ({
      scales: { x: { time: false }, y: { range: fromZero(1) } },
      padding: padding(RIGHT_WIDTH),
      axes: [timeAxis(theme), valueAxis(theme, ms)],
      legend: LEGEND,
      cursor: cursor(SYNC),
      series: [
        TIME_SERIES,
        line('base', theme.series[0], ms, { points: { show: true, size: 5 } }),
        line('head', theme.series[1], ms, { dash: DASHED, points: { show: true, size: 5 } }),
      ],
    }),
  };
}
