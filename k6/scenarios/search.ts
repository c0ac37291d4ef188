/** A visitor searches, as visitors do: a few terms make up most of it, some find nothing, some turn the page. */
import { Clinic } from '../clinic/clinic.ts';
import { searchClinic } from '../journeys/search.ts';
import { defineScenario } from '../runtime/scenario.ts';

const { options, client, handleSummary } = defineScenario('search');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function search(): void {
  searchClinic(clinic);
}
