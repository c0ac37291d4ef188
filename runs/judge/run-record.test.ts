import { describe, expect, it } from 'vitest';
import { plannedStages } from './run-record.ts';

const started = new Date('2026-11-24T12:00:00Z');
const planned = (profile: 'smoke' | 'spike' | 'breakpoint') =>
  plannedStages({ profile, scale: 0.5, duration_s: null }, started).map(({ at, text }) => [
    (at.getTime() - started.getTime()) / 1_000,
    text,
  ]);

describe('planned changes of load', () => {
  it('are users in a closed model, arrivals in an open one', () => {
    expect(planned('smoke')).toEqual([
      [0, '3 users in 5 s'],
      [5, '3 users in 20 s'],
      [25, '0 users in 5 s'],
    ]);
    expect(planned('spike').slice(0, 2)).toEqual([
      [0, '2.5 iterations/s in 60 s'],
      [60, '25 iterations/s in 5 s'],
    ]);
  });

  it('are not known of stairs, which end where they break', () => {
    expect(planned('breakpoint')).toEqual([]);
  });
});
