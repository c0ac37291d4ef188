/** The target's own series in the report: which are charted, and their figures for readers without the script. */
import type { Cause, Causes } from '../../contract/causes.ts';
import { count } from '../../contract/format.ts';
import { metricLabel } from '../../contract/metric-text.ts';
import type { TelemetryPoint, TelemetrySeries } from '../../contract/telemetry.ts';
import { telemetryName, telemetryValue } from '../../contract/telemetry-text.ts';
import type { Telemetry } from '../../influxdb/telemetry.ts';
import type { TelemetryChart, TimeMark } from './data.ts';
import { html, type Markup } from './html.ts';
import type { OverTime } from './input.ts';
import { type Cell, chart, clock, figure, maybe, table, text } from './parts.ts';

const MS_PER_S = 1_000;
/** More lines in a chart cannot be told apart. */
const MOST_LINES = 6;
/** Of the whole page, so that it stays small: a line has up to 300 points. */
const MOST_CHARTED = 60;
/** A series whose values all lie within this share of the largest has not moved. */
const STEADY_WITHIN = 0.02;
/** A series so near its limit is charted although it does not move. */
const NEAR_LIMIT = 0.95;
/** Digits that a chart can show. */
const DIGITS = 4;

/** Series of one component and unit, on the time axis of the run. */
interface Group {
  readonly component: string;
  readonly charted: readonly TelemetrySeries[];
  /** With those that are not charted. */
  readonly all: readonly TelemetrySeries[];
}

export interface TelemetryView {
  readonly groups: readonly Group[];
  /** Not charted: they did not move. */
  readonly steady: readonly TelemetrySeries[];
  readonly left_out: number;
}

/** Seconds on the axis of the charts at which the last step of the run ends. */
export function endOf({ steps, step_s }: OverTime): number {
  return (steps.at(-1)?.at_s ?? 0) + step_s;
}

/** Components with a cause come first, in the order of the causes. */
export function viewOf(
  telemetry: Telemetry | null,
  over_time: OverTime | null,
  causes: Causes | undefined,
): TelemetryView | null {
  if (!telemetry || !over_time) return null;
  const series = telemetry.series.flatMap((one) => duringRun(one, over_time));
  if (series.length === 0) return null;
  const steady = series.filter((one) => !isWorthAChart(one));
  const ranked = causes?.ranked ?? [];
  const rank = (one: TelemetrySeries) => rankOf(ranked, ({ component }) => component === one.component);
  const moving = series.filter(isWorthAChart);
  const by_group = new Map<string, TelemetrySeries[]>();
  for (const one of [...moving].sort((a, b) => rank(a) - rank(b))) {
    const key = JSON.stringify([one.component, one.unit]);
    by_group.set(key, [...(by_group.get(key) ?? []), one]);
  }
  let room = MOST_CHARTED;
  const groups = [...by_group.values()].map((all): Group => {
    const own_rank = (one: TelemetrySeries) => rankOf(ranked, (cause) => isOf(cause, one));
    const charted = [...all]
      .sort((a, b) => own_rank(a) - own_rank(b) || movement(b) - movement(a))
      .slice(0, Math.min(MOST_LINES, room));
    room -= charted.length;
    return { component: all[0]?.component ?? '', charted: all.filter((one) => charted.includes(one)), all };
  });
  return { groups, steady, left_out: telemetry.left_out };
}

function rankOf(ranked: readonly Cause[], matches: (cause: Cause) => boolean): number {
  const place = ranked.findIndex(matches);
  return place < 0 ? ranked.length : place;
}

function isOf(cause: Cause, { component, series, instance }: TelemetrySeries): boolean {
  return cause.component === component && cause.series === series && cause.instance === instance;
}

function duringRun(one: TelemetrySeries, over_time: OverTime): TelemetrySeries[] {
  const from_ms = Date.parse(over_time.began);
  const to_ms = from_ms + endOf(over_time) * MS_PER_S;
  const points = one.points.filter(({ at_ms }) => at_ms >= from_ms && at_ms <= to_ms);
  return points.length > 0 ? [{ ...one, points }] : [];
}

function isWorthAChart(one: TelemetrySeries): boolean {
  return (
    movement(one) > STEADY_WITHIN ||
    one.points.some(({ value, limit }) => limit !== null && value >= limit * NEAR_LIMIT)
  );
}

/** From the lowest to the highest value, as a share of the largest. */
function movement({ points }: TelemetrySeries): number {
  const { lowest, highest } = extremes(points);
  const largest = Math.max(Math.abs(lowest), Math.abs(highest));
  return largest === 0 ? 0 : (highest - lowest) / largest;
}

function extremes(points: TelemetrySeries['points']): { readonly lowest: number; readonly highest: number } {
  return points.reduce(
    ({ lowest, highest }, { value }) => ({ lowest: Math.min(lowest, value), highest: Math.max(highest, value) }),
    { lowest: Number.POSITIVE_INFINITY, highest: Number.NEGATIVE_INFINITY },
  );
}

/** What the script draws. */
export function telemetryCharts(
  view: TelemetryView | null,
  over_time: OverTime | null,
  causes: Causes | undefined,
): TelemetryChart[] {
  if (!view || !over_time) return [];
  return view.groups.flatMap(({ charted }, place) => {
    const [first] = charted;
    if (!first) return [];
    const at_s = (at_ms: number) => (at_ms - Date.parse(over_time.began)) / MS_PER_S;
    const times = [...new Set(charted.flatMap(({ points }) => points.map(({ at_ms }) => at_ms)))].sort((a, b) => a - b);
    return [
      {
        id: chartId(place),
        unit: first.unit,
        at_s: times.map(at_s),
        lines: charted.map((one) => {
          const by_time = new Map(one.points.map((point) => [point.at_ms, point]));
          const column = (field: 'value' | 'limit') => times.map((time) => rounded(by_time.get(time)?.[field] ?? null));
          const limits = column('limit');
          return {
            label: telemetryName(one),
            values: column('value'),
            limits: limits.some((limit) => limit !== null) ? limits : null,
          };
        }),
        marks: marksOf(charted, over_time, causes),
      },
    ];
  });
}

function chartId(place: number): string {
  return `telemetry-${place}`;
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(DIGITS));
}

/** Where the causes among these series begin; the number is that of the list of causes. */
function marksOf(series: readonly TelemetrySeries[], over_time: OverTime, causes: Causes | undefined): TimeMark[] {
  return (causes?.ranked ?? []).flatMap((cause, place) =>
    series.some((one) => isOf(cause, one)) ? [{ label: `cause ${place + 1}`, at_s: since(over_time, cause.at) }] : [],
  );
}

/** When what the causes are of began. */
export function symptomMarks(over_time: OverTime | null, causes: Causes | undefined): TimeMark[] {
  if (!over_time || !causes) return [];
  const { kind, metric, at } = causes.symptom;
  const what = kind === 'regression' ? 'is worse' : 'fails';
  return [{ label: `${metricLabel(metric)} ${what}`, at_s: since(over_time, at) }];
}

function since({ began }: OverTime, at: string): number {
  return Math.max(0, (Date.parse(at) - Date.parse(began)) / MS_PER_S);
}

/** null: a run without telemetry has no section. */
export function telemetrySection(view: TelemetryView | null, over_time: OverTime | null): Markup | null {
  if (!view || !over_time) return null;
  const { steady, left_out } = view;
  return html`<p>What the target itself measured, on the time axis of the latencies above. In long runs, a point is the mean of several samples.${left_out > 0 && ` ${count(left_out)} more series were not read.`}</p>
${view.groups.map((group, place) => groupFigure(group, place, over_time))}
${steady.length > 0 && html`<details><summary>${count(steady.length)} series that did not move</summary>${seriesTable('They kept their level for the whole run', steady, over_time, true)}</details>`}`;
}

function groupFigure({ component, charted, all }: Group, place: number, over_time: OverTime): Markup {
  const more = all.length - charted.length;
  const sentences = charted.slice(0, MOST_LINES / 2).map((one) => sentenceOf(one, over_time));
  const summary = `${sentences.join('; ')}.${more > 0 ? ` ${count(more)} more series are in the table.` : ''}`;
  const figures = seriesTable(`Series of ${component}`, all, over_time, false);
  if (charted.length === 0) {
    return html`<details><summary>${component}: ${count(all.length)} more series</summary>${figures}</details>`;
  }
  return chart({
    id: chartId(place),
    summary: `${component}: ${summary}`,
    caption: html`<strong>${component}.</strong> ${summary}`,
    figures,
  });
}

/** `connections in use: at most 1 of 1, at 0:09 (limit 40, from 0:09 on 1)` */
function sentenceOf(one: TelemetrySeries, over_time: OverTime): string {
  const { value, limit, at_s } = peakOf(one, over_time);
  const of = limit === null ? '' : ` of ${telemetryValue(one.unit, limit)}`;
  return `${telemetryName(one)}: at most ${telemetryValue(one.unit, value)}${of}, at ${clock(at_s)}${limitChange(one, over_time)}`;
}

/** The first change of the limit while the run went on. */
function limitChange({ points, unit }: TelemetrySeries, { began }: OverTime): string {
  const known = points.filter(({ limit }) => limit !== null);
  const changed = known.find(({ limit }) => limit !== known[0]?.limit);
  if (!changed) return '';
  const write = (limit: number | null | undefined) => telemetryValue(unit, limit ?? 0);
  const at = clock((changed.at_ms - Date.parse(began)) / MS_PER_S);
  return ` (limit ${write(known[0]?.limit)}, from ${at} on ${write(changed.limit)})`;
}

function peakOf({ points }: TelemetrySeries, { began }: OverTime) {
  // Nearest to its limit, where there is one: 1 of 1 is more than 2 of 40.
  const size = ({ value, limit }: TelemetryPoint) => (limit ? value / limit : Number.NEGATIVE_INFINITY);
  const { highest } = extremes(points);
  const top = points.reduce((most, point) => Math.max(most, size(point)), Number.NEGATIVE_INFINITY);
  const peak = points.find((point) => (Number.isFinite(top) ? size(point) === top : point.value === highest));
  return {
    value: peak?.value ?? highest,
    limit: peak?.limit ?? null,
    at_s: ((peak?.at_ms ?? 0) - Date.parse(began)) / MS_PER_S,
  };
}

function seriesTable(
  caption: string,
  series: readonly TelemetrySeries[],
  over_time: OverTime,
  with_component: boolean,
): Markup {
  const rows = series.map((one): Cell[] => {
    const write = (value: number) => telemetryValue(one.unit, value);
    const mean = one.points.reduce((sum, { value }) => sum + value, 0) / one.points.length;
    const peak = peakOf(one, over_time);
    return [
      { shown: with_component ? `${one.component}: ${telemetryName(one)}` : telemetryName(one) },
      { shown: write(extremes(one.points).lowest) },
      { shown: write(mean) },
      { shown: write(extremes(one.points).highest) },
      { shown: clock(peak.at_s) },
      { shown: maybe(peak.limit, write) },
    ];
  });
  const heads = ['Lowest', 'Mean', 'Highest', 'Peak at', 'Limit then'].map(figure);
  return table({ caption, columns: [text('Series'), ...heads], rows });
}
