/** Causes of recorded runs whose fault is known. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { TelemetryIdentity } from '../contract/telemetry.ts';
import { rankCauses } from './causes.ts';
import type { ObservedRun } from './observed-series.ts';

interface RecordedRun {
  readonly load_s: number;
  readonly series: readonly (TelemetryIdentity & {
    readonly points: readonly (readonly [at_s: number, value: number, limit?: number])[];
  })[];
}

interface RecordedCase extends RecordedRun {
  /** As the demo takes it. */
  readonly fault: string;
  /** Those that are the cause; none: no series sees it. */
  readonly components: readonly string[];
  readonly symptom: {
    readonly request: string | null;
    readonly limit: number;
    readonly at_s: number;
    readonly until_s: number;
    readonly added_ms: number;
  };
}

const { baseline, cases } = JSON.parse(readFileSync(new URL('fixtures/causes.json', import.meta.url), 'utf8')) as {
  readonly baseline: readonly RecordedRun[];
  readonly cases: readonly RecordedCase[];
};

const START_MS = Date.parse('2026-11-29T22:50:00.000Z');
const at_ms = (seconds: number) => START_MS + seconds * 1_000;

function observed({ load_s, series }: RecordedRun): ObservedRun {
  return {
    load: { from_ms: START_MS, to_ms: at_ms(load_s) },
    series: series.map((it) => ({
      ...it,
      points: it.points.map(([at_s, value, limit]) => ({ at_ms: at_ms(at_s), value, limit: limit ?? null })),
    })),
  };
}

it.each(cases)('$fault: $components', (recorded) => {
  const { request, limit, at_s, until_s, added_ms } = recorded.symptom;
  const at = new Date(at_ms(at_s)).toISOString();
  const ranked = rankCauses({
    measured: {
      symptom: { kind: 'slo', metric: 'p95_ms', request, limit, at },
      until: new Date(at_ms(until_s)),
      window_ms: 5_000,
      added_ms,
    },
    run: observed(recorded),
    baseline: baseline.map(observed),
  });
  const [first] = ranked;
  if (recorded.components.length === 0) expect(ranked).toEqual([]);
  else expect(recorded.components, JSON.stringify(ranked.map(({ sentence }) => sentence))).toContain(first?.component);
});
