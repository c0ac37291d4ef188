import { check, group } from 'k6';
import exec from 'k6/execution';
import type { Clinic } from '../clinic/clinic.ts';
import { userFor } from '../runtime/data.ts';
import { think } from '../runtime/think-time.ts';
import { asUser } from './steps.ts';

const READING_S = 2;

/** A patient logs in and sees the start page, which asks for all its parts at once, and reloads it. */
export function loadDashboard(clinic: Clinic): void {
  asUser(clinic, (token) => {
    group('start page', () => loadPage(clinic, token));
    think(READING_S);
    group('reload', () => loadPage(clinic, token));
    think(READING_S);
  });
}

function loadPage(clinic: Clinic, token: string): void {
  const { me, counts, appointments, orders, notifications } = clinic.dashboard.page(token);
  const { email } = userFor(exec.vu.idInTest);
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
