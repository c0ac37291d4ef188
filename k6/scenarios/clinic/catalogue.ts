import type { ApiResponse, Client } from '@loadstar-hq/loadstar/k6';
import { type Answer, answer } from './answer.ts';

export interface Service {
  readonly id: string;
  readonly name: string;
}

export interface SearchPage {
  readonly total: number;
  readonly page: number;
  readonly size: number;
  /** Whether these are hits for what was probably meant. */
  readonly corrected: boolean;
  readonly hits: readonly { readonly type: string; readonly id: string; readonly name: string }[];
}

export class CatalogueApi {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  services(): Answer<{ services: Service[] }> {
    return answer(this.#client.request({ method: 'GET', route: '/api/services' }));
  }

  /** As a browser asks that has the list already. */
  servicesUnlessSame(etag: string): ApiResponse {
    return this.#client.request({ method: 'GET', route: '/api/services', headers: { 'If-None-Match': etag } });
  }

  service(id: string): Answer<Service> {
    return answer(this.#client.request({ method: 'GET', route: '/api/services/:id', params: { id } }));
  }

  search(q: string, page: number, size: number): Answer<SearchPage> {
    return answer(this.#client.request({ method: 'GET', route: '/api/search', query: { q, page, size } }));
  }
}
