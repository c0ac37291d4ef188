/** Runs and trends: how the newest run did, all runs, and each metric run by run. */
import {
  BigValueColorMode,
  BigValueTextMode,
  GraphDrawStyle,
  VisibilityMode,
  VizTextDisplayOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DashboardBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { metricLabel, metricTitle } from '../../../contract/metric-text.ts';
import { METRICS, TREND_METRICS, type TrendMetric, UNITS } from '../../../contract/metrics.ts';
import { dataLink, loadstarDashboard } from '../../builder/dashboard.ts';
import {
  coloured,
  inOrder,
  metricColumn,
  OUTCOME_LOOK,
  stat,
  TALL,
  THIRD,
  table,
  target,
  trend,
  VERDICT_COLUMN,
  VERDICT_LOOK,
  WIDE,
  WRAPPED,
  width,
} from '../../builder/panels.ts';
import { SCOPE_VARIABLE } from '../../builder/records.ts';
import { scopeVariables } from '../../builder/scope.ts';
import * as queries from './queries.ts';

const CARD = 5;
/** A sentence has to fit. */
const VERDICT_PX = 16;
/** So that a history without errors has an axis. */
const SOFT_MAX_ERRORS = 0.02;

export function runsDashboard(): DashboardBuilder {
  const dashboard = loadstarDashboard('runs', {
    description:
      'All runs of a project with a profile against a target: the newest run compared with its baseline, and the trend of each metric.',
    refresh: '30s',
    from: 'now-30d',
  });
  for (const variable of scopeVariables()) dashboard.withVariable(variable);
  dashboard.withRow(new RowBuilder('The newest run'));
  for (const metric of TREND_METRICS) dashboard.withPanel(cardPanel(metric));
  dashboard.withPanel(
    stat(
      { title: 'Verdict', description: 'Verdict of the newest run, in one sentence.', unit: 'none' },
      queries.newestRun(),
    )
      .height(CARD)
      .span(6)
      .textMode(BigValueTextMode.Value)
      .text(new VizTextDisplayOptionsBuilder().valueSize(VERDICT_PX))
      .noValue('no run in this time range: start one with `make load-test`'),
  );
  dashboard.withRow(new RowBuilder('All runs')).withPanel(runsTable());
  dashboard.withRow(new RowBuilder(`Run by run: $${SCOPE_VARIABLE.scenario}`).repeat(SCOPE_VARIABLE.scenario));
  for (const metric of TREND_METRICS) dashboard.withPanel(trendPanel(metric));
  return dashboard;
}

function cardPanel(metric: TrendMetric) {
  const title = metricTitle(metric);
  const { unit } = METRICS[metric];
  const { grafana, decimals } = UNITS[unit];
  const panel = stat(
    {
      title,
      description: `${title} of the newest run that has ended, with its verdict and its change from the baseline, as stored with the run.`,
      unit: grafana,
    },
    queries.newestValue(metric),
  )
    .withTarget(target(queries.newestChange(metric), 'B'))
    .height(CARD)
    .span(6)
    .decimals(decimals)
    .textMode(BigValueTextMode.ValueAndName)
    .overrideByQuery('A', [{ id: 'displayName', value: 'newest run' }])
    .overrideByQuery('B', [
      { id: 'unit', value: unit === 'share' ? 'suffix: pp' : UNITS.share.grafana },
      { id: 'decimals', value: 1 },
    ])
    .colorMode(BigValueColorMode.Value)
    .thresholds(
      new ThresholdsConfigBuilder()
        .mode(ThresholdsMode.Absolute)
        .steps([{ value: null as unknown as number, color: 'text' }]),
    );
  for (const [verdict, { text, color }] of Object.entries(VERDICT_LOOK)) {
    panel.overrideByName(verdict, [
      { id: 'displayName', value: text },
      { id: 'color', value: { mode: 'fixed', fixedColor: color } },
    ]);
  }
  return panel;
}

/** All columns have to fit beside Grafana's menu. */
const LATENCY_WIDTH = 72;
const FIGURE_WIDTH = 90;

/** The run of the row, on the live dashboard that reads its layout, at its time. */
const TO_LIVE = {
  id: 'links',
  value: [
    {
      title: 'open this run',
      url: `/d/\${__data.fields.live}?\${${SCOPE_VARIABLE.project}:queryparam}&var-testid=\${__data.fields.testid}&from=\${__data.fields.from}&to=\${__data.fields.to}`,
    },
  ],
};

function runsTable() {
  const hidden = [{ id: 'custom.hidden', value: true }];
  const panel = table(
    {
      title: 'Runs',
      description:
        'One row per run, newest first, numbered per scenario from the start of the time range. Select the scenario to open the run in Live, or the comparison to compare it with the run before.',
      unit: 'none',
    },
    queries.runsTable(),
  )
    .height(12)
    .span(WIDE)
    .overrideByName(queries.RUN, [{ id: 'decimals', value: 0 }, { id: 'unit', value: 'none' }, width(50)])
    .overrideByName('started', [{ id: 'unit', value: 'time:YYYY-MM-DD HH:mm' }, width(134)])
    .overrideByName('scenario', [WRAPPED, TO_LIVE])
    .overrideByName('commit', [width(90)])
    .overrideByName('SLOs', [width(70)])
    .overrideByName('verdict', [...coloured(OUTCOME_LOOK), width(98)])
    .overrideByName('comparison', [
      ...VERDICT_COLUMN,
      dataLink(
        'compare',
        'compare this run with the one before',
        `\${${SCOPE_VARIABLE.project}:queryparam}&var-testid=\${__data.fields.testid}`,
      ),
    ])
    .overrideByName('testid', hidden)
    .overrideByName('live', hidden)
    .overrideByName('from', hidden)
    .overrideByName('to', hidden)
    .decimals(1)
    .withTransformation(
      inOrder(
        queries.RUN,
        'started',
        'verdict',
        'scenario',
        'SLOs',
        'comparison',
        ...queries.RUN_FIGURES.map(metricLabel),
        'commit',
      ),
    );
  for (const metric of queries.RUN_FIGURES) {
    panel.overrideByName(metricLabel(metric), [
      ...metricColumn(metric),
      width(METRICS[metric].unit === 'ms' ? LATENCY_WIDTH : FIGURE_WIDTH),
    ]);
  }
  return panel;
}

function trendPanel(metric: TrendMetric) {
  const title = metricTitle(metric);
  const { unit } = METRICS[metric];
  return (
    trend(
      {
        title: `${title}, run by run`,
        description: `${title} of each run in their order, numbered as in the table of runs, with the baseline and the usual band that judged it. A red point marks a level shift.`,
        unit: UNITS[unit].grafana,
      },
      queries.RUN,
      queries.trend(metric),
    )
      .height(TALL)
      .span(THIRD)
      .noValue('no run of this scenario in this range')
      .showPoints(VisibilityMode.Always)
      .pointSize(7)
      .axisSoftMax(unit === 'share' ? SOFT_MAX_ERRORS : 1)
      // The lowest value of the panel would hold for the axis of runs too.
      .overrideByName(queries.RUN, [
        { id: 'unit', value: 'none' },
        { id: 'min', value: 1 },
        { id: 'custom.axisLabel', value: 'run' },
      ])
      .overrideByName('value', [{ id: 'color', value: { mode: 'fixed', fixedColor: 'blue' } }])
      .overrideByName('baseline', [
        { id: 'color', value: { mode: 'fixed', fixedColor: 'text' } },
        { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
        { id: 'custom.showPoints', value: 'never' },
        { id: 'custom.fillOpacity', value: 0 },
      ])
      .overrideByName('low', BAND_EDGE)
      .overrideByName('high', [
        ...BAND_EDGE,
        { id: 'custom.fillBelowTo', value: 'low' },
        { id: 'custom.fillOpacity', value: 25 },
      ])
      .overrideByName('level shift', [
        { id: 'custom.drawStyle', value: GraphDrawStyle.Points },
        { id: 'custom.pointSize', value: 14 },
        { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
      ])
  );
}

const BAND_EDGE = [
  { id: 'color', value: { mode: 'fixed', fixedColor: 'semi-dark-blue' } },
  { id: 'custom.lineWidth', value: 0 },
  { id: 'custom.showPoints', value: 'never' },
  { id: 'custom.fillOpacity', value: 0 },
  { id: 'custom.hideFrom', value: { legend: true, tooltip: false, viz: false } },
];
