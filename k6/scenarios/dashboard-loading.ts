/** The start page of a patient: all its parts at once. */
import { Clinic } from '../clinic/clinic.ts';
import { loadDashboard } from '../journeys/dashboard.ts';
import { defineScenario } from '../runtime/scenario.ts';

const { options, client, handleSummary } = defineScenario('dashboard-loading');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function dashboardLoading(): void {
  loadDashboard(clinic);
}
