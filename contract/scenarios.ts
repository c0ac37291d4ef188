import type { Slo } from './slo.ts';

/** The scenario catalogue. A scenario `x` is the file k6/scenarios/x.ts. */
export interface Scenario {
  readonly title: string;
  readonly journey: string;
  /** Values of the `name` tag that its requests carry: `METHOD route pattern`. */
  readonly requests: readonly string[];
  readonly slos: readonly Slo[];
}

const FEW_ERRORS = {
  indicator: 'error_rate',
  limit: 0.01,
  reason: 'one failed request in a hundred is what users put up with before they call the clinic',
} as const satisfies Slo;

export const SCENARIOS = {
  'appointment-availability': {
    title: 'Appointment availability',
    journey: 'A patient looks for free appointments.',
    requests: ['GET /api/appointments/available'],
    slos: [
      { indicator: 'p95_ms', limit: 500, reason: 'a list that takes longer than half a second feels broken' },
      FEW_ERRORS,
    ],
  },
  'appointment-booking': {
    title: 'Appointment booking',
    journey: 'A patient logs in, picks a service and a free slot, books it, and looks the booking up.',
    requests: [
      'POST /api/auth/login',
      'GET /api/services',
      'GET /api/appointments/available',
      'POST /api/appointments',
      'GET /api/appointments/:id',
      'DELETE /api/appointments/:id',
    ],
    slos: [
      { indicator: 'p95_ms', limit: 500, reason: 'the same half second as for the list, over all steps' },
      {
        indicator: 'p95_ms',
        limit: 800,
        request: 'POST /api/appointments',
        reason: 'booking writes and notifies: people wait longer for a button than for a page',
      },
      FEW_ERRORS,
      {
        indicator: 'checks_rate',
        limit: 0.99,
        reason: 'a booking that answers 201 with the wrong slot is worse than an error',
      },
    ],
  },
  search: {
    title: 'Search',
    journey: 'A visitor searches for doctors and services and turns a page.',
    requests: ['GET /api/search'],
    slos: [
      { indicator: 'p95_ms', limit: 400, reason: 'search is typed into: it has to keep up' },
      FEW_ERRORS,
      { indicator: 'checks_rate', limit: 0.99, reason: 'an answer without the term is no answer' },
    ],
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

export const DEFAULT_SCENARIO: ScenarioName = 'appointment-availability';
