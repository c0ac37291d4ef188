import { completeness, type MetricTotals } from '../../analysis/completeness.ts';
import { BUCKETS } from '../../contract/buckets.ts';
import type { K6Summary } from '../../contract/k6-summary.ts';
import type { OutputReport } from '../../contract/live-schema.ts';
import { OUTPUTS, type OutputName } from '../../contract/outputs.ts';
import type { Completeness } from '../../contract/results.ts';
import type { InfluxConnection } from '../../influxdb/connection.ts';
import { storedTotals } from '../../influxdb/totals.ts';
import { k6Totals } from './summary.ts';

export interface CompletenessQuestion {
  readonly testid: string;
  readonly started: Date;
  readonly outputs: readonly OutputName[];
  readonly k6: K6Summary | null;
  /** What several generators sent together; left out, it is what k6's summary says. */
  readonly sent?: ReadonlyMap<string, MetricTotals> | undefined;
  /** null where our output did not run, or did not come to its end. */
  readonly report: OutputReport | null;
}

/** Our own output is the one that proves something; of the stock ones the first. */
export function judgedOutput(outputs: readonly OutputName[]): OutputName {
  return outputs.find((name) => OUTPUTS[name].schema === 'loadstar') ?? outputs[0] ?? 'loadstar';
}

/** Holds k6's figures, and what our output counted, against what InfluxDB stored. @throws where InfluxDB does not answer */
export async function checkCompleteness(
  connection: InfluxConnection,
  { testid, started, outputs, k6, sent: together, report }: CompletenessQuestion,
): Promise<Completeness> {
  const output = OUTPUTS[judgedOutput(outputs)];
  const place = { bucket: BUCKETS[output.bucket].name, schema: output.schema };
  const stored = await storedTotals(connection, place, testid, started);
  const sent = storable(new Map(together ?? (k6 ? k6Totals(k6) : [])), report);
  const typed = new Map(
    [...sent].flatMap(([name, { type }]) => {
      const totals = stored.get(name);
      return totals ? [[name, { ...totals, type }] as const] : [];
    }),
  );
  return completeness(sent, typed, output.tolerance, output.schema === 'loadstar' ? storableCounts(report) : null);
}

/** InfluxDB takes no NaN and no infinities; k6 counts them, our output drops and counts them. */
function storable(sent: Map<string, MetricTotals>, report: OutputReport | null): Map<string, MetricTotals> {
  for (const [name, dropped] of Object.entries(report?.dropped ?? {})) {
    const totals = sent.get(name);
    if (totals) sent.set(name, { ...totals, count: totals.count - dropped });
  }
  return sent;
}

function storableCounts(report: OutputReport | null): Record<string, number> {
  const counts = Object.entries(report?.samples ?? {});
  return Object.fromEntries(counts.map(([name, count]) => [name, count - (report?.dropped[name] ?? 0)]));
}
