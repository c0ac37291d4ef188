import { LOOPBACK } from '../../contract/ports.ts';
import { freePort } from '../../lib/free-port.ts';
import type { K6Place } from './engine.ts';

/** For k6 in the network of this machine. */
export async function findLoopbackPlace(): Promise<K6Place> {
  const listen = `${LOOPBACK}:${await freePort()}`;
  const url = `http://${listen}`;
  return { listen, url, own_url: url };
}
