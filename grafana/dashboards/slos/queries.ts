/** What the dashboard of SLOs asks of the records. */
import { ALL_REQUESTS } from '../../../contract/slo-text.ts';
import { FIGURE_IMPORTS, SLO_FUNCTIONS, STATE } from '../../builder/figures.ts';
import { NO_TEXT, query, SHOWN } from '../../builder/flux.ts';
import { IN_SCOPE, numbered } from '../../builder/records.ts';
import { sloResults } from '../../builder/slos.ts';

const RESULTS = sloResults(SHOWN.range, IN_SCOPE);

/** One row an SLO, failed ones first: its newest result, and the share of runs that passed it. */
export function states(): string {
  return query(
    FIGURE_IMPORTS,
    `${SLO_FUNCTIONS}
${RESULTS}
results
  |> group(columns: ["scenario", "subject", "indicator"])
  |> reduce(
    identity: {runs: 0.0, passed: 0.0, known: false, value: 0.0, limit: 0.0, limit_text: ${NO_TEXT}, ok: 0.0},
    fn: (r, accumulator) => ({
      runs: accumulator.runs + (if r.ok == ${STATE.no_data}.0 then 0.0 else 1.0),
      passed: accumulator.passed + (if r.ok == ${STATE.no_data}.0 then 0.0 else r.ok),
      known: r.known,
      value: r.value,
      limit: r.limit,
      limit_text: r.limit_text,
      ok: r.ok,
    }),
  )
  |> group()
  |> sort(columns: ["ok", "scenario", "subject", "indicator"])
  |> map(fn: (r) => ({
    scenario: r.scenario,
    "for": sloSubject(subject: r.subject, text: r.limit_text),
    SLO: sloLabel(indicator: r.indicator),
    limit: sloLimit(indicator: r.indicator, limit: r.limit, text: r.limit_text),
    newest: sloValue(indicator: r.indicator, known: r.known, value: r.value),
    state: r.ok,
    "runs passed": if r.runs == 0.0 then 0.0 else r.passed / r.runs,
    runs: r.runs,
  }))`,
  );
}

/** Columns of the history: what fits beside Grafana's menu. */
const MOST_RUNS = 15;
const NEWEST = 'newest';

/** The runs of the history, newest first: `newest`, `−1`, `−2`. */
export const HISTORY_RUNS = Array.from({ length: MOST_RUNS }, (_, ago) => (ago === 0 ? NEWEST : `−${ago}`));

/** A row an SLO, with its state in the column of each run that judged it. */
export function history(): string {
  return query(
    FIGURE_IMPORTS,
    `${SLO_FUNCTIONS}
${RESULTS}
results
  |> map(fn: (r) => ({
    _time: r._time,
    _value: r.ok,
    SLO: r.scenario + ": " + sloLabel(indicator: r.indicator) + (if r.subject == "${ALL_REQUESTS}" then "" else ", " + r.subject),
  }))
  |> group(columns: ["SLO"])
  |> sort(columns: ["_time"], desc: true)
  |> limit(n: ${MOST_RUNS})
  |> ${numbered('number')}
  |> map(fn: (r) => ({SLO: r.SLO, _value: r._value, run: if r.number == 1 then "${NEWEST}" else "−" + string(v: r.number - 1)}))
  |> group()
  |> pivot(rowKey: ["SLO"], columnKey: ["run"], valueColumn: "_value")
  |> sort(columns: ["SLO"])`,
  );
}

/** Share of all results that passed. */
export function sharePassed(): string {
  return `${RESULTS}
results
  |> filter(fn: (r) => r.ok != ${STATE.no_data}.0)
  |> mean(column: "ok")
  |> map(fn: (r) => ({_value: r.ok}))`;
}

/** SLOs that the newest run of their scenario has failed. */
export function failedNow(): string {
  return `${RESULTS}
results
  |> map(fn: (r) => ({r with _value: if r.ok == ${STATE.failed}.0 then 1.0 else 0.0}))
  |> group(columns: ["scenario", "subject", "indicator"])
  |> last()
  |> group()
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
