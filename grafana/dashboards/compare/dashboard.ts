/** Compare: two runs side by side, from their own starts. */
import { PanelBuilder as BarChartBuilder } from '@grafana/grafana-foundation-sdk/barchart';
import {
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { metricLabel, metricTitle } from '../../../contract/metric-text.ts';
import { METRICS, UNITS } from '../../../contract/metrics.ts';
import { loadstarDashboard } from '../../builder/dashboard.ts';
import {
  datasourceRef,
  HALF,
  inOrder,
  metricColumn,
  type PanelText,
  SHORT,
  TALL,
  table,
  target,
  trend,
  VERDICT_COLUMN,
  WIDE,
  WRAPPED,
  width,
} from '../../builder/panels.ts';
import { EVER } from '../../builder/records.ts';
import { projectVariable } from '../../builder/scope.ts';
import { single } from '../../builder/variables.ts';
import * as queries from './queries.ts';

const { SIDE } = queries;
const NOTHING = 'select two runs that have ended; start runs with `make load-test`';
/** Seven columns have to fit beside the menu. */
const FIGURES = 16;
const EXPIRED = 'no live metrics of these runs: InfluxDB keeps them for 30 days by default';

export function compareDashboard(): DashboardBuilder {
  const dashboard = loadstarDashboard('compare', {
    description: 'Run B compared with run A, absolute and in percent, on a common time axis.',
    refresh: '',
    from: 'now-30d',
  })
    .withVariable(projectVariable(EVER))
    .withVariable(single(SIDE.B, 'B: this run', queries.RUNS))
    .withVariable(single(SIDE.A, 'A: compared with', queries.RUNS_BEFORE))
    .withVariable(queries.protocol());
  return dashboard
    .withRow(new RowBuilder('B compared with A'))
    .withPanel(headlines())
    .withPanel(distributions())
    .withPanel(byRequest())
    .withRow(new RowBuilder('From the start of each run'))
    .withPanel(
      overlaid(
        {
          title: metricTitle('p95_ms'),
          description:
            'p95 of the time of requests by time since the start of each run. If a step covers several windows, it shows their highest p95.',
          unit: UNITS.ms.grafana,
        },
        queries.p95Overlaid(),
      ),
    )
    .withPanel(
      overlaid(
        {
          title: metricTitle('throughput_rps'),
          description: 'Requests per second by time since the start of each run.',
          unit: UNITS.per_s.grafana,
        },
        queries.throughputOverlaid(),
      ),
    );
}

function headlines() {
  return table(
    {
      title: 'Headline figures',
      description:
        'Figures of the whole runs, with difference and change. The usual band and the verdict are stored with run B and come from its own history, whichever run A is.',
      unit: 'none',
    },
    queries.headlines(),
  )
    .height(11)
    .span(FIGURES)
    .noValue(NOTHING)
    .overrideByName('metric', [width(135)])
    .overrideByName('A', [width(80)])
    .overrideByName('B', [width(80)])
    .overrideByName('difference', [width(85)])
    .overrideByName('change', [width(75)])
    .overrideByName('verdict of B', VERDICT_COLUMN)
    .withTransformation(inOrder('metric', 'verdict of B', 'A', 'B', 'change', 'difference', 'usual for B'));
}

function byRequest() {
  const columns = queries.REQUEST_FIGURES.flatMap((metric) =>
    Object.keys(SIDE).map((side) => ({ name: `${metricLabel(metric)} ${side}`, metric })),
  );
  const panel = table(
    {
      title: 'By request',
      description:
        'Requests that both runs made, largest change of p95 first. The verdict on p95 is stored with run B and comes from its own history.',
      unit: UNITS.ms.grafana,
    },
    queries.byRequest(),
  )
    .height(SHORT)
    .span(WIDE)
    .noValue(NOTHING)
    .decimals(1)
    .overrideByName('request', [WRAPPED])
    .overrideByName('difference', [width(85)])
    .overrideByName('change', [
      { id: 'unit', value: UNITS.share.grafana },
      { id: 'decimals', value: 1 },
      { id: 'custom.align', value: 'right' },
      width(75),
    ])
    .overrideByName('verdict of B', VERDICT_COLUMN)
    .withTransformation(inOrder('request', 'verdict of B', 'change', 'difference', ...columns.map(({ name }) => name)));
  for (const { name, metric } of columns) {
    const of_unit = METRICS[metric].unit === 'ms' ? COLUMN_WIDTH : RATE_WIDTH;
    panel.overrideByName(name, [...metricColumn(metric), width(of_unit)]);
  }
  return panel;
}

/** All of them have to fit beside Grafana's menu, with the name of the request. */
const COLUMN_WIDTH = 85;
const RATE_WIDTH = 110;

/** Characters of `12345 ms`. */
const LONGEST_BOUND = 8;
const legend = () =>
  new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).showLegend(true);
const tooltip = () => new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.None);
const COLOUR = { A: 'blue', B: 'orange' } as const;
const sideColour = (side: keyof typeof COLOUR) => [{ id: 'color', value: { mode: 'fixed', fixedColor: COLOUR[side] } }];

function overlaid(text: PanelText, flux: string) {
  return trend(text, 'second', flux)
    .noValue(EXPIRED)
    .height(TALL)
    .span(HALF)
    .showPoints(VisibilityMode.Never)
    .overrideByName('second', [{ id: 'unit', value: 's' }])
    .overrideByName('A', sideColour('A'))
    .overrideByName('B', sideColour('B'));
}

function distributions() {
  return new BarChartBuilder()
    .title('Distribution of request time')
    .description(
      'Share of the requests of each run per latency bucket. The axis shows the upper bound of each bucket in ms.',
    )
    .unit(UNITS.share.grafana)
    .datasource(datasourceRef)
    .withTarget(target(queries.distributions(), 'A'))
    .noValue(NOTHING)
    .height(11)
    .span(WIDE - FIGURES)
    .xField('up to')
    .xTickLabelRotation(-45)
    .xTickLabelMaxLength(LONGEST_BOUND)
    .min(0)
    .showValue(VisibilityMode.Never)
    .legend(legend())
    .tooltip(tooltip())
    .withTransformation(inOrder('up to', 'A', 'B'))
    .overrideByName('A', sideColour('A'))
    .overrideByName('B', sideColour('B'));
}
