/** How panels look and where they ask: one place for every dashboard. */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { GRAFANA } from '../../contract/grafana.ts';

export const datasourceRef = { type: 'influxdb', uid: GRAFANA.datasource.uid };

/**
 * No step may be shorter than the window of a stored point: a sum over less than a point, taken for a rate, would be too
 * high. The output's default window (K6_LOADSTAR_WINDOW).
 */
export const WINDOW = '1s';

/** What an empty panel says. */
export const EMPTY = 'no run in this range: start one with `make load-test`';

/** Grafana's Flux query; the SDK has no type for InfluxDB. */
export function fluxQuery(flux: string, refId = 'A') {
  return { refId, query: flux, datasource: datasourceRef };
}

/** A label of the series, for its name in the legend. */
export function label(name: string): string {
  return `\${__field.labels.${name}}`;
}

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
    .interval(WINDOW)
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
  return new TableBuilder()
    .title(title)
    .description(description)
    .unit(unit)
    .datasource(datasourceRef)
    .noValue(EMPTY)
    .filterable(true)
    .withTarget(target(flux, 'A'));
}
