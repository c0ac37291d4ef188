/** Every endpoint of the demo's OpenAPI document once. */
import { Clinic } from '../clinic/clinic.ts';
import { askEverything } from '../journeys/contract.ts';
import { defineScenario } from '../runtime/scenario.ts';

const { options, client, handleSummary } = defineScenario('api-contract');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function apiContract(): void {
  askEverything(clinic);
}
