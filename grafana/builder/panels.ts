/** How panels look and where they ask: one place for every dashboard. */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  TableCellHeight,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { PanelBuilder as TrendBuilder } from '@grafana/grafana-foundation-sdk/trend';
import { GRAFANA } from '../../contract/grafana.ts';
import { METRICS, type MetricKey, UNITS, type Unit } from '../../contract/metrics.ts';
import { COMPARISON_VERDICTS, RUN_OUTCOMES, type Tone } from '../../contract/verdicts.ts';

export const datasourceRef = { type: 'influxdb', uid: GRAFANA.datasource.uid };

/** What an empty panel says. */
export const EMPTY = 'no run in this time range: start one with `make load-test`';

/** Grafana's Flux query; the SDK has no type for InfluxDB. */
export function fluxQuery(flux: string, refId = 'A') {
  return { refId, query: flux, datasource: datasourceRef };
}

/** A label of the series, for its name in the legend. */
export function label(name: string): string {
  return `\${__field.labels.${name}}`;
}

/** InfluxDB's `_field`, for the legend: Grafana makes it the name, and no label. */
export const FIELD = `\${__field.name}`;

export function target(flux: string, refId: string): Builder<Dataquery> {
  return { build: () => ({ ...fluxQuery(flux, refId), _implementsDataqueryVariant() {} }) as unknown as Dataquery };
}

export interface PanelText {
  readonly title: string;
  /** What it shows, over what, and how to read it. */
  readonly description: string;
  /** Grafana's unit id. */
  readonly unit: string;
}

const REF_IDS = 'ABCDEF';

/** Grafana's grid is 24 wide. */
export const WIDE = 24;
export const HALF = 12;
export const THIRD = 8;
export const QUARTER = 6;
export const TALL = 9;
/** A table of a few rows: about five. It scrolls where there are more. */
export const SHORT = 7;

/** How columns of tables show their numbers. */
export const PERCENT = unitColumn('share');
export const COUNT = unitColumn('count');

/** How a column shows a metric. */
export function metricColumn(metric: MetricKey) {
  return unitColumn(METRICS[metric].unit);
}

function unitColumn(unit: Unit) {
  const { grafana, decimals } = UNITS[unit];
  return [
    { id: 'unit', value: grafana },
    { id: 'decimals', value: decimals },
  ];
}

export const width = (px: number) => ({ id: 'custom.width', value: px });

/** A name that does not fit goes on in the next line. */
export const WRAPPED = { id: 'custom.wrapText', value: true };

/** Values by name, as coloured text. */
export function coloured(of: Readonly<Record<string, { readonly text: string; readonly color: string }>>) {
  return [
    { id: 'custom.cellOptions', value: { type: 'color-text' } },
    { id: 'mappings', value: [{ type: 'value', options: of }] },
  ];
}

const COLOR: Readonly<Record<Tone, string>> = { good: 'green', bad: 'red', warn: 'orange', neutral: 'text' };

/** How something of a tone looks, by its name: a sign before the word carries it without colour. */
function looksOf(
  tones: Readonly<Record<string, { readonly tone: Tone }>>,
  signs: Readonly<Partial<Record<Tone, string>>>,
) {
  return Object.fromEntries(
    Object.entries(tones).map(([word, { tone }]) => {
      const sign = signs[tone];
      return [word, { text: sign ? `${sign} ${word}` : word, color: COLOR[tone] }];
    }),
  );
}

/** How stored verdicts look. A dashboard shows them, and judges nothing itself. */
export const VERDICT_LOOK = looksOf(COMPARISON_VERDICTS, { good: '▲', bad: '▼' });

/** How runs look by what they have come to. */
export const OUTCOME_LOOK = looksOf(RUN_OUTCOMES, { good: '✓', bad: '✗' });

/** A column of stored verdicts; `–` where there is none. */
export const VERDICT_COLUMN = [...coloured({ ...VERDICT_LOOK, '–': { text: '–', color: 'text' } }), width(125)];

/** The order of a table's columns. */
export function inOrder(...names: readonly string[]) {
  return {
    id: 'organize',
    options: { indexByName: Object.fromEntries(names.map((name, index) => [name, index])) },
  };
}

export function stat({ title, description, unit }: PanelText, flux: string): StatBuilder {
  return new StatBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(datasourceRef)
    .withTarget(target(flux, 'A'))
    .noValue('–')
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('/.*/'));
}

export function lines({ title, description, unit }: PanelText, ...flux: readonly string[]): TimeseriesBuilder {
  const panel = new TimeseriesBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(datasourceRef)
    .noValue(EMPTY)
    .min(0)
    .lineWidth(1)
    .fillOpacity(5)
    .showPoints(VisibilityMode.Auto)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  for (const [index, one] of flux.entries()) panel.withTarget(target(one, REF_IDS[index] ?? 'Z'));
  return panel;
}

export function table({ title, description, unit }: PanelText, flux: string): TableBuilder {
  return (
    new TableBuilder()
      .title(title)
      .description(description)
      .unit(unit)
      .datasource(datasourceRef)
      .noValue(EMPTY)
      // The sentence above is for a table without rows.
      .overrideByFieldType('number', [{ id: 'noValue', value: '–' }])
      .cellHeight(TableCellHeight.Sm)
      .filterable(false)
      .withTarget(target(flux, 'A'))
  );
}

/**
 * Lines over a column of numbers, such as the seconds of a run: one frame, in the order of that column. Grafana complains
 * of a missing column where it should say `noValue`, so the query ends in `orderedBy`, whose extra row is left out here.
 */
export function trend({ title, description, unit }: PanelText, x: string, flux: string): TrendBuilder {
  return new TrendBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(datasourceRef)
    .withTarget(target(flux, 'A'))
    .withTransformation({
      id: 'filterByValue',
      options: {
        type: 'exclude',
        match: 'any',
        filters: [{ fieldName: x, config: { id: 'lower', options: { value: 0 } } }],
      },
    })
    .xField(x)
    .min(0)
    .lineWidth(1)
    .fillOpacity(0)
    .spanNulls(true as never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.None));
}

/** A heatmap stumbles over a frame without fields, as the answer about nothing is: without it, it says `noValue`. */
export const WITHOUT_EMPTY_FRAMES = { id: 'filterFieldsByName', options: { include: { pattern: '/.*/' } } };
