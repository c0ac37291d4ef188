import { check, group } from 'k6';
import { STATUS } from '../clinic/answer.ts';
import type { Clinic } from '../clinic/clinic.ts';
import { think } from '../runtime/think-time.ts';
import { asUser, bookSlot, cancel, confirm, findSlots, pickService, takeSlot } from './steps.ts';

const READING_S = 1;

/** A patient moves an appointment to another slot, and then cancels it. */
export function rescheduleAppointment(clinic: Clinic): void {
  asUser(clinic, (token) => {
    const service = group('choose a service', () => pickService(clinic));
    if (!service) return;
    const booked = group('book', () => bookSlot(clinic, token, findSlots(clinic, service)));
    if (!booked) return;
    think(READING_S);
    const moved = group('move', () => {
      const others = findSlots(clinic, service).filter(({ id }) => id !== booked.slotId);
      return takeSlot('move', others, ({ id }) => clinic.appointments.reschedule(token, booked.id, id), 200);
    });
    group('look it up', () => confirm(clinic, token, moved ?? booked));
    think(READING_S);
    group('cancel', () => {
      cancel(clinic, token, booked);
      const gone = clinic.appointments.getGone(token, booked.id);
      check(gone, { 'cancelled: is gone': ({ status }) => status === STATUS.not_found });
    });
  });
}
