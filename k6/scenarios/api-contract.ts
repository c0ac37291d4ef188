/** Every endpoint of the demo's OpenAPI document once. */
import { Clinic } from '../lib/clinic/clinic.ts';
import { askEverything } from '../lib/journeys/contract.ts';
import { defineScenario } from '../lib/scenario.ts';

const { options, client, handleSummary } = defineScenario('api-contract');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function apiContract(): void {
  askEverything(clinic);
}
