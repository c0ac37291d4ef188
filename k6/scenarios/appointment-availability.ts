import { defineScenario } from '@loadstar-hq/loadstar/k6';
import { check, sleep } from 'k6';
import { Clinic } from './clinic/clinic.ts';
import { FEW_ERRORS } from './clinic/slos.ts';

const PAUSE_S = 1;

/** The reference test, with the reference checks, stages and limits. */
export default defineScenario({
  title: 'Appointment availability',
  journey: 'A patient looks for free appointments.',
  weight: 25,
  requests: ['GET /api/appointments/available'],
  slos: [
    { indicator: 'p95_ms', limit: 500, reason: 'a list that takes longer than half a second feels broken' },
    FEW_ERRORS,
  ],
  run({ client }) {
    const { response } = new Clinic(client).appointments.available();
    check(response, {
      'status is 200': ({ status }) => status === 200,
      'response time < 500ms': ({ timings }) => timings.duration < 500,
    });
    sleep(PAUSE_S);
  },
});
