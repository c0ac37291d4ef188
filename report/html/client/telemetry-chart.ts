/** Series of one component of the target, with their limits, below the latencies of the run. */
import type uPlot from 'uplot';
import { telemetryValue } from '../../../contract/telemetry-text.ts';
import type { Shade, TelemetryChart, TimeMark } from '../data.ts';
import type { Drawing } from './mount.ts';
import {
  cursor,
  DASHED,
  DOTTED,
  fromZero,
  LEGEND,
  line,
  marking,
  padding,
  RIGHT_WIDTH,
  SYNC,
  shading,
  TIME_SERIES,
  timeAxis,
  valueAxis,
} from './options.ts';

const HEIGHT = 150;
/** Beyond this multiple of what was measured the limit's line would press everything else flat; the caption has it. */
const LIMIT_WITHIN = 4;
/** Of an axis of bytes, so that its figures are round: 1 KiB, 2 KiB, … */
const BYTE_STEPS = Array.from({ length: 41 }, (_, power) => 2 ** power);
/** Samples come at intervals that vary a little. Where so many are missing, the line has a gap. */
const MISSED = 2.5;

/** @param end_s end of the axis that all charts over time share */
export function telemetryChart(
  chart: TelemetryChart,
  end_s: number,
  shades: readonly Shade[],
  symptom: readonly TimeMark[],
): Drawing {
  const write = (value: number) => telemetryValue(chart.unit, value);
  const highest = Math.max(0, ...chart.lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const limits = distinctLimits(chart).filter(
    (limit) => Math.max(...limit.map((it) => it ?? 0)) <= highest * LIMIT_WITHIN,
  );
  const gaps = onlyLongGaps(chart.at_s);
  // Ends without a value: the axis is that of the latencies.
  const padded = (values: readonly (number | null)[]) => [null, ...values, null];
  return {
    height: HEIGHT,
    data: [
      [0, ...chart.at_s, end_s],
      ...chart.lines.map(({ values }) => padded(values)),
      ...limits.map(padded),
    ] as uPlot.AlignedData,
    options: (theme) => ({
      scales: { x: { time: false }, y: { range: fromZero(Number.MIN_VALUE) } },
      padding: padding(RIGHT_WIDTH),
      axes: [timeAxis(theme), valueAxis(theme, write, chart.unit === 'bytes' ? { incrs: BYTE_STEPS } : {})],
      legend: LEGEND,
      cursor: cursor(SYNC),
      hooks: {
        ...shading(
          shades.map((it) => ({ ...it, label: '' })),
          theme,
        ),
        // The chart of latencies names the symptom.
        ...marking([...symptom.map((it) => ({ ...it, label: '' })), ...chart.marks], theme.bad),
      },
      series: [
        TIME_SERIES,
        ...chart.lines.map(({ label }, place) =>
          line(label, theme.series[place % theme.series.length] ?? theme.text, write, {
            gaps,
            points: { show: false },
            ...(place < theme.series.length ? {} : { dash: DOTTED }),
          }),
        ),
        ...limits.map(() => line('limit', theme.limit, write, { dash: DASHED, gaps, points: { show: false } })),
      ],
    }),
  };
}

/** Replicas have the same limit: it is drawn once. */
function distinctLimits({ lines }: TelemetryChart): (readonly (number | null)[])[] {
  const found = new Map(
    lines.flatMap(({ limits }) => (limits ? [[JSON.stringify(limits), [...limits]] as const] : [])),
  );
  return [...found.values()];
}

/** The series of a chart need not have their samples at the same moments: what lies between is no gap. */
function onlyLongGaps(at_s: readonly number[]): uPlot.Series.GapsRefiner {
  const steps = at_s.slice(1).map((at, place) => at - (at_s[place] ?? 0));
  const usual = steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 1;
  return (plot, _series, _from, _to, gaps) =>
    gaps.filter(([from, to]) => plot.posToVal(to, 'x', true) - plot.posToVal(from, 'x', true) > MISSED * usual);
}
