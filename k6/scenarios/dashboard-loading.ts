import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
import { check, group } from 'k6';
import { Clinic } from './clinic/clinic.ts';
import { checksPass, FEW_ERRORS_OR_END, STEADY_THROUGHPUT, withBudgets } from './clinic/slos.ts';
import { asUser } from './clinic/steps.ts';
import { currentUser } from './clinic/users.ts';

const READING_S = 2;
const REQUESTS = [
  'POST /api/auth/login',
  'GET /api/me',
  'GET /api/dashboard',
  'GET /api/appointments',
  'GET /api/orders',
  'GET /api/notifications',
  'POST /api/auth/logout',
];

export default defineScenario({
  title: 'Dashboard loading',
  journey: 'A patient logs in, opens the start page, which requests all its parts at once, and reloads it.',
  weight: 12,
  requests: REQUESTS,
  slos: withBudgets(REQUESTS, [
    { indicator: 'p95_ms', limit: 500, reason: 'the page is complete only when its slowest part has arrived' },
    {
      indicator: 'p99_ms',
      limit: 1_000,
      reason: 'with five parts per page, one slow request in a hundred is one slow page in twenty',
    },
    FEW_ERRORS_OR_END,
    checksPass('patients call the clinic if a part of the page is missing'),
    STEADY_THROUGHPUT,
  ]),
  run({ client }) {
    const clinic = new Clinic(client);
    asUser(clinic, (token) => {
      group('start page', () => loadPage(clinic, token));
      think(READING_S);
      group('reload', () => loadPage(clinic, token));
      think(READING_S);
    });
  },
});

function loadPage(clinic: Clinic, token: string): void {
  const { me, counts, appointments, orders, notifications } = clinic.dashboard.page(token);
  const { email } = currentUser();
  check(me.response, { 'page: greets the one who logged in': () => me.data?.email === email });
  check(counts.response, {
    'page: counts everything': () =>
      counts.data !== undefined && Object.values(counts.data).every((count) => Number.isInteger(count) && count >= 0),
  });
  check(appointments.response, { 'page: has appointments': () => Array.isArray(appointments.data?.appointments) });
  check(orders.response, { 'page: has orders': () => Array.isArray(orders.data?.orders) });
  check(notifications.response, {
    'page: has notifications': () => Array.isArray(notifications.data?.notifications),
  });
}
