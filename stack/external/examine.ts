import { BUCKETS } from '../../contract/buckets.ts';
import { messageOf } from '../../lib/errors.ts';
import { proxyRules } from '../../lib/proxies.ts';
import type { EngineContext, InfluxAccess } from '../engine/engine.ts';
import type { Server } from './ask-server.ts';
import { describeSkew } from './clock.ts';
import { identifyServer, readGrafanaVersion } from './identify.ts';
import { type Rights, readRights, requireFlux, requireRights } from './rights.ts';

/** What was found at INFLUX_URL. */
export interface Examined {
  /** Such as `InfluxDB v2.7.12`. */
  readonly name: string;
  readonly rights: Rights;
  /** What still works, but not as it should. */
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

const DAY_S = 86_400;

/**
 * Looks at everything that can go wrong with a server of somebody else's before anything is written to it. Whoever only
 * reads the history gets through with a token that only reads: what a run needs is required where a run begins.
 * @throws LoadstarError (unusable) for the first thing that is wrong
 */
export async function examineInflux(env: EngineContext['env'], access: InfluxAccess): Promise<Examined> {
  const server: Server = { url: access.url, name: 'InfluxDB', setting: 'INFLUX_URL', proxyOf: proxyRules(env) };
  const { name, skew_s } = await identifyServer(server, access);
  const rights = await readRights(server, access);
  requireRights({ influx: access, rights }, { read: ['live', 'runs'] });
  await requireFlux(server, access);
  const skew = describeSkew(skew_s, name);
  return { name, rights, warnings: skew ? [skew] : [], notes: describeRetention(rights) };
}

/** A plan of InfluxDB Cloud may limit how long a bucket keeps. */
function describeRetention({ runs }: Rights): string[] {
  if (runs.kept_s === 0) return [];
  const days = Math.round(runs.kept_s / DAY_S);
  return [
    `the bucket ${BUCKETS.runs.name} keeps ${days} days: runs older than that leave the history (\`npx loadstar runs export\` keeps them)`,
  ];
}

/** @returns what answers at GRAFANA_URL, or why nothing does: a run wants it for links alone */
export async function examineGrafana(env: EngineContext['env'], url: string): Promise<{ ok: boolean; found: string }> {
  const server: Server = { url, name: 'Grafana', setting: 'GRAFANA_URL', proxyOf: proxyRules(env) };
  try {
    const version = await readGrafanaVersion(server);
    return version ? { ok: true, found: `Grafana ${version}` } : { ok: false, found: 'something that is no Grafana' };
  } catch (error) {
    const { found } = error as { found?: string };
    return { ok: false, found: found ?? messageOf(error) };
  }
}
