/** Somebody reads what the clinic offers, without an account: public, and cached. */
import { Clinic } from '../clinic/clinic.ts';
import { readServices } from '../journeys/services.ts';
import { defineScenario } from '../runtime/scenario.ts';

const { options, client, handleSummary } = defineScenario('service-listing');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function serviceListing(): void {
  readServices(clinic);
}
