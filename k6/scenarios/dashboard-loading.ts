/** The start page of a patient: all its parts at once. */
import { Clinic } from '../lib/clinic/clinic.ts';
import { loadDashboard } from '../lib/journeys/dashboard.ts';
import { defineScenario } from '../lib/scenario.ts';

const { options, client, handleSummary } = defineScenario('dashboard-loading');

export { handleSummary, options };

const clinic = new Clinic(client);

export default function dashboardLoading(): void {
  loadDashboard(clinic);
}
