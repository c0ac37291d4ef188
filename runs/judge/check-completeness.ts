import { completeness, type MetricTotals } from '../../analysis/completeness.ts';
import { BUCKETS } from '../../contract/buckets.ts';
import type { K6Summary } from '../../contract/k6-summary.ts';
import type { OutputReport } from '../../contract/output-report.ts';
import { judgedOutput, OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import type { Completeness } from '../../contract/results.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import type { RunStart } from '../../influxdb/run-points.ts';
import { type StoredTotals, storedTotals } from '../../influxdb/totals.ts';
import { k6Totals } from './summary.ts';

/** In the names of measurements that hold the same samples rolled up (contract/live-schema.ts); k6's metrics have none. */
const ROLLUP_MARK = '.';

/** What was sent, by those who sent it. */
export interface SentSamples {
  readonly k6: K6Summary | null;
  /** What several generators sent together; left out, it is what k6's summary says. */
  readonly sent?: ReadonlyMap<string, MetricTotals> | undefined;
  /** null where our output did not run, or did not come to its end. */
  readonly report: OutputReport | null;
}

/** Compares what k6 and our output counted with what InfluxDB stored. @throws if InfluxDB does not answer */
export async function checkCompleteness(
  connection: InfluxConnection,
  { testid, started, outputs }: Pick<RunStart, 'testid' | 'started' | 'outputs'>,
  { k6, sent: together, report }: SentSamples,
): Promise<Completeness> {
  const output = OUTPUTS[judgedOutput(outputs as OutputName[])];
  const place = { bucket: BUCKETS[output.bucket].name, schema: output.schema };
  const stored = await storedTotals(connection, place, testid, started);
  if (!k6 && !together) return killedCompleteness(stored, report, output.tolerance);
  const sent = storableTotals(new Map(together ?? (k6 ? k6Totals(k6) : [])), report);
  const typed = new Map(
    [...sent].flatMap(([name, { type }]) => {
      const totals = stored.get(name);
      return totals ? [[name, { ...totals, type }] as const] : [];
    }),
  );
  return completeness(sent, typed, output.tolerance, output.schema === 'loadstar' ? storableCounts(report) : null);
}

/**
 * A k6 that did not come to its end: what is stored is kept, but there is nothing to hold it against, and what had not been
 * sent yet is lost with it.
 */
function killedCompleteness(
  stored: ReadonlyMap<string, StoredTotals>,
  report: OutputReport | null,
  tolerance: number,
): Completeness {
  const samples_stored = [...stored].reduce(
    (sum, [name, { count }]) => (name.includes(ROLLUP_MARK) ? sum : sum + count),
    0,
  );
  const counted = Object.values(storableCounts(report)).reduce((sum, count) => sum + count, 0);
  return { state: 'incomplete', samples_sent: Math.max(counted, samples_stored), samples_stored, tolerance, rows: [] };
}

/** InfluxDB takes no NaN and no infinities; k6 counts them, our output drops and counts them. */
function storableTotals(sent: Map<string, MetricTotals>, report: OutputReport | null): Map<string, MetricTotals> {
  for (const [name, dropped] of Object.entries(report?.dropped ?? {})) {
    const totals = sent.get(name);
    if (!totals) continue;
    // A rate takes any value but 0 for a pass.
    const passes = totals.type === 'rate' ? { sum: totals.sum - dropped } : {};
    sent.set(name, { ...totals, ...passes, count: totals.count - dropped });
  }
  return sent;
}

function storableCounts(report: OutputReport | null): Record<string, number> {
  const counts = Object.entries(report?.samples ?? {});
  return Object.fromEntries(counts.map(([name, count]) => [name, count - (report?.dropped[name] ?? 0)]));
}
