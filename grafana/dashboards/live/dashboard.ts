/** The live dashboard: one run, while it runs and after. The same for both layouts of the metrics. */

import {
  AxisPlacement,
  BigValueColorMode,
  BigValueTextMode,
  GraphDrawStyle,
  StackingConfigBuilder,
  StackingMode,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DashboardBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { LIVE_DASHBOARD_OF } from '../../../contract/grafana.ts';
import { HEATMAP_BOUNDS_MS, LOST_AFTER_S } from '../../../contract/live-schema.ts';
import { SLO_STATE } from '../../../contract/slo-text.ts';
import { annotation, dataLink, deployAnnotation, loadstarDashboard } from '../../builder/dashboard.ts';
import { STATE } from '../../builder/figures.ts';
import { SHOWN_METRICS, VARIABLE } from '../../builder/flux.ts';
import {
  COUNT,
  coloured,
  datasourceRef,
  EMPTY,
  FIELD,
  HALF,
  inOrder,
  label,
  lines,
  metricColumn,
  type PanelText,
  PERCENT,
  QUARTER,
  SHORT,
  stat,
  TALL,
  THIRD,
  table,
  target,
  WIDE,
  WITHOUT_EMPTY_FRAMES,
  WRAPPED,
  width,
} from '../../builder/panels.ts';
import type { MetricsSchema } from '../../builder/schemas/schema.ts';
import * as queries from './queries.ts';
import * as slos from './slos.ts';
import { telemetry } from './telemetry.ts';
import { variables } from './variables.ts';

const STAT = 3;
/** A column of numbers in a table of half the width: the rest is for the name. */
const NARROW = 95;
/** Beside the name of a request in a wide table. */
const SLO_COLUMN = 110;
/** `script exceptions` */
const SLO_NAME = 135;
/** Alert rules are shown in this panel: Grafana marks there when they begin and cease to fire. */
export const LATENCY_PANEL = 'Request time';

const green_red = (limit: number) =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null as unknown as number, color: 'green' },
    { value: limit, color: 'red' },
  ]);

export function liveDashboard(schema: MetricsSchema): DashboardBuilder {
  const dashboard = loadstarDashboard(LIVE_DASHBOARD_OF[schema.name], {
    description:
      'One run, while it runs and afterwards. Select the project and the run at the top; the newest run is first.',
    refresh: '5s',
    from: 'now-15m',
  })
    .annotation(annotation('Run', 'blue', queries.runAnnotation()))
    .annotation(annotation('Stages', 'light-blue', queries.stageAnnotation()))
    .annotation(deployAnnotation());
  if (schema.name === 'loadstar') dashboard.annotation(annotation('Thresholds', 'red', queries.breachAnnotation()));
  if (schema.generator_health) dashboard.annotation(annotation('Generators', 'orange', queries.lostAnnotation(schema)));
  for (const variable of variables(schema)) dashboard.withVariable(variable);
  overview(dashboard, schema);
  latency(dashboard, schema);
  telemetry(dashboard);
  requests(dashboard, schema);
  if (schema.generator_health) health(dashboard, schema);
  return dashboard;
}

/** This run and time, and of the requests the one in the row. */
const THIS_REQUEST = `\${__url_time_range}&\${${VARIABLE.project}:queryparam}&\${${VARIABLE.run}:queryparam}&\${${VARIABLE.scenario}:queryparam}&var-${VARIABLE.request}=\${__value.text:percentencode}`;

/** Lines in steps that are no shorter than the windows of what is stored. */
function steps(text: PanelText, ...flux: readonly string[]) {
  return lines(text, ...flux).interval(`$${VARIABLE.window}`);
}

function overview(dashboard: DashboardBuilder, schema: MetricsSchema): void {
  const soFar = 'Over the whole run so far, in the selected scenarios.';
  const of = (title: string, description: string, unit: string, flux: string) =>
    stat({ title, description, unit }, flux).height(STAT).span(QUARTER);
  dashboard
    .withRow(new RowBuilder('Overview'))
    .withPanel(users(schema))
    .withPanel(
      of(
        'Request rate',
        `Requests per second: all requests divided by the duration, as k6 reports it at the end. ${soFar}`,
        'reqps',
        queries.rateSoFar(schema, SHOWN_METRICS.requests),
      ).decimals(1),
    )
    .withPanel(
      of(
        'Requests',
        `Number of requests of the chosen protocol. ${soFar}`,
        'locale',
        queries.totalSoFar(schema, SHOWN_METRICS.requests),
      ).decimals(0),
    )
    .withPanel(
      of(
        'p95',
        `95th percentile of request time, ${schema.accuracy}. ${soFar}`,
        'ms',
        queries.p95SoFar(schema),
      ).decimals(0),
    )
    .withPanel(
      of(
        'Error rate',
        `Share of requests that failed. ${soFar}`,
        'percentunit',
        queries.shareSoFar(schema, SHOWN_METRICS.failed),
      )
        .decimals(2)
        .colorMode(BigValueColorMode.Value)
        .thresholds(green_red(ANY_ERROR)),
    )
    .withPanel(
      of(
        'Checks',
        `Share of checks that passed. ${soFar}`,
        'percentunit',
        queries.shareSoFar(schema, 'checks'),
      ).decimals(2),
    )
    .withPanel(
      of('Data', `Bytes received and sent. ${soFar}`, 'decbytes', queries.totalSoFar(schema, 'data_received'))
        .withTarget(target(queries.totalSoFar(schema, 'data_sent'), 'B'))
        .overrideByQuery('A', [{ id: 'displayName', value: 'in' }])
        .overrideByQuery('B', [{ id: 'displayName', value: 'out' }])
        .textMode(BigValueTextMode.ValueAndName),
    )
    .withPanel(
      of(
        'Dropped iterations',
        `Iterations that k6 dropped because no VU was free: the load was lower than planned. ${soFar}`,
        'short',
        queries.totalSoFar(schema, 'dropped_iterations'),
      )
        .noValue('0')
        .decimals(0),
    )
    .withPanel(sloTable(schema));
}

/** Beside them, at the top, how many generators are lost: whoever looks at the run sees it at once. */
function users(schema: MetricsSchema) {
  const title = 'Users';
  const description = 'Virtual users (VUs) now, over all generators.';
  const panel = (more: string) =>
    stat({ title, description: `${description}${more}`, unit: 'short' }, queries.usersNow(schema))
      .height(STAT)
      .span(QUARTER)
      .decimals(0);
  if (!schema.generator_health) return panel('');
  return panel(' Lost generators are counted beside them; the table Generators names them.')
    .withTarget(target(queries.lostCount(schema), 'B'))
    .colorMode(BigValueColorMode.Value)
    .overrideByQuery('A', [
      { id: 'displayName', value: 'users' },
      { id: 'color', value: { mode: 'fixed', fixedColor: 'text' } },
    ])
    .overrideByQuery('B', [
      { id: 'displayName', value: 'lost generators' },
      { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
    ])
    .textMode(BigValueTextMode.Auto);
}

/** The first failed request colours the figure. */
const ANY_ERROR = 1e-9;

function sloTable(schema: MetricsSchema) {
  return table(
    {
      title: 'Service level objectives',
      description: `Every SLO of the run with its limit and its value over the whole run so far, failed SLOs first. Latencies are ${schema.accuracy}. After the run, the values are those of its verdict.`,
      unit: 'none',
    },
    slos.sloTable(schema),
  )
    .height(SHORT)
    .span(WIDE)
    .overrideByName('for', [WRAPPED])
    .overrideByName('SLO', [width(SLO_NAME)])
    .overrideByName('value', [width(SLO_COLUMN)])
    .overrideByName('limit', [width(SLO_COLUMN)])
    .overrideByName('state', [
      { id: 'custom.align', value: 'left' },
      width(SLO_COLUMN),
      ...coloured({
        [STATE.failed]: { text: SLO_STATE.failed, color: 'red' },
        [STATE.passed]: { text: SLO_STATE.passed, color: 'green' },
        [STATE.no_data]: { text: SLO_STATE.no_data, color: 'text' },
      }),
    ])
    .withTransformation(inOrder('state', 'for', 'SLO', 'value', 'limit'));
}

function latency(dashboard: DashboardBuilder, schema: MetricsSchema): void {
  dashboard
    .withRow(new RowBuilder('Latency and throughput'))
    .withPanel(
      steps(
        {
          title: LATENCY_PANEL,
          description: `Percentiles of the time of requests, over all requests of the selected scenarios. ${schema.steps} The dashed line is the limit of p95.`,
          unit: 'ms',
        },
        queries.percentilesOverTime(schema, SHOWN_METRICS.duration),
        slos.latencyLimit(),
      )
        .height(TALL)
        .span(HALF)
        .displayName(`${FIELD}`)
        .overrideByQuery('B', [
          { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
          { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
          { id: 'displayName', value: 'limit of p95' },
          { id: 'custom.fillOpacity', value: 0 },
          { id: 'custom.showPoints', value: 'never' },
        ]),
    )
    .withPanel(
      steps(
        {
          title: 'Throughput and users',
          description: 'Requests per second on the left axis, virtual users (VUs) on the right axis.',
          unit: 'reqps',
        },
        queries.ratePerSecond(schema, SHOWN_METRICS.requests),
        queries.usersOverTime(schema),
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
    .withPanel(heatmap(schema))
    .withPanel(
      steps(
        {
          title: 'Requests by status',
          description:
            'Requests per second by response status, failed requests included. Status 0 means that no answer arrived; of a gRPC call it means OK.',
          unit: 'reqps',
        },
        queries.statusOverTime(schema),
      )
        .height(TALL)
        .span(HALF)
        .drawStyle(GraphDrawStyle.Bars)
        .fillOpacity(60)
        .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
        .displayName(label('status')),
    );
}

function heatmap(schema: MetricsSchema) {
  const order = Object.fromEntries(
    [...HEATMAP_BOUNDS_MS.map(String), '+Inf'].map((bound, index) => [bound, index + 1]),
  );
  return new HeatmapBuilder()
    .title('Distribution')
    .description('Requests per latency bucket over time. The axis shows the upper bound of each bucket in ms.')
    .unit('short')
    .datasource(datasourceRef)
    .noValue(EMPTY)
    .interval(`$${VARIABLE.window}`)
    .withTarget(target(queries.heatmap(schema), 'A'))
    .withTransformation(WITHOUT_EMPTY_FRAMES)
    .withTransformation({ id: 'joinByField', options: { byField: 'Time', mode: 'outer' } })
    .withTransformation({ id: 'organize', options: { indexByName: { Time: 0, ...order } } })
    .displayName(FIELD)
    .calculate(false)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Oranges').steps(64))
    .yAxis(new YAxisConfigBuilder().axisPlacement(AxisPlacement.Left))
    .height(TALL)
    .span(HALF);
}

function requests(dashboard: DashboardBuilder, schema: MetricsSchema): void {
  dashboard
    .withRow(new RowBuilder('Requests and checks'))
    .withPanel(
      table(
        {
          title: 'Requests',
          description: `One row per request name over the whole run so far, highest p95 first. Percentiles are ${schema.accuracy}. Select a name to show only that request.`,
          unit: 'ms',
        },
        queries.requestTable(schema),
      )
        .height(SHORT)
        .span(WIDE)
        .decimals(1)
        .withTransformation(inOrder('name', 'requests', 'rate', 'p50', 'p95', 'p99', 'max', 'errors'))
        .overrideByRegexp('/^(requests|rate|p[0-9]+|max|errors)$/', [width(NARROW)])
        .overrideByName('requests', COUNT)
        .overrideByName('rate', [{ id: 'unit', value: 'reqps' }])
        .overrideByName('errors', PERCENT)
        .overrideByName('name', [WRAPPED, dataLink(LIVE_DASHBOARD_OF[schema.name], 'only this request', THIS_REQUEST)]),
    )
    .withPanel(
      steps(
        {
          title: 'Error rate by request',
          description: 'Share of requests that failed, by request name.',
          unit: 'percentunit',
        },
        queries.errorShareOverTime(schema, 'name'),
      )
        .height(TALL)
        .span(THIRD)
        .max(1)
        .displayName(label('name')),
    )
    .withPanel(
      steps(
        {
          title: 'Time by phase',
          description:
            'Mean time per HTTP request in each phase: connection phases, sending, waiting for the server, receiving.',
          unit: 'ms',
        },
        queries.phasesOverTime(schema),
      )
        .height(TALL)
        .span(THIRD)
        .displayName(label('phase')),
    )
    .withPanel(
      steps(
        {
          title: 'Iteration time',
          description: `Percentiles of iteration_duration, the time of a whole iteration with its think time. ${schema.steps}`,
          unit: 'ms',
        },
        queries.percentilesOverTime(schema, 'iteration_duration'),
      )
        .height(TALL)
        .span(THIRD)
        .displayName(FIELD),
    )
    .withPanel(
      table(
        {
          title: 'Checks',
          description: 'Passed and failed checks over the whole run so far, lowest pass rate first.',
          unit: 'short',
        },
        queries.checksTable(schema),
      )
        .height(SHORT)
        .span(HALF)
        .overrideByName('check', [WRAPPED])
        .withTransformation(inOrder('check', 'passed', 'failed', 'rate'))
        .overrideByName('passed', [width(NARROW)])
        .overrideByName('failed', [width(NARROW)])
        .overrideByName('rate', [...PERCENT, width(NARROW)]),
    )
    .withPanel(
      table(
        {
          title: 'Groups',
          description: `Percentiles of group_duration, the time of each group with its think time, over the whole run so far; ${schema.accuracy}.`,
          unit: 'ms',
        },
        queries.groupTable(schema),
      )
        .height(SHORT)
        .span(HALF)
        .overrideByName('group', [WRAPPED])
        .decimals(1)
        .noValue('no groups in this run')
        .withTransformation(inOrder('group', 'times', 'p50', 'p95', 'p99'))
        .overrideByName('times', [...COUNT, width(NARROW)])
        .overrideByName('p50', [width(NARROW)])
        .overrideByName('p95', [width(NARROW)])
        .overrideByName('p99', [width(NARROW)]),
    );
}

const OF_MOST = `Of many generators, the ${queries.GENERATORS_SHOWN} with the most.`;

function health(dashboard: DashboardBuilder, schema: MetricsSchema): void {
  dashboard
    .withRow(new RowBuilder('Is the measurement sound?'))
    .withPanel(
      steps(
        {
          title: 'CPU of the generator',
          description: `CPU usage of the machine that runs the load generator. A busy machine is no fault by itself: see the generator's own delay. ${OF_MOST}`,
          unit: 'percentunit',
        },
        queries.generatorHealth(schema, ['machine_cpu_ratio']),
      )
        .height(TALL)
        .span(THIRD)
        .max(1)
        .displayName(label('instance')),
    )
    .withPanel(
      steps(
        {
          title: 'Delays of generator and output',
          description: `What the load generator adds itself: in each second, 5 % and 1 % of requests waited longer for it. At the end of the run, Loadstar works out how much of each figure that can explain, and compares only figures that it cannot have moved by a change that matters. flush_ms is the time of a write to InfluxDB. ${OF_MOST}`,
          unit: 'ms',
        },
        queries.generatorHealth(schema, ['delay_p95_ms', 'delay_p99_ms', 'flush_ms']),
      )
        .height(TALL)
        .span(THIRD)
        .displayName(`${FIELD} ${label('instance')}`),
    )
    .withPanel(
      steps(
        {
          title: 'Memory and queue of the output',
          description: `Memory of k6, and samples that wait for InfluxDB in memory and on disk. ${OF_MOST}`,
          unit: 'bytes',
        },
        queries.generatorHealth(schema, ['resident_bytes', 'queued_bytes', 'spooled_bytes']),
      )
        .height(TALL)
        .span(THIRD)
        .displayName(`${FIELD} ${label('instance')}`),
    )
    .withPanel(
      table(
        {
          title: 'Generators',
          description: `Each load generator, lost ones first, then the slowest. Running since its load began, ended, or lost: no sign of life for ${LOST_AFTER_S} s since that time. Figures are of its newest second: requests/s, p95 of its requests (within 1 %), CPU of its machine, and the delay that it adds itself to one request in a hundred.`,
          unit: 'short',
        },
        queries.generatorTable(schema),
      )
        .height(SHORT)
        .span(WIDE)
        .withTransformation(inOrder('generator', 'state', 'since', 'rate', 'p95', 'CPU', 'delay'))
        .decimals(1)
        .overrideByName('generator', [WRAPPED])
        .overrideByRegexp('/^(since|rate|p95|CPU|delay)$/', [width(NARROW)])
        .overrideByName('state', [
          { id: 'custom.align', value: 'left' },
          width(NARROW),
          ...coloured({
            [queries.GENERATOR_STATE.lost]: { text: 'lost', color: 'red' },
            [queries.GENERATOR_STATE.running]: { text: 'running', color: 'green' },
            [queries.GENERATOR_STATE.ended]: { text: 'ended', color: 'text' },
          }),
        ])
        .overrideByName('since', [{ id: 'unit', value: 'time:HH:mm:ss' }])
        .overrideByName('p95', metricColumn('p95_ms'))
        .overrideByName('CPU', PERCENT)
        .overrideByName('delay', metricColumn('p95_ms')),
    );
}
