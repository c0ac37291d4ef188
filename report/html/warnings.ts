/** What a person has to know before believing the figures; the terminal says the same. */
import { BUCKETS } from '../../contract/buckets.ts';
import { count, percent } from '../../contract/format.ts';
import { OVERFLOW_NAME } from '../../contract/live-schema.ts';
import type { RunSummary } from '../../contract/results.ts';
import { sloName, sloState } from '../../contract/slo-text.ts';
import { affectedFigures, slowGenerators } from '../text/generator.ts';
import { refusalText } from '../text/refusal.ts';

export function warnings(summary: RunSummary): string[] {
  const { failures, overflow, output, script_exceptions, iterations, dropped_iterations, refused_hosts } = summary;
  const lines: string[] = [];
  // The failures name them, with their places.
  if (script_exceptions > 0 && !failures) {
    lines.push(`${count(script_exceptions)} iterations ended in a script exception: see k6.log`);
  }
  const affected = affectedFigures(summary);
  if (affected) lines.push(affected);
  const slow = slowGenerators(summary);
  if (slow) lines.push(slow);
  if (dropped_iterations > 0) {
    lines.push(
      `${count(dropped_iterations)} of ${count(iterations + dropped_iterations)} iterations were not begun: all users were ` +
        'waiting for answers',
    );
  }
  const in_pages = (refused_hosts ?? []).filter(({ browser_requests }) => browser_requests > 0);
  if (in_pages.length > 0) {
    const named = in_pages.map(({ host, browser_requests }) => `${host} (${count(browser_requests)})`).join(', ');
    lines.push(`the browser did not send requests of pages to hosts that are not allowed: ${named}`);
  }
  const without_data = summary.slos.filter((slo) => sloState(slo) === 'no_data');
  if (without_data.length > 0) {
    const named = without_data.map((slo) => (slo.hint ? `${sloName(slo)} (${slo.hint})` : sloName(slo)));
    const which = without_data.length === 1 ? '1 threshold' : `${count(without_data.length)} thresholds`;
    lines.push(`k6 passed ${which} without a sample. Check metric and selector: ${named.join('; ')}`);
  }
  if (overflow) {
    lines.push(
      `more than ${count(overflow.limit)} series: the rest is counted as name=${OVERFLOW_NAME}. Tag \`${overflow.tag}\` ` +
        `has ${count(overflow.values)} values, as ${overflow.examples.join(', ')}: name those requests`,
    );
  }
  if (output?.refusal) {
    lines.push(
      `${count(output.lost_points)} points are lost: InfluxDB refused them (${refusalText(output.refusal)}). If a metric ` +
        `has changed its type, give it another name; the bucket ${BUCKETS.live.name} is for Loadstar's output alone`,
    );
  } else if (output && output.lost_points > 0) {
    lines.push(`${count(output.lost_points)} points are lost: neither InfluxDB nor the disk had room for them`);
  }
  if (output && output.spooled_batches > 0) {
    lines.push(`${count(output.spooled_batches)} batches wait on disk for InfluxDB: the next call delivers them`);
  }
  return lines;
}

export function completenessLine({ completeness }: RunSummary): string {
  if (completeness.state === 'unknown') return `${count(completeness.samples_sent)} sent / stored: unknown`;
  const figures = `${count(completeness.samples_sent)} sent / ${count(completeness.samples_stored)} stored`;
  if (completeness.state === 'complete') return `${figures}: complete, all ${completeness.rows.length} totals agree`;
  if (completeness.rows.length === 0) {
    return `${count(completeness.samples_stored)} stored: ${completeness.state}; what had not been sent when k6 was killed is lost`;
  }
  const differing = completeness.rows.filter((row) => !row.ok);
  const [first] = differing;
  const example = first ? `, as ${first.metric} (${first.quantity}): ${first.sent} / ${first.stored}` : '';
  const tolerance = completeness.tolerance > 0 ? ` (tolerance ${percent(completeness.tolerance)})` : '';
  return `${figures}: ${completeness.state}${tolerance}; ${differing.length} of ${completeness.rows.length} totals differ${example}`;
}
