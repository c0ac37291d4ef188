/** The live dashboard: one run, while it runs and after. */

import {
  AxisPlacement,
  BigValueColorMode,
  GraphDrawStyle,
  StackingConfigBuilder,
  StackingMode,
  TableCellHeight,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  TimePickerBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { GRAFANA } from '../../../contract/grafana.ts';
import { HEATMAP_BOUNDS_MS } from '../../../contract/live-schema.ts';
import { datasourceRef, EMPTY, label, lines, stat, table, target, WINDOW } from '../../lib/panels.ts';
import * as queries from './queries.ts';
import { variables } from './variables.ts';

/** Grafana's grid is 24 wide. */
const WIDE = 24;
const HALF = 12;
const THIRD = 8;
const TALL = 9;
const STAT = 4;

const green_red = (limit: number) =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null as unknown as number, color: 'green' },
    { value: limit, color: 'red' },
  ]);

export function liveDashboard(): DashboardBuilder {
  const dashboard = new DashboardBuilder('k6 · Live run')
    .uid(GRAFANA.dashboards.live.uid)
    .description('One run of Loadstar: while it runs, and afterwards. Pick the run at the top; the newest is first.')
    .tags(['loadstar', 'k6'])
    .refresh('5s')
    .time({ from: 'now-15m', to: 'now' })
    .timepicker(new TimePickerBuilder().refreshIntervals(['5s', '10s', '30s', '1m']))
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly();
  for (const variable of variables()) dashboard.withVariable(variable);
  overview(dashboard);
  latency(dashboard);
  requests(dashboard);
  health(dashboard);
  return dashboard;
}

function overview(dashboard: DashboardBuilder): void {
  const soFar = 'Over the whole run so far, in the scenarios chosen above.';
  const of = (title: string, description: string, unit: string, flux: string) =>
    stat({ title, description, unit }, flux).height(STAT).span(3);
  dashboard
    .withRow(new RowBuilder('Overview'))
    .withPanel(of('Users', 'Virtual users now, of all generators.', 'short', queries.USERS_NOW).decimals(0))
    .withPanel(of('Requests', `HTTP requests made. ${soFar}`, 'locale', queries.totalSoFar('http_reqs')).decimals(0))
    .withPanel(
      of(
        'p95',
        `95th percentile of request time, from merged histograms (within 1 %). ${soFar}`,
        'ms',
        queries.percentileSoFar(0.95),
      ).decimals(0),
    )
    .withPanel(
      of(
        'Error rate',
        `Failed requests as a share of those that k6 judged. ${soFar}`,
        'percentunit',
        queries.shareSoFar('http_req_failed'),
      )
        .decimals(2)
        .colorMode(BigValueColorMode.Value)
        .thresholds(green_red(ANY_ERROR)),
    )
    .withPanel(
      of('Checks', `Share of checks that passed. ${soFar}`, 'percentunit', queries.shareSoFar('checks')).decimals(2),
    )
    .withPanel(of('Received', `Data received. ${soFar}`, 'decbytes', queries.totalSoFar('data_received')))
    .withPanel(of('Sent', `Data sent. ${soFar}`, 'decbytes', queries.totalSoFar('data_sent')))
    .withPanel(
      of(
        'Dropped iterations',
        `Iterations that found no free virtual user: the load was lower than planned. ${soFar}`,
        'short',
        queries.totalSoFar('dropped_iterations'),
      )
        .noValue('0')
        .decimals(0),
    )
    .withPanel(sloTable());
}

/** The first failed request colours the figure. */
const ANY_ERROR = 1e-9;

function sloTable() {
  return table(
    {
      title: 'Service level objectives',
      description:
        'Each SLO of the chosen scenarios, its limit, and what the whole run has shown so far. Latencies from merged histograms (within 1 %).',
      unit: 'none',
    },
    queries.sloTable(),
  )
    .height(7)
    .span(WIDE)
    .cellHeight(TableCellHeight.Sm)
    .overrideByName('state', [
      { id: 'custom.cellOptions', value: { type: 'color-text' } },
      {
        id: 'mappings',
        value: [
          {
            type: 'value',
            options: { '0': { text: '✗ broken', color: 'red' }, '1': { text: '✓ held', color: 'green' } },
          },
        ],
      },
    ])
    .withTransformation({
      id: 'organize',
      options: { indexByName: { scenario: 0, for: 1, SLO: 2, value: 3, limit: 4, state: 5 } },
    });
}

function latency(dashboard: DashboardBuilder): void {
  const window =
    'Each point is exact for its second; where the screen has fewer points than seconds it is the highest second of the step.';
  dashboard
    .withRow(new RowBuilder('Latency and throughput'))
    .withPanel(
      lines(
        {
          title: 'Request time',
          description: `Percentiles of http_req_duration over all requests of the chosen scenarios. ${window} Dashed: the limit of p95.`,
          unit: 'ms',
        },
        queries.percentilesOverTime('http_req_duration'),
        queries.latencyLimits(),
      )
        .height(TALL)
        .span(HALF)
        .displayName(`${label('_field')}${label('scenario')}`)
        .overrideByQuery('B', [
          { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
          { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
          { id: 'displayName', value: `limit ${label('scenario')}` },
          { id: 'custom.fillOpacity', value: 0 },
          { id: 'custom.showPoints', value: 'never' },
        ]),
    )
    .withPanel(
      lines(
        {
          title: 'Throughput and users',
          description: 'HTTP requests a second, and virtual users on the right axis.',
          unit: 'reqps',
        },
        queries.ratePerSecond('http_reqs'),
        queries.USERS_OVER_TIME,
      )
        .height(TALL)
        .span(HALF)
        .displayName('requests/s')
        .overrideByQuery('B', [
          { id: 'unit', value: 'short' },
          { id: 'displayName', value: 'users' },
          { id: 'custom.axisPlacement', value: AxisPlacement.Right },
          { id: 'custom.fillOpacity', value: 0 },
        ]),
    )
    .withPanel(heatmap())
    .withPanel(
      lines(
        {
          title: 'Requests by status',
          description: 'HTTP requests a second by status; status 0 never got an answer. Nothing is filtered away.',
          unit: 'reqps',
        },
        queries.STATUS_OVER_TIME,
      )
        .height(TALL)
        .span(HALF)
        .drawStyle(GraphDrawStyle.Bars)
        .fillOpacity(60)
        .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
        .displayName(label('status')),
    );
}

function heatmap() {
  const order = Object.fromEntries(
    [...HEATMAP_BOUNDS_MS.map(String), '+Inf'].map((bound, index) => [bound, index + 1]),
  );
  return new HeatmapBuilder()
    .title('Distribution')
    .description(
      'How many requests took how long: a column a step, a row from one bound to the next (ms, upper bound shown).',
    )
    .unit('short')
    .datasource(datasourceRef)
    .noValue(EMPTY)
    .interval(WINDOW)
    .withTarget(target(queries.HEATMAP, 'A'))
    .withTransformation({ id: 'joinByField', options: { byField: 'Time', mode: 'outer' } })
    .withTransformation({ id: 'organize', options: { indexByName: { Time: 0, ...order } } })
    .displayName(label('_field'))
    .calculate(false)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Oranges').steps(64))
    .yAxis(new YAxisConfigBuilder().axisPlacement(AxisPlacement.Left))
    .height(TALL)
    .span(HALF);
}

function requests(dashboard: DashboardBuilder): void {
  const percent = [
    { id: 'unit', value: 'percentunit' },
    { id: 'decimals', value: 2 },
  ];
  const count = [
    { id: 'unit', value: 'locale' },
    { id: 'decimals', value: 0 },
  ];
  dashboard
    .withRow(new RowBuilder('Requests and checks'))
    .withPanel(
      table(
        {
          title: 'Requests',
          description:
            'One row a request over the whole run so far, slowest p95 first. Percentiles from merged histograms (within 1 %).',
          unit: 'ms',
        },
        queries.REQUEST_TABLE,
      )
        .height(TALL)
        .span(WIDE)
        .decimals(1)
        .withTransformation({
          id: 'organize',
          options: { indexByName: { name: 0, requests: 1, p50: 2, p95: 3, p99: 4, max: 5, errors: 6 } },
        })
        .overrideByName('requests', count)
        .overrideByName('errors', percent)
        .overrideByName('name', [{ id: 'custom.width', value: 320 }]),
    )
    .withPanel(
      lines(
        {
          title: 'Error rate by request',
          description: 'Failed requests as a share of those that k6 judged, by request.',
          unit: 'percentunit',
        },
        queries.errorShareOverTime('name'),
      )
        .height(TALL)
        .span(THIRD)
        .max(1)
        .displayName(label('name')),
    )
    .withPanel(
      lines(
        {
          title: 'Time by phase',
          description: 'Mean time of a request in each phase: total time over requests.',
          unit: 'ms',
        },
        queries.PHASES_OVER_TIME,
      )
        .height(TALL)
        .span(THIRD)
        .displayName(label('phase')),
    )
    .withPanel(
      lines(
        {
          title: 'Iteration time',
          description:
            'Percentiles of a whole iteration, think time included. Each point is the highest second of its step.',
          unit: 'ms',
        },
        queries.percentilesOverTime('iteration_duration'),
      )
        .height(TALL)
        .span(THIRD)
        .displayName(label('_field')),
    )
    .withPanel(
      table(
        { title: 'Checks', description: 'Passed and failed checks in the time shown, worst first.', unit: 'short' },
        queries.CHECKS_TABLE,
      )
        .height(TALL)
        .span(WIDE)
        .withTransformation({
          id: 'organize',
          options: { indexByName: { check: 0, passed: 1, failed: 2, rate: 3 } },
        })
        .overrideByName('rate', percent)
        .overrideByName('check', [{ id: 'custom.width', value: 320 }]),
    );
}

function health(dashboard: DashboardBuilder): void {
  dashboard
    .withRow(new RowBuilder('Is the measurement sound?'))
    .withPanel(
      lines(
        {
          title: 'CPU of the generator',
          description:
            'Share of the machine that is busy. From 80 % on for five seconds the generator counts as saturated: its own delays are part of the latencies.',
          unit: 'percentunit',
        },
        queries.generatorHealth(['machine_cpu_ratio']),
      )
        .height(TALL)
        .span(THIRD)
        .max(1)
        .displayName(label('instance')),
    )
    .withPanel(
      lines(
        {
          title: 'Delays of generator and output',
          description:
            'Scheduling latency that Go adds (99th percentile; 10 ms for five seconds count as saturated), and the time of a write to InfluxDB.',
          unit: 'ms',
        },
        queries.generatorHealth(['scheduling_p99_ms', 'flush_ms']),
      )
        .height(TALL)
        .span(THIRD)
        .displayName(`${label('_field')} ${label('instance')}`),
    )
    .withPanel(
      lines(
        {
          title: 'Memory and queue of the output',
          description: 'Memory of k6, and what waits for InfluxDB in memory and on disk.',
          unit: 'bytes',
        },
        queries.generatorHealth(['resident_bytes', 'queued_bytes', 'spooled_bytes']),
      )
        .height(TALL)
        .span(THIRD)
        .displayName(`${label('_field')} ${label('instance')}`),
    );
}
