/** Users come and go; some mistype, some guess. */
import { Clinic } from '../lib/clinic/clinic.ts';
import { useAccount } from '../lib/journeys/login.ts';
import { defineScenario } from '../lib/scenario.ts';

const { options, client, handleSummary } = defineScenario('user-login');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function userLogin(): void {
  useAccount(clinic);
}
