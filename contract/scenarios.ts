import { budgetsOf } from './requests.ts';
import type { Slo } from './slo.ts';

/** The scenario catalogue. A scenario `x` is the file k6/scenarios/x.ts. */
export interface Scenario {
  readonly title: string;
  readonly journey: string;
  /** Values of the `name` tag that its requests carry: `METHOD route pattern`. */
  readonly requests: readonly string[];
  readonly slos: readonly Slo[];
  /** How often people walk it, against the other journeys of a mix; without it, it is in no mix. */
  readonly weight?: number;
  /** Factor on the users of a profile. */
  readonly users_factor?: number;
  /** It runs in a browser, which not every machine has. */
  readonly needs_browser?: true;
}

/** Scenarios by their names: the built-in ones, or those with what a team has added. */
export type Scenarios = Readonly<Record<string, Scenario>>;

const FEW_ERRORS = {
  indicator: 'error_rate',
  limit: 0.01,
  reason: 'one failed request in a hundred is what users put up with before they call the clinic',
} as const satisfies Slo;

/** When most of it fails, more load says nothing, and keeps a system down that wants to come up again. */
const FEW_ERRORS_OR_END: Slo = { ...FEW_ERRORS, aborts: { limit: 0.5, after_s: 60 } };

const checks = (reason: string): Slo => ({ indicator: 'checks_rate', limit: 0.99, reason });

/** A scenario whose requests are held to their budgets too, where it does not say otherwise itself: its only one is it. */
function held(scenario: Scenario): Scenario {
  if (scenario.requests.length === 1) return scenario;
  const own = new Set(scenario.slos.filter(({ indicator }) => indicator === 'p95_ms').map(({ request }) => request));
  return { ...scenario, slos: [...scenario.slos, ...budgetsOf(scenario.requests.filter((it) => !own.has(it)))] };
}

const LOG_IN = 'POST /api/auth/login';
const LOG_OUT = 'POST /api/auth/logout';

/** One journey each. */
const JOURNEYS = {
  'appointment-availability': {
    title: 'Appointment availability',
    journey: 'A patient looks for free appointments.',
    weight: 25,
    requests: ['GET /api/appointments/available'],
    slos: [
      { indicator: 'p95_ms', limit: 500, reason: 'a list that takes longer than half a second feels broken' },
      FEW_ERRORS,
    ],
  },
  'appointment-booking': held({
    title: 'Appointment booking',
    journey: 'A patient logs in, picks a service and a free slot, books it, and looks the booking up.',
    weight: 8,
    requests: [
      LOG_IN,
      'GET /api/services',
      'GET /api/appointments/available',
      'POST /api/appointments',
      'GET /api/appointments/:id',
      'DELETE /api/appointments/:id',
      LOG_OUT,
    ],
    slos: [
      { indicator: 'p95_ms', limit: 500, reason: 'the same half second as for the list, over all steps' },
      {
        indicator: 'p95_ms',
        limit: 800,
        request: 'POST /api/appointments',
        reason: 'booking writes and notifies: people wait longer for a button than for a page',
      },
      FEW_ERRORS_OR_END,
      checks('a booking that answers 201 with the wrong slot is worse than an error'),
    ],
  }),
  'service-listing': held({
    title: 'Service listing',
    journey: 'Somebody reads what the clinic offers, opens a service and comes back to the list, which is cached.',
    weight: 20,
    requests: ['GET /api/services', 'GET /api/services/:id'],
    slos: [
      {
        indicator: 'p95_ms',
        limit: 300,
        reason: 'public pages that a cache could answer: search engines rank by them',
      },
      FEW_ERRORS_OR_END,
      checks('without working cache headers every visitor costs as much as the first'),
    ],
  }),
  'dashboard-loading': held({
    title: 'Dashboard loading',
    journey: 'A patient logs in and sees the start page, which asks for all its parts at once, and reloads it.',
    weight: 12,
    requests: [
      LOG_IN,
      'GET /api/me',
      'GET /api/dashboard',
      'GET /api/appointments',
      'GET /api/orders',
      'GET /api/notifications',
      LOG_OUT,
    ],
    slos: [
      { indicator: 'p95_ms', limit: 500, reason: 'the page is there when its slowest part is there' },
      { indicator: 'p99_ms', limit: 1_000, reason: 'of five parts at once one in a hundred is one page in twenty' },
      FEW_ERRORS_OR_END,
      checks('a page with a part missing sends patients to the telephone'),
      {
        indicator: 'throughput_rps',
        limit: 0.5,
        reason: 'even one user makes more; fewer says that users hang, not that the app is fast',
      },
    ],
  }),
  'cart-checkout': held({
    title: 'Cart and checkout',
    journey: 'A patient fills a cart in the pharmacy, changes it, orders, looks the order up and cancels it.',
    weight: 4,
    requests: [
      LOG_IN,
      'GET /api/products',
      'POST /api/carts',
      'PUT /api/carts/:id/items/:productId',
      'DELETE /api/carts/:id/items/:productId',
      'GET /api/carts/:id',
      'POST /api/carts/:id/checkout',
      'GET /api/orders/:id',
      'DELETE /api/orders/:id',
      LOG_OUT,
    ],
    slos: [
      { indicator: 'p95_ms', limit: 600, reason: 'a shop loses buyers with every slow click, the last one most' },
      {
        indicator: 'error_rate',
        limit: 0.005,
        request: 'POST /api/carts/:id/checkout',
        reason: 'whoever sees an error while paying does not know whether he has paid',
      },
      FEW_ERRORS_OR_END,
      checks('a total that does not add up is money lost or trust lost'),
    ],
  }),
  search: held({
    title: 'Search',
    journey: 'A visitor searches for doctors, services and products, with typos, and turns a page.',
    weight: 20,
    requests: ['GET /api/search'],
    slos: [
      { indicator: 'p95_ms', limit: 400, reason: 'search is typed into: it has to keep up' },
      FEW_ERRORS_OR_END,
      checks('an answer without the term is no answer'),
    ],
  }),
  'prescription-upload': held({
    title: 'Prescription upload',
    journey: 'A patient uploads a prescription, sees wrong ones refused, and gets back the very bytes that were sent.',
    weight: 2,
    requests: [
      LOG_IN,
      'POST /api/prescriptions',
      'GET /api/prescriptions',
      'GET /api/prescriptions/:id/file',
      'DELETE /api/prescriptions/:id',
      LOG_OUT,
    ],
    slos: [
      { indicator: 'p95_ms', limit: 1_000, reason: 'files of up to a megabyte over all steps' },
      FEW_ERRORS_OR_END,
      checks('a prescription with one byte changed is no prescription'),
    ],
  }),
  'user-login': held({
    title: 'Concurrent user login',
    journey: 'Users log in, mistype, stay logged in by refreshing, and log out; guessers of passwords are held off.',
    weight: 6,
    requests: [LOG_IN, 'GET /api/me', 'POST /api/auth/refresh', LOG_OUT],
    slos: [
      { indicator: 'p95_ms', limit: 800, reason: 'the first thing in the morning, and everybody at once' },
      {
        indicator: 'p99_ms',
        limit: 1_500,
        request: LOG_IN,
        reason: 'who waits longer presses again, and doubles the load',
      },
      FEW_ERRORS_OR_END,
      checks('an old token that still works, or a guesser who is let on, is a hole'),
    ],
  }),
  'appointment-reschedule': held({
    title: 'Appointment reschedule',
    journey: 'A patient moves an appointment to another slot, then cancels it.',
    weight: 3,
    requests: [
      LOG_IN,
      'GET /api/services',
      'GET /api/appointments/available',
      'POST /api/appointments',
      'PATCH /api/appointments/:id',
      'GET /api/appointments/:id',
      'DELETE /api/appointments/:id',
      LOG_OUT,
    ],
    slos: [
      { indicator: 'p95_ms', limit: 500, reason: 'the same half second as for booking, over all steps' },
      {
        indicator: 'p95_ms',
        limit: 800,
        request: 'PATCH /api/appointments/:id',
        reason: 'takes one slot and frees another: two writes that people wait for as for one',
      },
      FEW_ERRORS_OR_END,
      checks('an appointment that stays in its old slot leaves a doctor waiting'),
    ],
  }),
} as const satisfies Record<string, Scenario>;

const REQUESTS_OF_JOURNEYS = [...new Set(Object.values(JOURNEYS).flatMap(({ requests }) => requests))];

export const SCENARIOS = {
  ...JOURNEYS,
  'mixed-traffic': {
    title: 'Mixed traffic',
    journey: 'All journeys at once, as often as people walk them: what production looks like.',
    requests: REQUESTS_OF_JOURNEYS,
    slos: [
      { indicator: 'p95_ms', limit: 500, reason: 'most requests are of pages, which have half a second' },
      {
        indicator: 'p99_ms',
        limit: 1_500,
        reason: 'uploads and payments are the slow hundredth, and have their own limits',
      },
      FEW_ERRORS_OR_END,
      checks('what every journey demands'),
      {
        indicator: 'throughput_rps',
        limit: 0.5,
        reason: 'even one user makes more; fewer says that users hang, not that the app is fast',
      },
      ...budgetsOf(REQUESTS_OF_JOURNEYS).map((slo) => ({ ...slo, rare: true }) as const),
    ],
  },
  'api-contract': held({
    title: 'API contract',
    journey: 'Every endpoint of the API once, in an order that makes sense: what a new version may have broken.',
    requests: [...REQUESTS_OF_JOURNEYS, 'GET /api/slots/live'],
    slos: [
      { indicator: 'p95_ms', limit: 500, reason: 'no endpoint is the slow one that nobody looks at' },
      FEW_ERRORS_OR_END,
      { indicator: 'checks_rate', limit: 0.999, reason: 'an endpoint either keeps its promise or does not' },
    ],
  }),
  'page-load': {
    title: 'Page load',
    journey: 'A visitor opens the page in a browser and chooses a service to see its free appointments.',
    requests: [
      'GET /',
      'GET /assets/style.css',
      'GET /assets/app.js',
      'GET /api/services',
      'GET /api/appointments/available',
    ],
    needs_browser: true,
    // A browser takes the CPU of many plain clients; these few sample what people see while others make the load.
    users_factor: 0.05,
    slos: [
      {
        indicator: 'p95_ms',
        metric: 'browser_web_vital_lcp',
        limit: 2_500,
        reason: 'what Google calls a good largest contentful paint; it asks that of 75 % of visits',
      },
      {
        indicator: 'p95_ms',
        metric: 'browser_web_vital_fcp',
        limit: 1_800,
        reason: 'what Google calls a good first contentful paint; it asks that of 75 % of visits',
      },
      {
        indicator: 'p95_ms',
        metric: 'browser_web_vital_ttfb',
        limit: 800,
        reason: 'what Google calls a good time to first byte; it asks that of 75 % of visits',
      },
      checks('a page that is fast and empty is not loaded'),
    ],
  },
  'slot-notifications': held({
    title: 'Slot notifications',
    journey: 'A patient watches the slots of a service live while one is booked and cancelled again.',
    requests: [
      LOG_IN,
      'GET /api/services',
      'GET /api/slots/live',
      'GET /api/appointments/available',
      'POST /api/appointments',
      'DELETE /api/appointments/:id',
      LOG_OUT,
    ],
    slos: [
      { indicator: 'p95_ms', limit: 500, reason: 'the same half second as for booking, over all steps' },
      {
        indicator: 'p95_ms',
        metric: 'slot_update_delay',
        limit: 500,
        reason: 'from the confirmed booking to the other screens: later, and two want the same slot',
      },
      {
        indicator: 'p95_ms',
        metric: 'ws_connecting',
        limit: 500,
        reason: 'until then the page shows slots that may be taken',
      },
      FEW_ERRORS_OR_END,
      checks('an update that does not come makes the live page a lie'),
    ],
  }),
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

export const DEFAULT_SCENARIO: ScenarioName = 'appointment-availability';
