import type { ApiResponse, Client } from '@loadstar-hq/loadstar/k6';
import { DEMO } from '../../../contract/demo.ts';
import { STATUS } from './answer.ts';

/** A message of the live updates: `ready` once, then a slot that changed hands. */
export type LiveMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'slot'; readonly slotId: string; readonly state: 'taken' | 'free' };

export class LiveApi {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** For `new WebSocket(url, null, { headers, tags })`. */
  slots(service: string): ReturnType<Client['socket']> {
    return this.#client.socket({ route: DEMO.live_path, query: { service } });
  }

  /** As plain HTTP, which is refused. */
  plain(): ApiResponse {
    return this.#client.request({ method: 'GET', route: DEMO.live_path, also_expected: [STATUS.upgrade_required] });
  }
}
