/** The reference test: free appointments, under the reference stages and limits. */
import { check, sleep } from 'k6';
import { Clinic } from '../clinic/clinic.ts';
import { defineScenario } from '../runtime/scenario.ts';

const { options, client, handleSummary } = defineScenario('appointment-availability');

export { handleSummary, options };

const clinic = new Clinic(client);
const PAUSE_S = 1;

export default function availability(): void {
  const { response } = clinic.appointments.available();
  check(response, {
    'status is 200': (answer) => answer.status === 200,
    'response time < 500ms': (answer) => answer.timings.duration < 500,
  });
  sleep(PAUSE_S);
}
