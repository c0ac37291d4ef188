/** The steady state of a run: which part it is, and what was measured in it. */
import { count, duration, ms, number, percent } from '../../contract/format.ts';
import type { Comparison, PlateauResult, RunSummary } from '../../contract/results.ts';
import type { Shade } from './data.ts';
import { html, type Markup } from './html.ts';
import type { OverTime } from './input.ts';
import { type Cell, clock, figure, maybe, table, text } from './parts.ts';

const MS_PER_S = 1_000;

/** Seconds from a moment to another. */
function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / MS_PER_S;
}

/** What the charts shade. */
export function shadesOf({ plateaus = [] }: RunSummary, over_time: OverTime | null): Shade[] {
  if (!over_time) return [];
  return plateaus.map(({ name, from, to, warm_up_s }) => ({
    label: name,
    from_s: secondsBetween(over_time.began, from) + warm_up_s,
    to_s: secondsBetween(over_time.began, to),
  }));
}

/** Says why it is this part. */
export function steadyTable(
  { plateaus = [], started, comparison }: RunSummary,
  over_time: OverTime | null,
): Markup | null {
  if (plateaus.length === 0) return null;
  const began = over_time?.began ?? started;
  const rows = plateaus.map((plateau): Cell[] => [
    { shown: plateau.name },
    { shown: `${clock(secondsBetween(began, plateau.from))} to ${clock(secondsBetween(began, plateau.to))}` },
    { shown: plateau.warm_up_s > 0 ? duration(plateau.warm_up_s) : 'none' },
    { shown: count(plateau.requests) },
    ...(['p50_ms', 'p95_ms', 'p99_ms'] as const).map((metric) => ({ shown: maybe(plateau[metric], ms) })),
    { shown: number(plateau.throughput_rps) },
    { shown: maybe(plateau.error_rate, percent) },
  ]);
  const heads = ['Warm-up', 'Requests', 'p50', 'p95', 'p99', 'Requests/s', 'Errors'].map(figure);
  return html`<p><strong>Steady state.</strong> ${steadySentence(plateaus)} ${comparedSentence(plateaus, comparison)}</p>
${table({ caption: 'Each plateau without its warm-up', columns: [text('Plateau'), figure('Since start'), ...heads], rows })}`;
}

/** Which part the comparison with the history judged, and why. */
function comparedSentence(plateaus: readonly PlateauResult[], comparison: Comparison | null): string {
  if (!comparison) return '';
  return comparison.metrics.some(({ plateau }) => plateau !== undefined)
    ? 'Each plateau is compared with the same plateau of earlier runs, because figures of different loads do not compare; the whole run is compared beside them.'
    : `The history is compared with the whole run${plateaus.length === 1 ? ', because there is but one plateau' : ''}.`;
}

function steadySentence(plateaus: readonly PlateauResult[]): string {
  const cut_s = plateaus.reduce((sum, { warm_up_s }) => sum + warm_up_s, 0);
  const warm_up =
    cut_s > 0
      ? `${duration(cut_s)} of warm-up are left out, because latency differed from the rest of the plateau`
      : 'no warm-up was found';
  const stages =
    plateaus.length === 1 ? 'the stage with constant load' : `${plateaus.length} stages with constant load`;
  return `Shaded above: ${stages}, without the ramps; ${warm_up}. SLOs with “during” are judged by these requests alone.`;
}
