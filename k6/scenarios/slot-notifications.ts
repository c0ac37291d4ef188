import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
import { check, group } from 'k6';
import { Trend } from 'k6/metrics';
import { Clinic } from './clinic/clinic.ts';
import { checksPass, FEW_ERRORS_OR_END, withBudgets } from './clinic/slos.ts';
import { SlotWatch } from './clinic/slot-watch.ts';
import { bookSlot, cancel, findSlots, logIn, logOut, pickService } from './clinic/steps.ts';

/** From the answer that confirms a booking to the update that tells others; ms. */
const update_delay = new Trend('slot_update_delay', true);
const READING_S = 1;
const REQUESTS = [
  'POST /api/auth/login',
  'GET /api/services',
  'GET /api/slots/live',
  'GET /api/appointments/available',
  'POST /api/appointments',
  'DELETE /api/appointments/:id',
  'POST /api/auth/logout',
];

export default defineScenario({
  title: 'Slot notifications',
  journey: 'A patient watches the slots of a service live while another one is booked and cancelled.',
  requests: REQUESTS,
  slos: withBudgets(REQUESTS, [
    { indicator: 'p95_ms', limit: 500, reason: 'half a second, as for booking, over all steps' },
    {
      indicator: 'p95_ms',
      metric: 'slot_update_delay',
      limit: 500,
      reason: 'time from a confirmed booking to the other screens; if it is longer, two patients want one slot',
    },
    {
      indicator: 'p95_ms',
      metric: 'ws_connecting',
      limit: 500,
      reason: 'until the connection is open, the page may show slots that are taken',
    },
    FEW_ERRORS_OR_END,
    checksPass('without the update, the live page is wrong'),
  ]),
  async run({ client }) {
    const clinic = new Clinic(client);
    const token = group('log in', () => logIn(clinic));
    if (!token) return;
    const service = group('choose a service', () => pickService(clinic));
    if (service) {
      const watch = new SlotWatch(clinic.live.slots(service.id));
      const ready = await watch.ready();
      check(ready, { 'live: connected': Boolean });
      if (ready) await bookAndSee(clinic, token, service, watch);
      watch.close();
    }
    group('log out', () => logOut(clinic, token));
  },
});

async function bookAndSee(
  clinic: Clinic,
  token: string,
  service: { readonly id: string; readonly name: string },
  watch: SlotWatch,
): Promise<void> {
  const booked = group('book', () => bookSlot(clinic, token, findSlots(clinic, service)));
  const confirmed_ms = Date.now();
  if (!booked) return;
  const taken_ms = await watch.update(booked.slotId, 'taken');
  check(taken_ms, { 'live: the slot is shown as taken': (at_ms) => at_ms !== null });
  if (taken_ms !== null) update_delay.add(Math.max(0, taken_ms - confirmed_ms));
  think(READING_S);
  group('cancel', () => cancel(clinic, token, booked));
  const free_ms = await watch.update(booked.slotId, 'free');
  check(free_ms, { 'live: the slot is shown as free again': (at_ms) => at_ms !== null });
}
