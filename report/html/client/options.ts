/** What all charts have in common. */
import type uPlot from 'uplot';
import type { Shade, TimeMark } from '../data.ts';
import { clock } from '../parts.ts';
import type { Theme } from './theme.ts';

const FONT = '12px system-ui, sans-serif';
const AXIS_WIDTH = 64;
const BOTTOM_HEIGHT = 30;
/** Of an axis on the right, or of the room that is left for one in a chart above. */
export const RIGHT_WIDTH = 46;
const AIR = 10;

/** Around the axes: above, right, below, left. */
export function padding(right: number): [number, number, number, number] {
  return [AIR, right, 0, 0];
}

function axis(theme: Theme, more: uPlot.Axis = {}): uPlot.Axis {
  return {
    stroke: theme.muted,
    font: FONT,
    grid: { stroke: theme.line, width: 1 },
    ticks: { stroke: theme.line, width: 1, size: 4 },
    ...more,
  };
}

/** The one below: no higher than its figures. */
export function bottomAxis(theme: Theme, more: uPlot.Axis): uPlot.Axis {
  return axis(theme, { size: BOTTOM_HEIGHT, ...more });
}

/** Steps of a clock, in seconds. */
const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/** The one below, in minutes and seconds since the begin. */
export function timeAxis(theme: Theme): uPlot.Axis {
  return bottomAxis(theme, { incrs: CLOCK_STEPS, values: (_, splits) => splits.map(clock) });
}

/** The one on the left, wide enough for its unit, so that charts below one another line up. */
export function valueAxis(theme: Theme, write: (value: number) => string, more: uPlot.Axis = {}): uPlot.Axis {
  return axis(theme, { size: AXIS_WIDTH, values: (_, splits) => splits.map(write), ...more });
}

/** What the legend says of a series: nothing while the cursor is elsewhere. */
export function reading(write: (value: number, place: number) => string): NonNullable<uPlot.Series['value']> {
  return (_plot, value: number | null, _series, place: number | null) => {
    if (place === null || place === undefined) return '';
    return value === null || value === undefined ? '–' : write(value, place);
  };
}

/** What the legend says of the place on the time axis. */
export const TIME_SERIES: uPlot.Series = { label: 'at', value: reading(clock) };

/** A line, with its value in the legend. */
export function line(
  label: string,
  stroke: string,
  write: (value: number) => string,
  more: uPlot.Series = {},
): uPlot.Series {
  return {
    label,
    stroke,
    width: 1.75,
    value: reading(write),
    points: { size: 5 },
    ...more,
  };
}

export const DASHED = [7, 4];
export const DOTTED = [2, 3];

/** From 0, with air above, and never nothing. @param headroom what the scale's end is of the highest value */
export function fromZero(least: number, headroom = 1.08): uPlot.Scale.Range {
  return (_plot, _min, max) => [0, Math.max(max * headroom, least)];
}

/** Lines as they are drawn, never filled squares. */
export const LEGEND: uPlot.Legend = { markers: { fill: () => '' } };

/** Charts over the time of the run have one cursor. */
export const SYNC = 'run';

/** A chart that is read, not edited: dragging chooses a stretch of the x axis, a double click shows all again. */
export function cursor(sync?: string): uPlot.Cursor {
  return { drag: { x: true, y: false }, points: { size: 7 }, ...(sync ? { sync: { key: sync } } : {}) };
}

/** A vertical line at a value of the x axis, with a word at its top. */
export function markAt(plot: uPlot, at: number, word: string, color: string, level = 0): void {
  const { ctx, bbox } = plot;
  const scale = plot.scales.x;
  if (scale?.min === undefined || scale.max === undefined || at < scale.min || at > scale.max) return;
  const ratio = devicePixelRatio;
  const x = Math.round(plot.valToPos(at, 'x', true)) + 0.5;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = 'top';
  const right = x + ctx.measureText(word).width + 8 * ratio > bbox.left + bbox.width;
  ctx.textAlign = right ? 'right' : 'left';
  ctx.fillText(word, x + (right ? -4 : 4) * ratio, bbox.top + (2 + level * 15) * ratio);
  ctx.restore();
}

/** The word stands in a stretch that has room for it. */
function shade(plot: uPlot, { label, from_s, to_s }: Shade, theme: Theme): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const place = (at: number) => Math.min(Math.max(plot.valToPos(at, 'x', true), bbox.left), bbox.left + bbox.width);
  const [left, right] = [place(from_s), place(to_s)];
  ctx.save();
  ctx.fillStyle = theme.shade;
  ctx.fillRect(left, bbox.top, right - left, bbox.height);
  ctx.fillStyle = theme.muted;
  ctx.font = `${12 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = 'top';
  ctx.textAlign = 'center';
  const has_room = ctx.measureText(label).width + 8 * ratio < right - left;
  if (has_room) ctx.fillText(label, (left + right) / 2, bbox.top + 2 * ratio);
  ctx.restore();
}

/** Moments of the time axis, above all lines. @param above lines of words that the chart has at its top already */
export function marking(marks: readonly TimeMark[], color: string, above = 0): uPlot.Hooks.Arrays {
  return {
    draw: [
      (plot) => {
        let level = above;
        for (const { label, at_s } of marks) markAt(plot, at_s, label, color, label === '' ? 0 : level++);
      },
    ],
  };
}

/** Stretches of the time axis with another background, below all lines. */
export function shading(shades: readonly Shade[], theme: Theme): uPlot.Hooks.Arrays {
  return {
    drawClear: [
      (plot) => {
        for (const it of shades) shade(plot, it, theme);
      },
    ],
  };
}
