import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
import { group } from 'k6';
import { Clinic } from './clinic/clinic.ts';
import { checksPass, FEW_ERRORS_OR_END, withBudgets } from './clinic/slos.ts';
import { asUser, bookSlot, cancel, confirm, findSlots, pickService } from './clinic/steps.ts';

const READING_S = 1;
const REQUESTS = [
  'POST /api/auth/login',
  'GET /api/services',
  'GET /api/appointments/available',
  'POST /api/appointments',
  'GET /api/appointments/:id',
  'DELETE /api/appointments/:id',
  'POST /api/auth/logout',
];

export default defineScenario({
  title: 'Appointment booking',
  journey: 'A patient logs in, picks a service and a free slot, books it, and looks the booking up.',
  weight: 8,
  requests: REQUESTS,
  slos: withBudgets(REQUESTS, [
    { indicator: 'p95_ms', limit: 500, reason: 'half a second, as for the list, over all steps' },
    {
      indicator: 'p95_ms',
      limit: 800,
      request: 'POST /api/appointments',
      reason: 'booking writes and notifies; users wait longer for a button than for a page',
    },
    FEW_ERRORS_OR_END,
    checksPass('a booking that answers 201 with the wrong slot is worse than an error'),
  ]),
  run({ client }) {
    const clinic = new Clinic(client);
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
  },
});
