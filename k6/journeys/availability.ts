import { check } from 'k6';
import type { Clinic } from '../clinic/clinic.ts';
import { think } from '../runtime/think-time.ts';

const READING_S = 1;

/** A patient looks for free appointments. */
export function lookForAppointments(clinic: Clinic): void {
  const { response, data } = clinic.appointments.available();
  check(response, { 'available: has slots': () => (data?.slots.length ?? 0) > 0 });
  think(READING_S);
}
