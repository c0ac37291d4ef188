import { request } from 'undici';
import { readCa } from '../../lib/ca-files.ts';
import { dispatcherFor } from '../../lib/network.ts';
import { proxyRules } from '../../lib/proxies.ts';
import type { InfluxAccess } from '../engine/engine.ts';

const TIMEOUT_MS = 10_000;

/**
 * Finds the CA for the data source. Grafana's `tlsCACert` replaces the public roots, so STACK_CA_FILE is used only if it
 * signed the certificate of InfluxDB: it may be there for Grafana or a proxy.
 * @returns PEM text; null: no CA is needed, or InfluxDB is not reachable from here
 */
export async function findDatasourceCa(
  env: Readonly<Record<string, string | undefined>>,
  { url, ca_file }: Pick<InfluxAccess, 'url' | 'ca_file'>,
): Promise<string | null> {
  if (!ca_file || !url.startsWith('https:')) return null;
  const ca = readCa(ca_file, 'STACK_CA_FILE');
  const dispatcher = dispatcherFor(proxyRules(env), { ca: [ca] });
  try {
    const answer = await request(`${url}/ping`, { dispatcher, signal: AbortSignal.timeout(TIMEOUT_MS) });
    await answer.body.dump();
    return ca;
  } catch {
    return null;
  } finally {
    await dispatcher.destroy();
  }
}
