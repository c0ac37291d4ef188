/** What the history says of a run, stored beside its record: a point a compared figure. Whoever shows it reads it here. */
import { flux, type Point } from '@influxdata/influxdb-client';
import { BUCKETS } from '../contract/buckets.ts';
import type { ComparedMetric } from '../contract/metrics.ts';
import type { Comparison, MetricComparison } from '../contract/results.ts';
import { type ComparisonVerdict, RUN_DETAIL, RUN_MEASUREMENT } from '../contract/runs.ts';
import { type InfluxConnection, queryApi } from './connection.ts';
import { type Row, reading } from './row.ts';
import { identified, kindPredicate, type RunIdentity } from './run-identity.ts';

const FIGURES = ['baseline', 'value', 'change', 'difference', 'low', 'high'] as const;

/** Words for what is as usual would double the size of a history. */
const WITHOUT_SENTENCE: readonly ComparisonVerdict[] = ['same', 'not enough runs'];

/** The verdict and its baseline go into the record itself. */
export function addComparison(record: Point, { verdict, sentence, baseline }: Comparison, judged: Date): Point {
  record
    .stringField('comparison', verdict)
    .stringField('comparison_sentence', sentence)
    .stringField('baseline_kind', baseline.kind)
    .intField('baseline_runs', baseline.runs)
    .stringField('judged', judged.toISOString());
  if (baseline.testid) record.stringField('baseline', baseline.testid);
  if (baseline.branch) record.stringField('baseline_branch', baseline.branch);
  return record;
}

/** One compared figure, by the tags `metric` and, where it is of one request, `name`; of a plateau a point of its own kind. */
export function comparisonPoint(run: RunIdentity, compared: MetricComparison): Point {
  const { metric, request, plateau, verdict, sentence } = compared;
  const kind = plateau === undefined ? RUN_DETAIL.comparison : RUN_DETAIL.plateau;
  const point = identified(kind, run).tag('metric', metric).stringField('verdict', verdict);
  if (plateau !== undefined) point.tag('plateau', plateau);
  if (request !== null) point.tag('name', request);
  if (!WITHOUT_SENTENCE.includes(verdict)) point.stringField('sentence', sentence);
  for (const figure of FIGURES) if (compared[figure] !== null) point.floatField(figure, compared[figure]);
  return point;
}

/**
 * The stored verdict of a run.
 * @returns null where it was compared with nothing
 * @throws whatever the client throws when InfluxDB does not answer
 */
export async function readComparison(connection: InfluxConnection, run: RunIdentity): Promise<Comparison | null> {
  const points = (measurement: string) => flux`from(bucket: ${BUCKETS.runs.name})
    |> range(start: ${run.started}, stop: ${new Date(run.started.getTime() + 1)})
    |> filter(fn: (r) => r._measurement == ${measurement})
    |> filter(fn: (r) => ${kindPredicate(run)})
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> group()`;
  const api = queryApi(connection);
  const [[record], rows, of_plateaus] = await Promise.all([
    api.collectRows<Row>(points(RUN_MEASUREMENT)),
    api.collectRows<Row>(points(RUN_DETAIL.comparison)),
    api.collectRows<Row>(points(RUN_DETAIL.plateau)),
  ]);
  if (!record?.comparison) return null;
  const { text, maybeText, number } = reading(record);
  return {
    verdict: text('comparison') as ComparisonVerdict,
    sentence: text('comparison_sentence'),
    baseline: {
      kind: text('baseline_kind') as Comparison['baseline']['kind'],
      runs: number('baseline_runs') ?? 0,
      testid: maybeText('baseline'),
      branch: maybeText('baseline_branch'),
    },
    metrics: [...rows, ...of_plateaus].map(toMetric),
  };
}

function toMetric(row: Row): MetricComparison {
  const { text, maybeText, number } = reading(row);
  const plateau = maybeText('plateau');
  return {
    metric: text('metric') as ComparedMetric,
    request: maybeText('name'),
    ...(plateau === null ? {} : { plateau }),
    baseline: number('baseline'),
    value: number('value'),
    change: number('change'),
    difference: number('difference'),
    low: number('low'),
    high: number('high'),
    verdict: text('verdict') as ComparisonVerdict,
    sentence: text('sentence'),
  };
}
