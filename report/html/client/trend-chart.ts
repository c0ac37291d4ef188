/** A metric run by run, with what was expected of each and where the level has shifted. */
import type uPlot from 'uplot';
import { metricBand, metricLabel, metricValue } from '../../../contract/metric-text.ts';
import type { TrendMetric } from '../../../contract/metrics.ts';
import type { HistoryRun } from '../input.ts';
import { moment } from '../parts.ts';
import { shiftText } from '../trend.ts';
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

const HEIGHT = 190;
const SYNC = 'trend';
/** Pixels that a moment such as "11-24 22:43" needs. */
const MOMENT_WIDTH = 110;
/** So that a history without an error is a line at the bottom of 0 to 1 %, not of nothing. */
const LEAST_HEIGHT: Readonly<Record<TrendMetric, number>> = { p95_ms: 1, throughput_rps: 1, error_rate: 0.01 };
/** Room for the words at shifts above the highest value. */
const HEADROOM = 1.3;
/** Places in the list of series, for the band between two of them. */
const LOW = 1;
const HIGH = 2;
/** Of a series without an entry in the legend (page.css). */
const UNNAMED = 'series-unnamed';

/** One run a place, at equal distances: two runs of an hour count as much as two of a month. @param current is ringed */
export function trendChart(metric: TrendMetric, history: readonly HistoryRun[], current: string | null): Drawing {
  const write = (value: number) => metricValue(metric, value);
  const expected = (field: 'low' | 'high' | 'baseline') => history.map((run) => run.expected[metric]?.[field] ?? null);
  const banded = history.some((run) => run.expected[metric]);
  return {
    height: HEIGHT,
    data: [
      history.map((_, index) => index),
      expected('low'),
      expected('high'),
      expected('baseline'),
      history.map((run) => run.values[metric]),
    ] as uPlot.AlignedData,
    options: (theme) => ({
      scales: {
        x: { time: false, range: (_, min, max) => [min - 0.5, max + 0.5] },
        y: { range: fromZero(LEAST_HEIGHT[metric], HEADROOM) },
      },
      axes: [
        bottomAxis(theme, {
          incrs: [1, 2, 5, 10, 20, 50],
          space: MOMENT_WIDTH,
          values: (_, splits) => splits.map((place) => momentOf(history[place])),
          grid: { show: false },
        }),
        valueAxis(theme, write),
      ],
      padding: padding(RIGHT_WIDTH),
      legend: LEGEND,
      cursor: cursor(SYNC),
      bands: [{ series: [HIGH, LOW], fill: theme.band }],
      series: [
        { label: 'run of', value: reading((place) => moment(history[place]?.started ?? '')) },
        // The band: its one entry in the legend says both of its edges.
        line('usual', 'transparent', write, {
          class: banded ? 'series-band' : UNNAMED,
          points: { show: false },
          value: reading((low, place) => metricBand(metric, low, history[place]?.expected[metric]?.high ?? null)),
        }),
        line('', 'transparent', write, { class: UNNAMED, points: { show: false } }),
        line('baseline', theme.muted, write, {
          dash: DASHED,
          width: 1.25,
          points: { show: false },
          ...(banded ? {} : { class: UNNAMED }),
        }),
        line(metricLabel(metric), theme.series[1], write, {
          width: 2,
          spanGaps: true,
          points: { show: true, size: 6 },
        }),
      ],
      hooks: {
        draw: [
          (plot) => {
            history.forEach((run, index) => {
              const shift = run.shifts[metric];
              if (shift) markAt(plot, index - 0.5, `shift ${shiftText(shift)}`, theme.limit);
              if (run.testid === current) ring(plot, index, run.values[metric], theme.series[1]);
            });
          },
        ],
      },
    }),
  };
}

/** Without the year: the text and the legend have it. */
function momentOf(run: HistoryRun | undefined): string {
  return run ? run.started.slice(5, 16).replace('T', ' ') : '';
}

/** Around the run that the page is about. */
function ring(plot: uPlot, place: number, value: number | null, color: string): void {
  if (value === null) return;
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  ctx.arc(plot.valToPos(place, 'x', true), plot.valToPos(value, 'y', true), 7 * devicePixelRatio, 0, 2 * Math.PI);
  ctx.stroke();
  ctx.restore();
}
