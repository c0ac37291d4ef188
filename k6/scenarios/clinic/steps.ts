/** Steps that several journeys share. */

import { pick } from '@loadstar-hq/loadstar/k6';
import { check, group } from 'k6';
import { Counter } from 'k6/metrics';
import { type Answer, STATUS } from './answer.ts';
import type { Appointment, Slot } from './appointments.ts';
import type { Service } from './catalogue.ts';
import type { Clinic } from './clinic.ts';
import { currentUser } from './users.ts';

/** How often another patient was faster: expected under load, and worth seeing. */
const conflicts = new Counter('booking_conflicts');
const ATTEMPTS = 3;
const SLOTS_LOOKED_AT = 20;

/** What a journey begins it ends: logs in, does it, and logs out, whatever happens between. */
export function asUser(clinic: Clinic, journey: (token: string) => void): void {
  const token = group('log in', () => logIn(clinic));
  if (!token) return;
  try {
    journey(token);
  } finally {
    group('log out', () => logOut(clinic, token));
  }
}

/** @returns the token; undefined, after a failed check, without one */
export function logIn(clinic: Clinic): string | undefined {
  const { response, data } = clinic.auth.login(currentUser());
  check(response, { 'login: has a token': () => Boolean(data?.token) });
  return data?.token;
}

export function logOut(clinic: Clinic, token: string): void {
  const response = clinic.auth.logout(token);
  check(response, { 'logout: status is 204': ({ status }) => status === 204 });
}

export function pickService(clinic: Clinic): Service | undefined {
  const { response, data } = clinic.catalogue.services();
  check(response, { 'services: not empty': () => (data?.services.length ?? 0) > 0 });
  return pick(data?.services ?? []);
}

/** Free slots of a service; none, after a failed check, where there is no answer. */
export function findSlots(clinic: Clinic, service: Service): readonly Slot[] {
  const { response, data } = clinic.appointments.available({ service: service.id, limit: SLOTS_LOOKED_AT });
  check(response, {
    'slots: all of the service asked for': () =>
      data !== undefined && data.slots.length > 0 && data.slots.every((slot) => slot.serviceId === service.id),
  });
  return data?.slots ?? [];
}

/**
 * Asks for one slot after the other until one is got: that somebody else was faster is an outcome, not an error.
 * @returns undefined where all attempts met others, or the answer was none
 */
export function takeSlot(
  what: string,
  slots: readonly Slot[],
  ask: (slot: Slot) => Answer<Appointment>,
  expected_status: number,
): Appointment | undefined {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const slot = pick(slots);
    if (!slot) return undefined;
    const { response, data } = ask(slot);
    if (response.status === STATUS.conflict) {
      conflicts.add(1);
      continue;
    }
    check(response, {
      [`${what}: status is ${expected_status}`]: ({ status }) => status === expected_status,
      [`${what}: is the slot asked for`]: () => data?.slotId === slot.id,
    });
    return data?.id ? data : undefined;
  }
  return undefined;
}

export function bookSlot(clinic: Clinic, token: string, slots: readonly Slot[]): Appointment | undefined {
  return takeSlot('booking', slots, ({ id }) => clinic.appointments.book(token, id), 201);
}

/** That the appointment is where its owner believes it to be. */
export function confirm(clinic: Clinic, token: string, { id, slotId }: Appointment): void {
  const { response, data } = clinic.appointments.get(token, id);
  check(response, { 'confirmation: shows the booking': () => data?.id === id && data.slotId === slotId });
}

export function cancel(clinic: Clinic, token: string, { id }: Appointment): void {
  const response = clinic.appointments.cancel(token, id);
  check(response, { 'cancelled: status is 204': ({ status }) => status === 204 });
}
