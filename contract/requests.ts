import type { Slo } from './slo.ts';

/** What one request may take, wherever it is made. */
interface Budget {
  readonly p95_ms: number;
  readonly reason: string;
}

const PAGE: Budget = { p95_ms: 500, reason: 'part of a page: longer than half a second feels broken' };
const WRITE: Budget = { p95_ms: 800, reason: 'a button that writes: people wait a little longer than for a page' };
const CLEAN_UP: Budget = { p95_ms: 800, reason: 'nobody waits for it, but whatever is given back late is missing' };

/** By `name` tag. A request without an entry has no budget of its own. */
export const REQUEST_BUDGETS: Readonly<Record<string, Budget>> = {
  'POST /api/auth/login': { p95_ms: 800, reason: 'passwords are hashed slowly on purpose; more than that is a queue' },
  'POST /api/auth/refresh': { p95_ms: 400, reason: 'happens behind the back of somebody who does something else' },
  'POST /api/auth/logout': CLEAN_UP,
  'GET /api/me': PAGE,
  'GET /api/dashboard': { p95_ms: 600, reason: 'counts over several tables: the slowest part of its page' },
  'GET /api/notifications': PAGE,
  'GET /api/services': { p95_ms: 300, reason: 'public and cached: as good as a file' },
  'GET /api/services/:id': { p95_ms: 300, reason: 'public and cached: as good as a file' },
  'GET /api/search': { p95_ms: 400, reason: 'search is typed into: it has to keep up' },
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
    reason: 'a click on `+`: people click again when nothing happens',
  },
  'DELETE /api/carts/:id/items/:productId': WRITE,
  'POST /api/carts/:id/checkout': {
    p95_ms: 1_000,
    reason: 'pays: one second is what people trust, then they press again',
  },
  'GET /api/orders': PAGE,
  'GET /api/orders/:id': PAGE,
  'DELETE /api/orders/:id': CLEAN_UP,
  'POST /api/prescriptions': { p95_ms: 1_500, reason: 'up to a megabyte from a telephone, which shows its progress' },
  'GET /api/prescriptions': PAGE,
  'GET /api/prescriptions/:id/file': { p95_ms: 1_000, reason: 'up to a megabyte, at the desk of a doctor who waits' },
  'DELETE /api/prescriptions/:id': CLEAN_UP,
};

/** The budgets of these requests as SLOs. */
export function budgetsOf(requests: readonly string[]): Slo[] {
  return requests.flatMap((request) => {
    const budget = REQUEST_BUDGETS[request];
    if (!budget) return [];
    return [{ indicator: 'p95_ms', limit: budget.p95_ms, request, alerts: false, reason: budget.reason } as const];
  });
}
