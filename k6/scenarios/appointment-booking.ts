/** A patient books an appointment, from the login to the confirmation, and cancels it again: the clean-up. */
import { check, group } from 'k6';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { Clinic, CONFLICT, type Slot } from '../lib/clinic.ts';
import { pick, userFor } from '../lib/data.ts';
import { defineScenario } from '../lib/scenario.ts';
import { think } from '../lib/think-time.ts';

const { options, client, handleSummary } = defineScenario('appointment-booking');

export { handleSummary, options };

const clinic = new Clinic(client);
/** How often another patient was faster: expected under load, and worth seeing. */
const conflicts = new Counter('booking_conflicts');
const ATTEMPTS = 3;
const SLOTS_LOOKED_AT = 20;
const READING_S = 1;

export default function booking(): void {
  const token = group('log in', logIn);
  if (!token) return;
  const slots = group('find a slot', findSlots);
  think(READING_S);
  const id = group('book', () => book(token, slots));
  if (!id) return;
  think(READING_S);
  group('cancel', () => {
    const { response } = clinic.cancel(token, id);
    check(response, { 'cancelled: status is 204': (answer) => answer.status === 204 });
  });
}

function logIn(): string | undefined {
  const { response, data } = clinic.login(userFor(exec.vu.idInTest));
  check(response, { 'login: has a token': () => Boolean(data?.token) });
  return data?.token;
}

function findSlots(): readonly Slot[] {
  const services = clinic.services();
  check(services.response, { 'services: not empty': () => (services.data?.services.length ?? 0) > 0 });
  const service = pick(services.data?.services ?? []);
  if (!service) return [];
  const { response, data } = clinic.available({ service: service.id, limit: SLOTS_LOOKED_AT });
  check(response, {
    'slots: all of the service asked for': () =>
      data !== undefined && data.slots.length > 0 && data.slots.every((slot) => slot.serviceId === service.id),
  });
  return data?.slots ?? [];
}

/** @returns the appointment's id */
function book(token: string, slots: readonly Slot[]): string | undefined {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const slot = pick(slots);
    if (!slot) return undefined;
    const { response, data } = clinic.book(token, slot.id);
    if (response.status === CONFLICT) {
      conflicts.add(1);
      continue;
    }
    check(response, {
      'booking: status is 201': (answer) => answer.status === 201,
      'booking: is the slot asked for': () => data?.slotId === slot.id,
    });
    if (data?.id) confirm(token, data.id, slot.id);
    return data?.id;
  }
  return undefined;
}

function confirm(token: string, id: string, slotId: string): void {
  const { response, data } = clinic.appointment(token, id);
  check(response, { 'confirmation: shows the booking': () => data?.id === id && data.slotId === slotId });
}
