import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
import { check, group } from 'k6';
import { STATUS } from './clinic/answer.ts';
import { Clinic } from './clinic/clinic.ts';
import { checksPass, FEW_ERRORS_OR_END, withBudgets } from './clinic/slos.ts';
import { asUser, bookSlot, cancel, confirm, findSlots, pickService, takeSlot } from './clinic/steps.ts';

const READING_S = 1;
const REQUESTS = [
  'POST /api/auth/login',
  'GET /api/services',
  'GET /api/appointments/available',
  'POST /api/appointments',
  'PATCH /api/appointments/:id',
  'GET /api/appointments/:id',
  'DELETE /api/appointments/:id',
  'POST /api/auth/logout',
];

export default defineScenario({
  title: 'Appointment reschedule',
  journey: 'A patient moves an appointment to another slot, then cancels it.',
  weight: 3,
  requests: REQUESTS,
  slos: withBudgets(REQUESTS, [
    { indicator: 'p95_ms', limit: 500, reason: 'half a second, as for booking, over all steps' },
    {
      indicator: 'p95_ms',
      limit: 800,
      request: 'PATCH /api/appointments/:id',
      reason: 'takes one slot and frees another; users expect two writes to take as long as one',
    },
    FEW_ERRORS_OR_END,
    checksPass('an appointment that stays in its old slot leaves a doctor waiting'),
  ]),
  run({ client }) {
    const clinic = new Clinic(client);
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
  },
});
