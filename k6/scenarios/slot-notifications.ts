/** Live slot updates over WebSocket. */
import { Clinic } from '../clinic/clinic.ts';
import { watchSlots } from '../journeys/slot-notifications.ts';
import { defineScenario } from '../runtime/scenario.ts';

const { options, client, handleSummary } = defineScenario('slot-notifications');

export { handleSummary, options };

const clinic = new Clinic(client);

export default async function slotNotifications(): Promise<void> {
  await watchSlots(clinic);
}
