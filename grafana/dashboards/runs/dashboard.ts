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
import type { TrendMetric } from '../../../contract/metrics.ts';
import { dataLink, deployAnnotation, loadstarDashboard } from '../../builder/dashboard.ts';
import {
  coloured,
  inOrder,
  lines,
  PERCENT,
  stat,
  TALL,
  THIRD,
  table,
  target,
  VERDICT_COLUMN,
  VERDICT_LOOK,
  WIDE,
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

interface Card {
  readonly metric: TrendMetric;
  readonly title: string;
  readonly unit: string;
  readonly decimals: number;
}

const CARDS: readonly Card[] = [
  { metric: 'p95_ms', title: 'p95', unit: 'ms', decimals: 0 },
  { metric: 'throughput_rps', title: 'Throughput', unit: 'reqps', decimals: 1 },
  { metric: 'error_rate', title: 'Error rate', unit: 'percentunit', decimals: 2 },
];

export function runsDashboard(): DashboardBuilder {
  const dashboard = loadstarDashboard('runs', {
    description:
      'All runs of a profile against a target: the newest run compared with its baseline, and the trend of each metric.',
    refresh: '30s',
    from: 'now-30d',
  }).annotation(deployAnnotation());
  for (const variable of scopeVariables()) dashboard.withVariable(variable);
  dashboard.withRow(new RowBuilder('The newest run'));
  for (const card of CARDS) dashboard.withPanel(cardPanel(card));
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
  for (const card of CARDS) dashboard.withPanel(trendPanel(card));
  return dashboard;
}

function cardPanel({ metric, title, unit, decimals }: Card) {
  const panel = stat(
    {
      title,
      description: `${title} of the newest run that has ended, with its verdict and its change from the baseline, as stored with the run.`,
      unit,
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
      { id: 'unit', value: metric === 'error_rate' ? 'suffix: points' : 'percentunit' },
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

/** The run of the row, on the live dashboard that reads its layout, at its time. */
const TO_LIVE = {
  id: 'links',
  value: [
    {
      title: 'open this run',
      url: `/d/\${__data.fields.live}?var-testid=\${__data.fields.testid}&from=\${__data.fields.from}&to=\${__data.fields.to}`,
    },
  ],
};

function runsTable() {
  const ms = [{ id: 'unit', value: 'ms' }, width(85)];
  const hidden = [{ id: 'custom.hidden', value: true }];
  return table(
    {
      title: 'Runs',
      description:
        'One row per run, newest first. Select a run id to open the run in Live, or `compare` to compare it with the run before.',
      unit: 'none',
    },
    queries.runsTable(),
  )
    .height(12)
    .span(WIDE)
    .overrideByName('started', [{ id: 'unit', value: 'dateTimeAsIso' }, width(160)])
    .overrideByName('scenario', [TO_LIVE])
    .overrideByName('profile', [width(80)])
    .overrideByName('target', [width(110)])
    .overrideByName('commit', [width(90)])
    .overrideByName('p50', ms)
    .overrideByName('p95', ms)
    .overrideByName('p99', ms)
    .overrideByName('throughput', [{ id: 'unit', value: 'reqps' }, width(100)])
    .overrideByName('errors', [...PERCENT, width(80)])
    .overrideByName('SLOs', [width(70)])
    .overrideByName('verdict', [
      ...coloured({
        passed: { text: '✓ passed', color: 'green' },
        failed: { text: '✗ failed', color: 'red' },
        incomplete: { text: '✗ incomplete', color: 'red' },
        broken: { text: '✗ broken', color: 'red' },
        interrupted: { text: 'interrupted', color: 'orange' },
        running: { text: 'running', color: 'blue' },
      }),
      width(110),
    ])
    .overrideByName('against baseline', VERDICT_COLUMN)
    .overrideByName('compare', [
      width(85),
      dataLink('compare', 'compare this run with the one before', `var-testid=\${__data.fields.testid}`),
    ])
    .overrideByName('testid', hidden)
    .overrideByName('live', hidden)
    .overrideByName('from', hidden)
    .overrideByName('to', hidden)
    .decimals(1)
    .withTransformation(
      inOrder(
        'started',
        'verdict',
        'against baseline',
        'scenario',
        'profile',
        'target',
        'commit',
        'p50',
        'p95',
        'p99',
        'throughput',
        'errors',
        'SLOs',
        'compare',
      ),
    );
}

function trendPanel({ metric, title, unit }: Card) {
  return lines(
    {
      title: `${title}, run by run`,
      description: `${title} of each run, with the baseline and the usual band that judged it. A red point marks a level shift.`,
      unit,
    },
    queries.trend(metric),
    queries.shifts(metric),
  )
    .height(TALL)
    .span(THIRD)
    .noValue('no run of this scenario in this range')
    .showPoints(VisibilityMode.Always)
    .pointSize(7)
    .lineWidth(1)
    .spanNulls(true as never)
    .fillOpacity(0)
    .axisSoftMax(unit === 'percentunit' ? SOFT_MAX_ERRORS : 1)
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
    ]);
}

const BAND_EDGE = [
  { id: 'color', value: { mode: 'fixed', fixedColor: 'semi-dark-blue' } },
  { id: 'custom.lineWidth', value: 0 },
  { id: 'custom.showPoints', value: 'never' },
  { id: 'custom.fillOpacity', value: 0 },
  { id: 'custom.hideFrom', value: { legend: true, tooltip: false, viz: false } },
];
