/** Limits that the scenarios of the clinic share. */
import type { Slo } from '@loadstar-hq/loadstar/k6';

export const FEW_ERRORS: Slo = {
  indicator: 'error_rate',
  limit: 0.01,
  reason: 'users tolerate one failed request in a hundred before they call the clinic',
};

/** If most requests fail, more load shows nothing new, and keeps the system from recovering. */
export const FEW_ERRORS_OR_END: Slo = { ...FEW_ERRORS, aborts: { limit: 0.5, after_s: 60 } };

/** For scenarios whose VUs never pause for long. */
export const STEADY_THROUGHPUT: Slo = {
  indicator: 'throughput_rps',
  limit: 0.5,
  reason: 'a single user makes more requests than this; fewer mean that users hang',
};

/** Nearly all checks have to pass. @param reason what a failed check means to the user */
export function checksPass(reason: string, limit = 0.99): Slo {
  return { indicator: 'checks_rate', limit, reason };
}

/** How long one request may take, in whichever scenario. */
interface Budget {
  readonly p95_ms: number;
  readonly reason: string;
}

const PAGE: Budget = { p95_ms: 500, reason: 'part of a page; more than half a second feels broken' };
const WRITE: Budget = { p95_ms: 800, reason: 'a button that writes; users wait a little longer than for a page' };
const CLEAN_UP: Budget = { p95_ms: 800, reason: 'nobody waits for it, but what it frees is missing until then' };

/** By `name` tag. A request without an entry has no budget of its own. */
const REQUEST_BUDGETS: Readonly<Record<string, Budget>> = {
  'POST /api/auth/login': {
    p95_ms: 800,
    reason: 'password hashing is slow on purpose; more time than this is queueing',
  },
  'POST /api/auth/refresh': { p95_ms: 400, reason: 'happens in the background while the user does something else' },
  'POST /api/auth/logout': CLEAN_UP,
  'GET /api/me': PAGE,
  'GET /api/dashboard': { p95_ms: 600, reason: 'counts over several tables, the slowest part of its page' },
  'GET /api/notifications': PAGE,
  'GET /api/services': { p95_ms: 300, reason: 'public and cached, like a static file' },
  'GET /api/services/:id': { p95_ms: 300, reason: 'public and cached, like a static file' },
  'GET /api/search': { p95_ms: 400, reason: 'search must keep up with typing' },
  'GET /api/appointments/available': PAGE,
  'GET /api/appointments': PAGE,
  'POST /api/appointments': WRITE,
  'GET /api/appointments/:id': PAGE,
  'PATCH /api/appointments/:id': WRITE,
  'DELETE /api/appointments/:id': CLEAN_UP,
  'GET /api/products': PAGE,
  'POST /api/carts': WRITE,
  'GET /api/carts/:id': PAGE,
  'PUT /api/carts/:id/items/:productId': {
    p95_ms: 500,
    reason: 'a click on `+`; users click again if nothing happens',
  },
  'DELETE /api/carts/:id/items/:productId': WRITE,
  'POST /api/carts/:id/checkout': {
    p95_ms: 1_000,
    reason: 'a payment; after one second without an answer, users press again',
  },
  'GET /api/orders': PAGE,
  'GET /api/orders/:id': PAGE,
  'DELETE /api/orders/:id': CLEAN_UP,
  'POST /api/prescriptions': {
    p95_ms: 1_500,
    reason: 'an upload of up to a megabyte from a phone, which shows the progress',
  },
  'GET /api/prescriptions': PAGE,
  'GET /api/prescriptions/:id/file': {
    p95_ms: 1_000,
    reason: 'a download of up to a megabyte for which a doctor waits',
  },
  'DELETE /api/prescriptions/:id': CLEAN_UP,
};

/** Every request of the clinic's HTTP API that has a budget. */
export const BUDGETED_REQUESTS: readonly string[] = Object.keys(REQUEST_BUDGETS);

/**
 * The budgets of these requests as SLOs. They have no alert rules: a rule for each request of each scenario would report
 * one incident many times.
 */
export function requestBudgets(requests: readonly string[]): Slo[] {
  return requests.flatMap((request) => {
    const budget = REQUEST_BUDGETS[request];
    if (!budget) return [];
    return [{ indicator: 'p95_ms', limit: budget.p95_ms, request, alerts: false, reason: budget.reason } as const];
  });
}

/** A scenario's own SLOs, and the budget of each of its requests that has no own p95. */
export function withBudgets(requests: readonly string[], slos: readonly Slo[]): Slo[] {
  const own = new Set(slos.filter(({ indicator }) => indicator === 'p95_ms').map(({ request }) => request));
  return [...slos, ...requestBudgets(requests.filter((it) => !own.has(it)))];
}
