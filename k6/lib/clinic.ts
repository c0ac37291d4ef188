import { type ApiResponse, type Client, json } from './client.ts';
import type { Credentials } from './data.ts';

export interface Service {
  readonly id: string;
  readonly name: string;
}

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

export interface SearchPage {
  readonly total: number;
  readonly page: number;
  readonly size: number;
  readonly hits: readonly { readonly type: string; readonly id: string; readonly name: string }[];
}

/** A response and its body, typed; `data` is undefined where the body is not what it should be. */
export interface Answer<T> {
  readonly response: ApiResponse;
  readonly data: T | undefined;
}

/** Another patient was faster: a business outcome. */
export const CONFLICT = 409;
/** Tokens expire: the journey logs in again. */
export const UNAUTHORIZED = 401;

/** The clinic's API, one method a request. */
export class Clinic {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  login(credentials: Credentials): Answer<{ token: string }> {
    return answer(this.#client.request({ method: 'POST', route: '/api/auth/login', body: credentials }));
  }

  services(): Answer<{ services: Service[] }> {
    return answer(this.#client.request({ method: 'GET', route: '/api/services' }));
  }

  available(query: { service?: string; limit?: number } = {}): Answer<{ slots: Slot[] }> {
    return answer(this.#client.request({ method: 'GET', route: '/api/appointments/available', query }));
  }

  book(token: string, slotId: string): Answer<Appointment> {
    const also_expected = [CONFLICT];
    return answer(
      this.#client.request({ method: 'POST', route: '/api/appointments', body: { slotId }, token, also_expected }),
    );
  }

  appointment(token: string, id: string): Answer<Appointment> {
    return answer(this.#client.request({ method: 'GET', route: '/api/appointments/:id', params: { id }, token }));
  }

  cancel(token: string, id: string): Answer<never> {
    return answer(this.#client.request({ method: 'DELETE', route: '/api/appointments/:id', params: { id }, token }));
  }

  search(q: string, page: number, size: number): Answer<SearchPage> {
    return answer(this.#client.request({ method: 'GET', route: '/api/search', query: { q, page, size } }));
  }
}

function answer<T>(response: ApiResponse): Answer<T> {
  return { response, data: json<T>(response) };
}
