/** A patient uploads a prescription and gets it back. */
import { Clinic } from '../lib/clinic/clinic.ts';
import { sendPrescription } from '../lib/journeys/prescription.ts';
import { defineScenario } from '../lib/scenario.ts';

const { options, client, handleSummary } = defineScenario('prescription-upload');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function prescriptionUpload(): void {
  sendPrescription(clinic);
}
