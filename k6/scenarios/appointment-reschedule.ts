/** A patient moves an appointment and cancels it. */
import { Clinic } from '../clinic/clinic.ts';
import { rescheduleAppointment } from '../journeys/reschedule.ts';
import { defineScenario } from '../runtime/scenario.ts';

const { options, client, handleSummary } = defineScenario('appointment-reschedule');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function appointmentReschedule(): void {
  rescheduleAppointment(clinic);
}
