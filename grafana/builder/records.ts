/** Reading the records of runs (bucket `k6_runs`, docs/schema.md). */
import { BUCKETS } from '../../contract/buckets.ts';
import { RUN_TAGS } from '../../contract/k6-metrics.ts';
import type { ComparedMetric } from '../../contract/metrics.ts';
import { OUTPUTS } from '../../contract/outputs.ts';
import { RUN_DETAIL, RUN_MEASUREMENT, RUN_TAG_NAMES, type RunTagName } from '../../contract/runs.ts';
import { quoted, SHOWN, VARIABLE } from './flux.ts';

/** One table, a row a run: time of the start, tags, and those of the fields that it has. @param range Flux */
export function records(range: string, fields: readonly string[], where = ''): string {
  const wanted = fields.map((field) => `r._field == "${field}"`).join(' or ');
  return `from(bucket: "${BUCKETS.runs.name}")
  |> ${range}
  |> filter(fn: (r) => r._measurement == "${RUN_MEASUREMENT}"${where ? ` and ${where}` : ''})
  |> filter(fn: (r) => ${wanted})
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()`;
}

/** Names of the tags that a record and the points beside it have in common, with its time. */
export const RECORD_KEY = ['_time', ...RUN_TAG_NAMES] as const;

/**
 * The stored verdicts of one figure: one table, a row a run, with its baseline, change, difference, band and verdict.
 * @param range Flux; @param request its name; left out, the figure of the whole run
 */
export function verdicts(range: string, metric: ComparedMetric, where: string, request?: string): string {
  const of_request = request === undefined ? 'not exists r.name' : `r.name == ${quoted(request)}`;
  return `from(bucket: "${BUCKETS.runs.name}")
  |> ${range}
  |> filter(fn: (r) => r._measurement == "${RUN_DETAIL.comparison}" and r.metric == "${metric}" and ${of_request} and ${where})
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()`;
}

/** Which runs the dashboards over many runs show. */
export const SCOPE_VARIABLE = {
  project: VARIABLE.project,
  scenario: 'scenario',
  profile: 'profile',
  target: 'target',
} as const;

/** As a condition on records: scenarios may be several; project, profile and target are one. */
export const OF_PROJECT = `r.${RUN_TAGS.project} == "\${${SCOPE_VARIABLE.project}}"`;
export const OF_PROFILE = `${OF_PROJECT} and r.profile == "\${${SCOPE_VARIABLE.profile}}"`;
export const OF_TARGET = `${OF_PROFILE} and r.target == "\${${SCOPE_VARIABLE.target}}"`;
export const IN_SCOPE = `r.scenario =~ /^\${${SCOPE_VARIABLE.scenario}:regex}$/ and ${OF_TARGET}`;

/** Numbers the rows of each group from 1 on, in their order. @param column of the numbers */
export function numbered(column: string): string {
  return `map(fn: (r) => ({r with ${column}: 1}))
  |> cumulativeSum(columns: ["${column}"])`;
}

/** The values of a tag, those of the newest run first. @param where a condition in Flux @param range Flux */
export function tagsByAge(tag: RunTagName, where = '', range = SHOWN.range): string {
  return `${records(range, ['testid'], where)}
  |> group(columns: ["${tag}"])
  |> max(column: "_time")
  |> group()
  |> sort(columns: ["_time"], desc: true)
  |> map(fn: (r) => ({_value: r.${tag}}))`;
}

/** Records are kept for ever, unless they are pruned. */
export const EVER = 'range(start: 0)';

/** Live data is kept so long; older runs have their record alone. */
export const LIVE_RANGE = `range(start: -${BUCKETS.live.retention_s}s)`;

/** Runs whose metrics are in this layout, as a condition on records. */
export function writtenAs(schema: 'loadstar' | 'raw'): string {
  const names = Object.entries(OUTPUTS).flatMap(([name, output]) => (output.schema === schema ? [name] : []));
  return `r.output =~ /(^|,)(${names.join('|')})(,|$)/`;
}
