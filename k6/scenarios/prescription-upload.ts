/** A patient uploads a prescription and gets it back. */
import { Clinic } from '../clinic/clinic.ts';
import { sendPrescription } from '../journeys/prescription.ts';
import { defineScenario } from '../runtime/scenario.ts';

const { options, client, handleSummary } = defineScenario('prescription-upload');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function prescriptionUpload(): void {
  sendPrescription(clinic);
}
