/** The SLOs of runs, as their records have them: limits from the start of a run, values and results from its end. */
import { BUCKETS } from '../../contract/buckets.ts';
import { RUN_DETAIL, RUN_MEASUREMENT } from '../../contract/runs.ts';
import { ALL_REQUESTS } from '../../contract/slo-text.ts';
import { STATE } from './figures.ts';
import { NO_TEXT, VARIABLE } from './flux.ts';
import { LIVE_RANGE } from './records.ts';

/** A row an SLO and run; `value` and `ok` are missing until the run has been judged. @param range Flux */
function sloRecords(range: string, where: string): string {
  return `from(bucket: "${BUCKETS.runs.name}")
  |> ${range}
  |> filter(fn: (r) => r._measurement == "${RUN_DETAIL.slo}"${where})
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()`;
}

/** Defines `slos`: those of the chosen run. Its time is looked up first: a record is found by its time alone. */
export const SLOS_OF_RUN = `begins = from(bucket: "${BUCKETS.runs.name}")
  |> ${LIVE_RANGE}
  |> filter(fn: (r) => r._measurement == "${RUN_MEASUREMENT}" and r._field == "testid" and r._value == "\${${VARIABLE.run}}")
  |> findColumn(fn: (key) => true, column: "_time")
begin = if length(arr: begins) > 0 then begins[0] else now()
slos = ${sloRecords('range(start: begin, stop: time(v: int(v: begin) + 1000000))', '')}
  |> filter(fn: (r) => r.testid == "\${${VARIABLE.run}}")
  |> map(fn: (r) => ({r with
    request: if exists r.name then r.name else ${NO_TEXT},
    metric: if exists r.metric then r.metric else ${NO_TEXT},
    limit_text: if exists r.limit_text then r.limit_text else ${NO_TEXT},
    part: if exists r.part then r.part else ${NO_TEXT},
  }))`;

/**
 * Defines `results`: of the runs in the range that have been judged, oldest first. @param where a condition in Flux
 * The map has a block, so that Flux does not vectorize it: it cannot join texts that not all rows have (influxd v2.7.12).
 */
export function sloResults(range: string, where: string): string {
  return `results = ${sloRecords(range, ` and ${where}`)}
  |> filter(fn: (r) => exists r.ok)
  |> sort(columns: ["_time"])
  |> map(fn: (r) => {
    limit_text = if exists r.limit_text then r.limit_text else ${NO_TEXT}
    of = if exists r.name then r.name else if exists r.metric then r.metric else "${ALL_REQUESTS}"
    return {
      _time: r._time,
      scenario: r.scenario,
      subject: of + (if exists r.part then ", " + r.part else ""),
      indicator: r.indicator,
      limit_text: limit_text,
      known: exists r.value,
      value: if exists r.value then r.value else 0.0,
      limit: r.limit,
      ok: if not r.ok then ${STATE.failed}.0 else if exists r.value then ${STATE.passed}.0 else ${STATE.no_data}.0,
    }
  })`;
}
