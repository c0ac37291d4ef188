/** A patient orders medicine. */
import { Clinic } from '../clinic/clinic.ts';
import { orderMedicine } from '../journeys/checkout.ts';
import { defineScenario } from '../runtime/scenario.ts';

const { options, client, handleSummary } = defineScenario('cart-checkout');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function cartCheckout(): void {
  orderMedicine(clinic);
}
