/** A patient orders medicine. */
import { Clinic } from '../lib/clinic/clinic.ts';
import { orderMedicine } from '../lib/journeys/checkout.ts';
import { defineScenario } from '../lib/scenario.ts';

const { options, client, handleSummary } = defineScenario('cart-checkout');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function cartCheckout(): void {
  orderMedicine(clinic);
}
