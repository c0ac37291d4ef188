import { group } from 'k6';
import type { Clinic } from '../clinic/clinic.ts';
import { think } from '../runtime/think-time.ts';
import { asUser, bookSlot, cancel, confirm, findSlots, pickService } from './steps.ts';

const READING_S = 1;

/** A patient books an appointment, from the login to the confirmation, and cancels it again: the clean-up. */
export function bookAppointment(clinic: Clinic): void {
  asUser(clinic, (token) => {
    const slots = group('find a slot', () => {
      const service = pickService(clinic);
      return service ? findSlots(clinic, service) : [];
    });
    think(READING_S);
    const booked = group('book', () => bookSlot(clinic, token, slots));
    if (!booked) return;
    group('look it up', () => confirm(clinic, token, booked));
    think(READING_S);
    group('cancel', () => cancel(clinic, token, booked));
  });
}
