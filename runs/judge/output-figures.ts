import type { OutputReport } from '../../contract/live-schema.ts';
import type { RunSummary } from '../../contract/results.ts';

/** What the summary says of our output; nothing where it did not run, or did not come to its end. */
export function outputFigures(report: OutputReport | null): Pick<RunSummary, 'output' | 'overflow' | 'generator'> {
  if (!report) return { output: null, overflow: null, generator: null };
  const { points, bytes, sent_bytes, series, spooled_batches, rejected_batches, lost_points } = report;
  const { overflow, generator } = report;
  return {
    output: { points, bytes, sent_bytes, series, spooled_batches, rejected_batches, lost_points },
    overflow: overflow && {
      limit: overflow.limit,
      tag: overflow.at_fault.tag,
      values: overflow.at_fault.values,
      examples: [...overflow.at_fault.examples],
    },
    generator,
  };
}
