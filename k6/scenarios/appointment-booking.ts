/** A patient books an appointment, from the login to the confirmation, and cancels it again. */
import { Clinic } from '../clinic/clinic.ts';
import { bookAppointment } from '../journeys/booking.ts';
import { defineScenario } from '../runtime/scenario.ts';

const { options, client, handleSummary } = defineScenario('appointment-booking');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function booking(): void {
  bookAppointment(clinic);
}
