/** All journeys at once, as often as people walk them. */
import exec from 'k6/execution';
import { Clinic } from '../lib/clinic/clinic.ts';
import { journeyOf, weightedJourneys } from '../lib/journeys/mix.ts';
import { defineScenario } from '../lib/scenario.ts';

const { options, client, handleSummary } = defineScenario('mixed-traffic');

export { handleSummary, options };

const clinic = new Clinic(client);
const journeys = weightedJourneys();

export default function mixedTraffic(): void {
  journeyOf(journeys, exec.scenario.iterationInTest)(clinic);
}
