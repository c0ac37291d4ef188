/** What the dashboard of SLOs asks of the records. */
import { BUCKETS } from '../../../contract/buckets.ts';
import { RUN_DETAIL } from '../../../contract/runs.ts';
import { SLO_DIRECTION } from '../../../contract/slo.ts';
import { columns, query, SHOWN } from '../../builder/flux.ts';
import { IN_SCOPE } from '../../builder/records.ts';

/** Indicators that have to stay above their limit. */
const ABOVE = Object.entries(SLO_DIRECTION).flatMap(([name, direction]) => (direction === 'above' ? [name] : []));

/** One table, a row an SLO and run, oldest first; `ok` is 1 or 0. */
const RESULTS = `results = from(bucket: "${BUCKETS.runs.name}")
  |> ${SHOWN.range}
  |> filter(fn: (r) => r._measurement == "${RUN_DETAIL.slo}" and ${IN_SCOPE})
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()
  |> sort(columns: ["_time"])
  |> map(fn: (r) => ({
    _time: r._time,
    scenario: r.scenario,
    request: if exists r.name then r.name else if exists r.metric then r.metric else "all requests",
    indicator: r.indicator,
    value: if exists r.value then r.value else -1.0,
    limit: r.limit,
    ok: if r.ok then 1.0 else 0.0,
  }))`;

/** One row an SLO: its newest result, and the share of runs that held it. */
export function states(): string {
  return query(
    ['math', 'strings'],
    `${RESULTS}
shown = (indicator, value) => if value < 0.0 then "no sample"
  else if strings.hasSuffix(v: indicator, suffix: "_ms") then string(v: math.round(x: value * 10.0) / 10.0) + " ms"
  else if strings.hasSuffix(v: indicator, suffix: "_rps") then string(v: math.round(x: value * 10.0) / 10.0) + " /s"
  else string(v: math.round(x: value * 10000.0) / 100.0) + " %"
results
  |> group(columns: ["scenario", "request", "indicator"])
  |> reduce(
    identity: {runs: 0.0, held: 0.0, value: 0.0, limit: 0.0, ok: 0.0},
    fn: (r, accumulator) => ({
      runs: accumulator.runs + 1.0,
      held: accumulator.held + r.ok,
      value: r.value,
      limit: r.limit,
      ok: r.ok,
    }),
  )
  |> group()
  |> sort(columns: ["scenario", "request", "indicator"])
  |> map(fn: (r) => ({
    scenario: r.scenario,
    "for": r.request,
    SLO: strings.replaceAll(v: strings.replaceAll(v: r.indicator, t: "_ms", u: ""), t: "_", u: " "),
    limit: (if contains(value: r.indicator, set: ${columns(ABOVE)}) then "> " else "< ") + shown(indicator: r.indicator, value: r.limit),
    newest: shown(indicator: r.indicator, value: r.value),
    state: r.ok,
    "runs within": r.held / r.runs,
    runs: r.runs,
  }))`,
  );
}

/** 1 or 0 at each run, a line an SLO. */
export function history(): string {
  return query(
    ['strings'],
    `${RESULTS}
results
  |> map(fn: (r) => ({
    _time: r._time,
    _value: r.ok,
    SLO: r.scenario + ": " + strings.replaceAll(v: strings.replaceAll(v: r.indicator, t: "_ms", u: ""), t: "_", u: " ") + (if r.request == "all requests" then "" else ", " + r.request),
  }))
  |> group(columns: ["SLO"])`,
  );
}

/** Share of all results that held. */
export function shareHeld(): string {
  return `${RESULTS}
results
  |> mean(column: "ok")
  |> map(fn: (r) => ({_value: r.ok}))`;
}

/** SLOs that the newest run of their scenario has broken. */
export function brokenNow(): string {
  return `${RESULTS}
results
  |> group(columns: ["scenario", "request", "indicator"])
  |> last(column: "ok")
  |> group()
  |> map(fn: (r) => ({_value: 1.0 - r.ok}))
  |> sum()`;
}

/** Each run has the result of each SLO of its scenario at its own time. */
export function runsCounted(): string {
  return `${RESULTS}
results
  |> map(fn: (r) => ({run: string(v: r._time) + r.scenario}))
  |> distinct(column: "run")
  |> count()`;
}
