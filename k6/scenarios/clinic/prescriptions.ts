import type { ApiResponse, Client, Upload } from '@loadstar-hq/loadstar/k6';
import type { RefinedResponse } from 'k6/http';
import { type Answer, answer, STATUS } from './answer.ts';

export interface Prescription {
  readonly id: string;
  readonly filename: string;
  readonly type: string;
  readonly size_bytes: number;
  readonly sha256: string;
}

export class PrescriptionsApi {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  upload(token: string, file: Upload): Answer<Prescription> {
    return answer(this.#client.request({ method: 'POST', route: '/api/prescriptions', file, token }));
  }

  /** Of a file that is meant to be refused. */
  uploadWrongly(token: string, file: Upload): ApiResponse {
    const also_expected = [STATUS.too_large, STATUS.unsupported_type];
    return this.#client.request({ method: 'POST', route: '/api/prescriptions', file, token, also_expected });
  }

  list(token: string): Answer<{ prescriptions: Prescription[] }> {
    return answer(this.#client.request({ method: 'GET', route: '/api/prescriptions', token }));
  }

  download(token: string, id: string): RefinedResponse<'binary'> {
    return this.#client.download({ method: 'GET', route: '/api/prescriptions/:id/file', params: { id }, token });
  }

  remove(token: string, id: string): ApiResponse {
    return this.#client.request({ method: 'DELETE', route: '/api/prescriptions/:id', params: { id }, token });
  }
}
