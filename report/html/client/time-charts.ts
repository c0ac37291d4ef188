/** A run from its first to its last second. */
import type uPlot from 'uplot';
import { count, ms, number } from '../../../contract/format.ts';
import type { Shade, TimeMark } from '../data.ts';
import type { OverTime, Step } from '../input.ts';
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

const LATENCY_HEIGHT = 300;
const LOAD_HEIGHT = 200;
/** Beyond this multiple of what was measured the limit's line would press everything else flat. */
const LIMIT_WITHIN = 2.5;

/** A point stands at the start of its step. */
export function latencyChart(
  { steps }: OverTime,
  limit_ms: number | null,
  shades: readonly Shade[],
  symptom: readonly TimeMark[],
  end_s: number | null,
): Drawing {
  const column = (field: 'p50_ms' | 'p95_ms' | 'p99_ms') => [...steps.map((step) => step[field]), ...open(end_s)];
  const highest = Math.max(0, ...steps.map(({ p99_ms }) => p99_ms ?? 0));
  const shown = limit_ms !== null && limit_ms <= highest * LIMIT_WITHIN;
  const at = timesOf(steps, end_s);
  return {
    height: LATENCY_HEIGHT,
    data: [
      at,
      column('p50_ms'),
      column('p95_ms'),
      column('p99_ms'),
      ...(shown ? [at.map(() => limit_ms)] : []),
    ] as uPlot.AlignedData,
    options: (theme) => ({
      scales: { x: { time: false }, y: { range: fromZero(1) } },
      padding: padding(RIGHT_WIDTH),
      axes: [timeAxis(theme), valueAxis(theme, ms)],
      legend: LEGEND,
      cursor: cursor(SYNC),
      hooks: { ...shading(shades, theme), ...marking(symptom, theme.bad, shades.length > 0 ? 1 : 0) },
      series: [
        TIME_SERIES,
        line('p50', theme.series[0], ms),
        line('p95', theme.series[1], ms, { width: 2.5 }),
        line('p99', theme.series[2], ms, { dash: DOTTED }),
        ...(shown ? [line('limit of p95', theme.limit, ms, { dash: DASHED, points: { show: false } })] : []),
      ],
    }),
  };
}

/** Charts of telemetry below have samples up to the end of the last step: then this axis has them too. */
function timesOf(steps: readonly Step[], end_s: number | null): number[] {
  return [...steps.map(({ at_s }) => at_s), ...(end_s === null ? [] : [end_s])];
}

/** No value at the end of the axis. */
function open(end_s: number | null): null[] {
  return end_s === null ? [] : [null];
}

/** Requests and failures a second on the left, users on the right. */
export function loadChart({ steps }: OverTime, shades: readonly Shade[], end_s: number | null): Drawing {
  const column = (field: keyof Step) => [...steps.map((step) => step[field]), ...open(end_s)];
  const failures = steps.some(({ failed_rps }) => failed_rps > 0);
  const rate = (value: number) => `${number(value)}/s`;
  return {
    height: LOAD_HEIGHT,
    data: [
      timesOf(steps, end_s),
      column('users'),
      column('throughput_rps'),
      ...(failures ? [column('failed_rps')] : []),
    ] as uPlot.AlignedData,
    options: (theme) => ({
      scales: { x: { time: false }, y: { range: fromZero(1) }, users: { range: fromZero(1) } },
      padding: padding(0),
      axes: [
        timeAxis(theme),
        valueAxis(theme, rate),
        valueAxis(theme, count, {
          scale: 'users',
          side: 1,
          size: RIGHT_WIDTH,
          grid: { show: false },
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500],
        }),
      ],
      legend: LEGEND,
      cursor: cursor(SYNC),
      // The chart above names them; here the users' line is where the words would be.
      hooks: shading(
        shades.map((it) => ({ ...it, label: '' })),
        theme,
      ),
      series: [
        TIME_SERIES,
        line('users', theme.muted, count, { scale: 'users', fill: theme.band, dash: DOTTED, points: { show: false } }),
        line('requests', theme.series[0], rate),
        ...(failures ? [line('failed', theme.bad, rate, { dash: DASHED })] : []),
      ],
    }),
  };
}
