import { describe, expect, it } from 'vitest';
import type { Symptom } from '../contract/causes.ts';
import type { TelemetrySeries } from '../contract/telemetry.ts';
import { rankCauses } from './causes.ts';
import type { ObservedRun } from './observed-series.ts';

const START_MS = Date.parse('2026-11-20T14:00:00.000Z');
const LOAD_S = 120;
const SECOND_MS = 1_000;

type Identity = Omit<TelemetrySeries, 'points'>;

const identity = (more: Partial<Identity>): Identity => ({
  component: 'db',
  series: 'connections in use',
  kind: 'utilisation',
  unit: 'count',
  instance: '',
  ...more,
});

/** The same each time: a wave of two periods that fit no window. */
const noise = (at_s: number, seed: number) => 0.6 * Math.sin(at_s * 1.7 + seed * 3) + 0.4 * Math.sin(at_s * 0.9 + seed);

/** A sample every two seconds, from 30 s before the load to 30 s after it. */
function series(of: Partial<Identity>, value: (at_s: number) => number, limit?: number): TelemetrySeries {
  const points = Array.from({ length: (LOAD_S + 60) / 2 }, (_, index) => {
    const at_s = index * 2 - 30;
    const is_idle = at_s < 0 || at_s > LOAD_S;
    return { at_ms: START_MS + at_s * SECOND_MS, value: is_idle ? 0 : value(at_s), limit: limit ?? null };
  });
  return { ...identity(of), points };
}

function run(...all: TelemetrySeries[]): ObservedRun {
  return { load: { from_ms: START_MS, to_ms: START_MS + LOAD_S * SECOND_MS }, series: all };
}

const slo = (at_s: number): Symptom => ({
  kind: 'slo',
  metric: 'p95_ms',
  request: 'POST /api/orders',
  limit: 500,
  at: new Date(START_MS + at_s * SECOND_MS).toISOString(),
});

const rank = (at_s: number, of: ObservedRun, baseline: readonly ObservedRun[] = [], added_ms: number | null = 600) =>
  rankCauses({
    measured: { symptom: slo(at_s), until: new Date(START_MS + LOAD_S * SECOND_MS), window_ms: 5_000, added_ms },
    run: of,
    baseline,
  });

const CPU = { component: 'cpu', series: 'process, of a core', unit: 'share' } as const;
const PAYMENTS = { component: 'payments', series: 'duration', kind: 'latency', unit: 'ms' } as const;
const MISSES = { component: 'cache', series: 'misses', kind: 'errors', unit: 'share' } as const;

/** Runs without a fault, each with its own noise. */
const usual = (count: number) =>
  Array.from({ length: count }, (_, seed) =>
    run(
      series({}, (at_s) => Math.max(0, Math.round(6 + 3 * noise(at_s, seed))), 20),
      series(CPU, (at_s) => 0.3 + 0.05 * noise(at_s, seed)),
      series(PAYMENTS, (at_s) => 40 + 5 * noise(at_s, seed)),
      series(MISSES, (at_s) => 0.2 + 0.04 * noise(at_s, seed)),
    ),
  );

describe('a cause', () => {
  it('is a limit that was reached before the symptom, in words with all that is known', () => {
    const sick = run(series({}, (at_s) => (at_s < 52 ? 6 + Math.round(2 * noise(at_s, 9)) : 20), 20));
    const [first, ...others] = rank(60, sick, usual(12));
    expect(others).toEqual([]);
    expect(first).toMatchObject({ component: 'db', change: 'limit', value: 20, limit: 20, baseline_runs: 12 });
    expect(first?.sentence).toBe(
      '`db` connections in use reached 20 of 20 at 14:00:52, 8 s before p95 of POST /api/orders passed 500 ms; in the 12 baseline runs at most 9.',
    );
  });

  it('is a limit that was reached long before, on a ramp too: latency passes its own limit later', () => {
    const early = run(series({}, (at_s) => (at_s < 20 ? 4 + noise(at_s, 9) : 20), 20));
    expect(rank(60, early).map(({ component }) => component)).toEqual(['db']);
    const ramp = run(series({}, (at_s) => Math.min(20, at_s / 2), 20));
    expect(rank(60, ramp)[0]?.sentence).toContain('reached 20 of 20 at 14:00:38, 22 s before');
    const soon = run(series({}, (at_s) => (at_s < 8 ? 4 + noise(at_s, 9) : 20), 20));
    expect(rank(60, soon)[0]?.sentence).toContain('reached 20 of 20 at 14:00:08, 52 s before');
    const at_once = run(series({}, () => 20, 20));
    expect(rank(60, at_once, usual(3))[0]?.sentence).toContain('reached 20 of 20 from the start of the load on');
  });

  it('is found without baseline runs where the time before the symptom says what is usual', () => {
    const sick = run(series(PAYMENTS, (at_s) => (at_s < 58 ? 40 + 5 * noise(at_s, 9) : 700 + 20 * noise(at_s, 9))));
    expect(rank(60, sick).map(({ sentence }) => sentence)).toEqual([
      '`payments` duration rose from 40.1 ms to 699 ms at 14:00:58, 2 s before p95 of POST /api/orders passed 500 ms.',
    ]);
  });

  it('comes neither before nor after a symptom that began between its two samples', () => {
    const sick = run(series(PAYMENTS, (at_s) => (at_s < 62 ? 40 + 5 * noise(at_s, 9) : 700 + 20 * noise(at_s, 9))));
    expect(rank(61, sick)[0]?.sentence).toContain('at 14:01:02, when p95 of POST /api/orders passed 500 ms');
    expect(rank(58, sick)[0]?.sentence).toContain('at 14:01:02, 4 s after p95 of POST /api/orders passed 500 ms');
  });

  it('is found from the start of the load where baseline runs say what is usual, and else only at a limit', () => {
    const sick = run(
      series(PAYMENTS, (at_s) => 700 + 20 * noise(at_s, 9)),
      series(MISSES, (at_s) => 0.2 + 0.04 * noise(at_s, 9)),
    );
    expect(rank(0, sick, usual(12)).map(({ sentence }) => sentence)).toEqual([
      '`payments` duration was 700 ms instead of 40 ms from the start of the load on (14:00:00); in the 12 baseline runs at most 45 ms.',
    ]);
    expect(rank(0, sick)).toEqual([]);
    expect(rank(0, run(series({}, () => 20, 20))).map(({ component }) => component)).toEqual(['db']);
  });
});

describe('no cause', () => {
  it('is a resource that is full without load too', () => {
    const full = series({}, () => 20, 20);
    const idle = full.points.map((point) => ({ ...point, value: 20 }));
    expect(rank(60, run({ ...full, points: idle }))).toEqual([]);
  });

  it('is named where series do what they do in baseline runs', () => {
    for (let seed = 20; seed < 40; seed += 1) {
      const [healthy] = usual(1);
      const others = (healthy as ObservedRun).series.map((it) => ({
        ...it,
        points: it.points.map((point) => ({
          ...point,
          value: point.value * (1 + 0.03 * noise(point.at_ms / SECOND_MS, seed)),
        })),
      }));
      expect(rank(60, run(...others), usual(12))).toEqual([]);
      expect(rank(0, run(...others), usual(12))).toEqual([]);
    }
  });

  it('is what begins long after the symptom', () => {
    const sick = run(series({}, (at_s) => (at_s < 90 ? 6 : 20), 20));
    expect(rank(60, sick, usual(12))).toEqual([]);
  });

  it('is what was so before the symptom too', () => {
    const sick = run(series(PAYMENTS, (at_s) => 700 + 20 * noise(at_s, 9)));
    expect(rank(60, sick, usual(12))).toEqual([]);
  });

  it('is a resource with room, a limit that is usual, a rate, or what has no known limit', () => {
    const rise = (low: number, high: number) => (at_s: number) => (at_s < 58 ? low : high) + noise(at_s, 9) / 10;
    expect(rank(60, run(series({}, rise(2, 8), 20)), [])).toEqual([]);
    expect(rank(60, run(series({}, () => 20, 20)), [])).toEqual([]);
    expect(rank(60, run(series({ kind: 'rate', unit: 'per_s' }, rise(10, 90))))).toEqual([]);
    expect(rank(60, run(series({ component: 'handles', series: 'open handles' }, rise(10, 90))))).toEqual([]);
  });

  it('is a component that is slower by a fraction of what the requests are', () => {
    const sick = run(series(PAYMENTS, (at_s) => (at_s < 58 ? 40 : 80) + noise(at_s, 9)));
    expect(rank(60, sick)).toEqual([]);
  });
});

describe('the first cause', () => {
  const from = (at_s: number, low: number, high: number) => (now_s: number) =>
    (now_s < at_s ? low : high) * (1 + 0.03 * noise(now_s, 9));

  it('is the CPU where everything above it is slow too', () => {
    const sick = run(
      series({}, from(58, 6, 20), 20),
      series(CPU, from(58, 0.3, 0.97)),
      series(PAYMENTS, from(58, 40, 350)),
      series({ component: 'event loop', series: 'lag p99', kind: 'saturation', unit: 'ms' }, from(58, 12, 500)),
    );
    expect(rank(60, sick, usual(12))[0]?.component).toBe('cpu');
  });

  it('is the event loop where all that the process waits for is as late as that is', () => {
    const sick = run(
      series({ component: 'event loop', series: 'lag', kind: 'saturation', unit: 'ms' }, from(58, 11, 170)),
      series({ series: 'query duration', kind: 'latency', unit: 'ms' }, from(58, 20, 262)),
    );
    expect(rank(60, sick).map(({ component }) => component)).toEqual(['event loop', 'db']);
  });

  it('is garbage collection where it takes the CPU', () => {
    const sick = run(
      series(CPU, from(58, 0.3, 0.97)),
      series({ component: 'gc', series: 'time in collections', unit: 'share' }, from(58, 0.01, 0.4)),
    );
    expect(rank(60, sick, usual(12))[0]?.component).toBe('gc');
  });

  it('is what is slow, and not the pool that fills because of it', () => {
    const sick = run(series({}, from(58, 6, 20), 20), series(PAYMENTS, from(58, 40, 640)));
    expect(rank(60, sick, usual(12)).map(({ component }) => component)).toEqual(['payments', 'db']);
  });

  it('is the pool where it has fewer places than usual', () => {
    const sick = run(series({}, from(0, 2, 2), 2), series(PAYMENTS, from(0, 40, 400)));
    expect(rank(0, sick, usual(12))[0]?.component).toBe('db');
  });
});
