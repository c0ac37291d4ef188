import type { Client } from '@loadstar-hq/loadstar/k6';
import { AppointmentsApi } from './appointments.ts';
import { AuthApi } from './auth.ts';
import { CatalogueApi } from './catalogue.ts';
import { DashboardApi } from './dashboard.ts';
import { LiveApi } from './live.ts';
import { PharmacyApi } from './pharmacy.ts';
import { PrescriptionsApi } from './prescriptions.ts';

/** The clinic's API, one method a request. */
export class Clinic {
  readonly appointments: AppointmentsApi;
  readonly auth: AuthApi;
  readonly catalogue: CatalogueApi;
  readonly dashboard: DashboardApi;
  readonly live: LiveApi;
  readonly pharmacy: PharmacyApi;
  readonly prescriptions: PrescriptionsApi;

  constructor(client: Client) {
    this.appointments = new AppointmentsApi(client);
    this.auth = new AuthApi(client);
    this.catalogue = new CatalogueApi(client);
    this.dashboard = new DashboardApi(client);
    this.live = new LiveApi(client);
    this.pharmacy = new PharmacyApi(client);
    this.prescriptions = new PrescriptionsApi(client);
  }
}
