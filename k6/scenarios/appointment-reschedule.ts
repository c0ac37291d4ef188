/** A patient moves an appointment and cancels it. */
import { Clinic } from '../lib/clinic/clinic.ts';
import { rescheduleAppointment } from '../lib/journeys/reschedule.ts';
import { defineScenario } from '../lib/scenario.ts';

const { options, client, handleSummary } = defineScenario('appointment-reschedule');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function appointmentReschedule(): void {
  rescheduleAppointment(clinic);
}
