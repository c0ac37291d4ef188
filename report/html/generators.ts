/** Who made the load of a run: one generator, or each of several. */
import { count, ms, percent, timeOfDay } from '../../contract/format.ts';
import type { EachGenerator, GeneratorsResult, RunSummary } from '../../contract/results.ts';
import { delayLine, loadSkew_ms, rareDelay } from '../text/generator.ts';
import { html, type Markup } from './html.ts';
import { type Cell, figure, maybe, table, text } from './parts.ts';

export function generatorSection({ generator: report, generators }: RunSummary): Markup | null {
  if (!report && !generators) return null;
  const who = generators && generators.expected > 1 ? 'The load generators' : 'The load generator';
  const each = generators?.each;
  return html`${generators && html`<p>${togetherText(generators)}</p>`}
${report && html`<p>${who}: ${delayLine(report)}; CPU usage of the machine was at most ${percent(report.peak_machine_cpu)}.</p>`}
${each && each.length > 1 && generatorTable(each)}`;
}

function togetherText({ expected, ended, each = [] }: GeneratorsResult): string {
  if (expected === 1 && ended.length === 1) {
    return 'The figures are those in InfluxDB, percentiles within 1 %: k6 did not judge this run.';
  }
  const skew = loadSkew_ms(each);
  const end = skew && skew.end !== null ? ` and ended within ${ms(skew.end)}` : '';
  const together = skew ? ` Their load began within ${ms(skew.begin)}${end}.` : '';
  return `${count(ended.length)} of ${count(expected)} load generators came to their end; the figures are of all of them together, percentiles within 1 %.${together}`;
}

/** Lost ones first, then the slowest. */
function generatorTable(each: readonly EachGenerator[]): Markup {
  const sorted = [...each].sort(
    (a, b) => Number(b.state === 'lost') - Number(a.state === 'lost') || (b.p95_ms ?? 0) - (a.p95_ms ?? 0),
  );
  const rows = sorted.map(
    ({ instance, state, last_sign, load, requests, failed, p95_ms, peak_machine_cpu, delayed }): Cell[] => [
      { shown: instance },
      state === 'lost' ? { shown: `lost at ${timeOfDay(last_sign)}`, tone: 'bad' } : { shown: state },
      { shown: count(requests), value: requests },
      { shown: count(failed), value: failed, ...(failed > 0 ? { tone: 'bad' as const } : {}) },
      { shown: maybe(p95_ms, ms), value: p95_ms },
      { shown: maybe(peak_machine_cpu, percent), value: peak_machine_cpu },
      { shown: maybe(delayed ? rareDelay(delayed).bound_ms : null, (bound_ms) => `≤ ${ms(bound_ms)}`) },
      { shown: load ? load.from.slice(11, 23) : '–', value: load?.from ?? null },
      { shown: load ? load.to.slice(11, 23) : '–', value: load?.to ?? null },
    ],
  );
  const columns = [
    text('Generator'),
    text('State'),
    ...['Requests', 'Failed', 'p95', 'CPU', 'Own delay', 'Load from (UTC)', 'to'].map(figure),
  ];
  const caption =
    'What each generator alone has seen; CPU is the highest of its machine, and at most 1 % of its requests waited longer for it than its own delay';
  return table({ caption, columns, rows, sortable: true });
}
