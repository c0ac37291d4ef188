import type { ApiResponse, Client } from '@loadstar-hq/loadstar/k6';
import { type Answer, answer, STATUS } from './answer.ts';

export interface Slot {
  readonly id: string;
  readonly serviceId: string;
  readonly doctor: string;
  /** ISO 8601 */
  readonly start: string;
}

export interface Appointment {
  readonly id: string;
  readonly slotId: string;
  readonly status: string;
}

const ONE = '/api/appointments/:id';
const also_expected = [STATUS.conflict];

export class AppointmentsApi {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  available(query: { service?: string; limit?: number } = {}): Answer<{ slots: Slot[] }> {
    return answer(this.#client.request({ method: 'GET', route: '/api/appointments/available', query }));
  }

  list(token: string): Answer<{ appointments: Appointment[] }> {
    return answer(this.#client.request({ method: 'GET', route: '/api/appointments', token }));
  }

  book(token: string, slotId: string): Answer<Appointment> {
    return answer(
      this.#client.request({ method: 'POST', route: '/api/appointments', body: { slotId }, token, also_expected }),
    );
  }

  get(token: string, id: string): Answer<Appointment> {
    return answer(this.#client.request({ method: 'GET', route: ONE, params: { id }, token }));
  }

  /** Where it is meant to be gone. */
  getGone(token: string, id: string): ApiResponse {
    const gone = [STATUS.not_found];
    return this.#client.request({ method: 'GET', route: ONE, params: { id }, token, also_expected: gone });
  }

  reschedule(token: string, id: string, slotId: string): Answer<Appointment> {
    return answer(
      this.#client.request({ method: 'PATCH', route: ONE, params: { id }, body: { slotId }, token, also_expected }),
    );
  }

  cancel(token: string, id: string): ApiResponse {
    return this.#client.request({ method: 'DELETE', route: ONE, params: { id }, token });
  }
}
