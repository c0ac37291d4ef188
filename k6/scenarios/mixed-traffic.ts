/** All journeys at once, as often as people walk them. */
import exec from 'k6/execution';
import { Clinic } from '../clinic/clinic.ts';
import { journeyOf, weightedJourneys } from '../journeys/mix.ts';
import { defineScenario } from '../runtime/scenario.ts';

const { options, client, handleSummary } = defineScenario('mixed-traffic');

export { handleSummary, options };

const clinic = new Clinic(client);
const journeys = weightedJourneys();

export default function mixedTraffic(): void {
  journeyOf(journeys, exec.scenario.iterationInTest)(clinic);
}
