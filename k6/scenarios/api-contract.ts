import { defineScenario, pick, think } from '@loadstar-hq/loadstar/k6';
import { check, group } from 'k6';
import { sha256 } from 'k6/crypto';
import { STATUS } from './clinic/answer.ts';
import type { Session } from './clinic/auth.ts';
import { Clinic } from './clinic/clinic.ts';
import { FORMATS, fileOf } from './clinic/files.ts';
import { BUDGETED_REQUESTS, checksPass, FEW_ERRORS_OR_END, withBudgets } from './clinic/slos.ts';
import { currentUser } from './clinic/users.ts';

const PAUSE_S = 1;
const SMALL_FILE_BYTES = 2_048;
/** Every endpoint of the demo's OpenAPI document. A WebSocket has no budget: its connection stays open. */
const REQUESTS = [...BUDGETED_REQUESTS, 'GET /api/slots/live'];

export default defineScenario({
  title: 'API contract',
  journey: 'A client calls every endpoint of the API once, in a sensible order, to find what a new version broke.',
  requests: REQUESTS,
  slos: withBudgets(REQUESTS, [
    { indicator: 'p95_ms', limit: 500, reason: 'no endpoint may be slow unnoticed' },
    FEW_ERRORS_OR_END,
    checksPass('an endpoint either follows its contract or does not', 0.999),
  ]),
  /** An endpoint that fails does not keep the others from being asked. */
  run({ client }) {
    const clinic = new Clinic(client);
    const session = group('sessions', () => logIn(clinic));
    if (!session) return;
    const { token } = session;
    group('catalogue', () => askCatalogue(clinic));
    group('start page', () => askPage(clinic, token));
    group('appointments', () => askAppointments(clinic, token));
    group('pharmacy', () => askPharmacy(clinic, token));
    group('prescriptions', () => askPrescriptions(clinic, token));
    group('live updates', () => {
      const response = clinic.live.plain();
      check(response, { 'slots/live: is a WebSocket': ({ status }) => status === STATUS.upgrade_required });
    });
    group('end', () => {
      check(clinic.auth.logout(token), { 'auth/logout: status is 204': ({ status }) => status === 204 });
    });
    think(PAUSE_S);
  },
});

function logIn(clinic: Clinic): Session | undefined {
  const { response, data } = clinic.auth.login(currentUser());
  check(response, { 'auth/login: gives both tokens': () => Boolean(data?.token && data.refreshToken) });
  if (!data) return undefined;
  const renewed = clinic.auth.refresh(data.refreshToken);
  check(renewed.response, { 'auth/refresh: gives both tokens': () => Boolean(renewed.data?.token) });
  return renewed.data?.token ? renewed.data : data;
}

function askCatalogue(clinic: Clinic): void {
  const { response, data } = clinic.catalogue.services();
  check(response, { 'services: not empty': () => (data?.services.length ?? 0) > 0 });
  const wanted = pick(data?.services ?? []);
  if (!wanted) return;
  const service = clinic.catalogue.service(wanted.id);
  check(service.response, { 'services/:id: is the one of the list': () => service.data?.name === wanted.name });
  const found = clinic.catalogue.search(wanted.name, 1, 10);
  check(found.response, { 'search: finds it by its name': () => found.data?.hits[0]?.id === wanted.id });
}

function askPage(clinic: Clinic, token: string): void {
  const { me, counts, appointments, orders, notifications } = clinic.dashboard.page(token);
  check(me.response, { 'me: has an e-mail address': () => Boolean(me.data?.email) });
  check(counts.response, { 'dashboard: counts': () => Number.isInteger(counts.data?.appointments) });
  check(appointments.response, { 'appointments: is a list': () => Array.isArray(appointments.data?.appointments) });
  check(orders.response, { 'orders: is a list': () => Array.isArray(orders.data?.orders) });
  check(notifications.response, {
    'notifications: is a list': () => Array.isArray(notifications.data?.notifications),
  });
}

function askAppointments(clinic: Clinic, token: string): void {
  const { response, data } = clinic.appointments.available();
  check(response, { 'appointments/available: at least two': () => (data?.slots.length ?? 0) > 1 });
  const [first, second] = data?.slots ?? [];
  if (!first || !second) return;
  const booked = clinic.appointments.book(token, first.id);
  const lost = booked.response.status === STATUS.conflict;
  check(booked.response, {
    'POST appointments: books, or says why not': () => lost || booked.data?.slotId === first.id,
  });
  if (!booked.data?.id || lost) return;
  const { id } = booked.data;
  const moved = clinic.appointments.reschedule(token, id, second.id);
  const expected = moved.response.status === STATUS.conflict ? first : second;
  const shown = clinic.appointments.get(token, id);
  check(shown.response, { 'PATCH and GET appointments/:id: show the slot': () => shown.data?.slotId === expected.id });
  check(clinic.appointments.cancel(token, id), {
    'DELETE appointments/:id: status is 204': ({ status }) => status === 204,
  });
}

function askPharmacy(clinic: Clinic, token: string): void {
  const { response, data } = clinic.pharmacy.products();
  check(response, { 'products: at least two': () => (data?.products.length ?? 0) > 1 });
  const [first, second] = data?.products ?? [];
  const opened = clinic.pharmacy.openCart(token);
  check(opened.response, { 'POST carts: is empty': () => opened.data?.total_cents === 0 });
  const id = opened.data?.id;
  if (!first || !second || !id) return;
  for (const product of [first, second]) {
    const put = clinic.pharmacy.put(token, id, product.id, 1);
    check(put.response, { 'PUT items: status is 200': ({ status }) => status === 200 });
  }
  const less = clinic.pharmacy.takeOut(token, id, second.id);
  check(less.response, { 'DELETE items: one is left': () => less.data?.items.length === 1 });
  const cart = clinic.pharmacy.cart(token, id);
  check(cart.response, { 'GET carts/:id: costs what is in it': () => cart.data?.subtotal_cents === first.price_cents });
  const order = clinic.pharmacy.checkOut(token, id);
  check(order.response, { 'POST checkout: is paid': () => order.data?.status === 'paid' });
  if (!order.data?.id) return;
  const shown = clinic.pharmacy.order(token, order.data.id);
  check(shown.response, { 'GET orders/:id: is the order': () => shown.data?.id === order.data?.id });
  check(clinic.pharmacy.cancel(token, order.data.id), {
    'DELETE orders/:id: status is 204': ({ status }) => status === 204,
  });
}

function askPrescriptions(clinic: Clinic, token: string): void {
  const file = fileOf(FORMATS.pdf, SMALL_FILE_BYTES);
  const { response, data } = clinic.prescriptions.upload(token, file);
  check(response, { 'POST prescriptions: arrived whole': () => data?.sha256 === sha256(file.data, 'hex') });
  const listed = clinic.prescriptions.list(token);
  check(listed.response, {
    'prescriptions: has it': () => listed.data?.prescriptions.some(({ id }) => id === data?.id) ?? false,
  });
  if (!data?.id) return;
  const body = clinic.prescriptions.download(token, data.id);
  check(body, {
    'prescriptions/:id/file: is as long': ({ body: bytes }) => bytes?.byteLength === file.data.byteLength,
  });
  check(clinic.prescriptions.remove(token, data.id), {
    'DELETE prescriptions/:id: status is 204': ({ status }) => status === 204,
  });
}
