/** SLOs: which pass now, how often they passed, and when they failed. */
import { BigValueColorMode } from '@grafana/grafana-foundation-sdk/common';
import {
  type DashboardBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { SLO_STATE } from '../../../contract/slo-text.ts';
import { dataLink, loadstarDashboard } from '../../builder/dashboard.ts';
import { STATE } from '../../builder/figures.ts';
import { COUNT, coloured, inOrder, PERCENT, stat, THIRD, table, WIDE, WRAPPED, width } from '../../builder/panels.ts';
import { scopeVariables } from '../../builder/scope.ts';
import * as queries from './queries.ts';

const STATES = {
  [STATE.failed]: { text: SLO_STATE.failed, color: 'red' },
  [STATE.passed]: { text: SLO_STATE.passed, color: 'green' },
  [STATE.no_data]: { text: SLO_STATE.no_data, color: 'text' },
};

export function slosDashboard(): DashboardBuilder {
  const dashboard = loadstarDashboard('slos', {
    description: 'Every SLO: its state in the newest run, the share of runs that passed it, and its history.',
    refresh: '30s',
    from: 'now-30d',
  });
  for (const variable of scopeVariables()) dashboard.withVariable(variable);
  return dashboard
    .withRow(new RowBuilder('Now'))
    .withPanel(
      stat(
        {
          title: 'Failed now',
          description: 'Number of SLOs that the newest run of their scenario failed.',
          unit: 'short',
        },
        queries.failedNow(),
      )
        .height(4)
        .span(THIRD)
        .decimals(0)
        .colorMode(BigValueColorMode.Value)
        .thresholds(steps([null, 'green'], [1, 'red'])),
    )
    .withPanel(
      stat(
        {
          title: 'Passed in this range',
          description: 'Share of the SLO results in this time range that passed, over all runs.',
          unit: 'percentunit',
        },
        queries.sharePassed(),
      )
        .height(4)
        .span(THIRD)
        .decimals(1),
    )
    .withPanel(
      stat(
        {
          title: 'Runs in this range',
          description: 'Number of runs in this time range that have ended and have SLO results.',
          unit: 'short',
        },
        queries.runsCounted(),
      )
        .height(4)
        .span(THIRD)
        .decimals(0),
    )
    .withPanel(states())
    .withRow(new RowBuilder('History'))
    .withPanel(history());
}

const MARKS = {
  [STATE.failed]: { text: '✗', color: 'red' },
  [STATE.passed]: { text: '✓', color: 'green' },
  [STATE.no_data]: { text: '–', color: 'transparent' },
};

function history() {
  const panel = table(
    {
      title: 'SLOs, run by run',
      description: 'One row per SLO, one column per run of its scenario, newest first: ✓ passed, ✗ failed, – no data.',
      unit: 'none',
    },
    queries.history(),
  )
    .height(12)
    .span(WIDE)
    .overrideByName('SLO', [WRAPPED, width(SUBJECT_COLUMN)])
    .withTransformation(inOrder('SLO', ...queries.HISTORY_RUNS));
  for (const [index, run] of queries.HISTORY_RUNS.entries()) {
    panel.overrideByName(run, [
      { id: 'custom.cellOptions', value: { type: 'color-background', mode: 'basic' } },
      { id: 'mappings', value: [{ type: 'value', options: MARKS }, NO_RUN] },
      { id: 'custom.align', value: 'center' },
      width(index === 0 ? NEWEST_COLUMN : RUN_COLUMN),
    ]);
  }
  return panel;
}

const NO_RUN = { type: 'special', options: { match: 'null', result: { text: ' ', color: 'transparent' } } };
/** All columns have to fit beside Grafana's menu. */
const SUBJECT_COLUMN = 330;
const NEWEST_COLUMN = 70;
const RUN_COLUMN = 46;

function steps(...all: readonly (readonly [number | null, string])[]) {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(all.map(([value, color]) => ({ value: value as number, color })));
}

function states() {
  return table(
    {
      title: 'Service level objectives',
      description:
        'One row per SLO, failed ones first: its value in the newest run of this time range, and the share of runs in this time range that passed it.',
      unit: 'none',
    },
    queries.states(),
  )
    .height(9)
    .span(WIDE)
    .overrideByName('SLO', [width(135)])
    .overrideByName('limit', [width(90)])
    .overrideByName('newest', [width(100)])
    .overrideByName('state', [...coloured(STATES), width(100)])
    .overrideByName('runs passed', [...PERCENT, width(110)])
    .overrideByName('runs', [...COUNT, width(70)])
    .overrideByName('for', [WRAPPED])
    .overrideByName('scenario', [
      width(215),
      WRAPPED,
      dataLink(
        'runs',
        'runs of this scenario',
        `var-scenario=\${__value.text}&\${project:queryparam}&\${profile:queryparam}&\${target:queryparam}`,
      ),
    ])
    .withTransformation(inOrder('scenario', 'for', 'SLO', 'limit', 'newest', 'state', 'runs passed', 'runs'));
}
