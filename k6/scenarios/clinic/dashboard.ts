import type { Client } from '@loadstar-hq/loadstar/k6';
import { type Answer, answer } from './answer.ts';
import type { Appointment } from './appointments.ts';
import type { Profile } from './auth.ts';
import type { Order } from './pharmacy.ts';

export interface Counts {
  readonly appointments: number;
  readonly orders: number;
  readonly prescriptions: number;
}

export interface Page {
  readonly me: Answer<Profile>;
  readonly counts: Answer<Counts>;
  readonly appointments: Answer<{ appointments: Appointment[] }>;
  readonly orders: Answer<{ orders: Order[] }>;
  readonly notifications: Answer<{ notifications: { id: string; text: string }[] }>;
}

const NOTIFICATIONS_SHOWN = 5;

export class DashboardApi {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** All parts of the start page, at once. */
  page(token: string): Page {
    const [me, counts, appointments, orders, notifications] = this.#client.batch([
      { method: 'GET', route: '/api/me', token },
      { method: 'GET', route: '/api/dashboard', token },
      { method: 'GET', route: '/api/appointments', token },
      { method: 'GET', route: '/api/orders', token },
      { method: 'GET', route: '/api/notifications', query: { limit: NOTIFICATIONS_SHOWN }, token },
    ]);
    return {
      me: answer(me),
      counts: answer(counts),
      appointments: answer(appointments),
      orders: answer(orders),
      notifications: answer(notifications),
    };
  }
}
