/** Live slot updates over WebSocket. */
import { Clinic } from '../lib/clinic/clinic.ts';
import { watchSlots } from '../lib/journeys/slot-notifications.ts';
import { defineScenario } from '../lib/scenario.ts';

const { options, client, handleSummary } = defineScenario('slot-notifications');

export { handleSummary, options };

const clinic = new Clinic(client);

export default async function slotNotifications(): Promise<void> {
  await watchSlots(clinic);
}
