/** What the target itself measured in the chosen run (contract/telemetry.ts): a panel per component, below the latencies. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { BUCKETS } from '../../../contract/buckets.ts';
import { TELEMETRY_POINT, TELEMETRY_UNITS, type TelemetryUnit } from '../../../contract/telemetry.ts';
import { columns, NO_TEXT, query, SHOWN, select, VARIABLE } from '../../builder/flux.ts';
import { label, lines, SHORT, WIDE } from '../../builder/panels.ts';

const { measurement, tags, fields } = TELEMETRY_POINT;
const BUCKET = BUCKETS.target;
/** Title of the one panel of a run without telemetry: a repeated panel needs a value. */
export const NO_COMPONENT = 'Telemetry';
const NO_TELEMETRY =
  'no telemetry in this run: set `telemetry` of the target in loadstar.config.ts, or TELEMETRY=on for the demo';
/** On a phone Grafana puts them below each other. */
const PANELS_A_ROW = 3;
/** Begins the names of limits: Grafana's overrides find fields by their names. */
const LIMIT = 'limit, ';

/** Components of the chosen run. The first point of a series is found without reading the others. */
export function components(): string {
  const frame = { ...SHOWN, range: `range(start: -${BUCKET.retention_s}s)` };
  return query(
    ['array'],
    `found = ${select(frame, { bucket: BUCKET.name, measurement, fields: [fields.value], by: 'run' })}
  |> first()
  |> keep(columns: ${columns([tags.component])})
  |> group()
  |> distinct(column: "${tags.component}")
  |> sort()
if length(arr: found |> findColumn(fn: (key) => true, column: "_value")) > 0
  then found
  else array.from(rows: [{_value: "${NO_COMPONENT}"}])`,
  );
}

/**
 * The series of a component. Of several samples in a step the highest: a pool that was full for a moment was full. The name of
 * a field is its unit, so that one query serves panels of any units.
 */
export function seriesOverTime(): string {
  const kept = [tags.series, tags.instance];
  return `${select(SHOWN, { bucket: BUCKET.name, measurement, by: 'run' })}
  |> filter(fn: (r) => r.${tags.component} =~ /^\${${VARIABLE.component}:regex}$/)
  |> aggregateWindow(every: v.windowPeriod, fn: max, createEmpty: false)
  |> map(fn: (r) => ({
    _time: r._time,
    _value: r._value,
    _field: (if r._field == "${fields.limit}" then "${LIMIT}" else "") + r.${tags.unit},
    ${tags.series}: r.${tags.series},
    ${tags.instance}: if exists r.${tags.instance} then r.${tags.instance} else ${NO_TEXT},
  }))
  |> group(columns: ${columns(['_field', ...kept])})`;
}

export function telemetry(dashboard: DashboardBuilder): void {
  const panel = lines(
    {
      title: `\${${VARIABLE.component}}`,
      description:
        'What this component of the target measured itself. Dashed lines are limits. Where the screen has fewer points than there are samples, each point is the highest of its step.',
      unit: 'none',
    },
    seriesOverTime(),
  )
    .interval(`$${VARIABLE.window}`)
    .noValue(NO_TELEMETRY)
    .height(SHORT)
    .span(WIDE)
    .repeat(VARIABLE.component)
    .repeatDirection('h')
    .maxPerRow(PANELS_A_ROW)
    .displayName(`${label(tags.series)} ${label(tags.instance)}`);
  for (const [unit, shown] of Object.entries(TELEMETRY_UNITS)) {
    const looks = [
      { id: 'unit', value: shown.grafana },
      ...(unit === ('share' satisfies TelemetryUnit) ? [TENTH] : []),
    ];
    panel.overrideByName(unit, looks);
    panel.overrideByName(`${LIMIT}${unit}`, [...looks, ...LIMIT_LOOKS]);
  }
  dashboard.withRow(new RowBuilder('The target')).withPanel(panel);
}

/** Grafana's own axis of a share that stays 0 ends at 10,000 %. */
const TENTH = { id: 'custom.axisSoftMax', value: 0.1 };

const LIMIT_LOOKS = [
  { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
  { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
  { id: 'displayName', value: `limit of ${label(tags.series)} ${label(tags.instance)}` },
  { id: 'custom.fillOpacity', value: 0 },
  { id: 'custom.showPoints', value: 'never' },
  { id: 'custom.hideFrom', value: { legend: true, tooltip: false, viz: false } },
];
