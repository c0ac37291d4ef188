/** Users come and go; some mistype, some guess. */
import { Clinic } from '../clinic/clinic.ts';
import { useAccount } from '../journeys/login.ts';
import { defineScenario } from '../runtime/scenario.ts';

const { options, client, handleSummary } = defineScenario('user-login');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function userLogin(): void {
  useAccount(clinic);
}
