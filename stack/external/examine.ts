import { BUCKETS } from '../../contract/buckets.ts';
import { COMMAND } from '../../contract/package-name.ts';
import { VERSIONS } from '../../contract/versions.ts';
import { messageOf } from '../../lib/errors.ts';
import { proxyRules } from '../../lib/proxies.ts';
import { isAtLeast } from '../binaries/go.ts';
import type { EngineContext, InfluxAccess } from '../engine/engine.ts';
import type { Server } from './ask-server.ts';
import { describeSkew } from './clock.ts';
import { identifyServer, readGrafanaVersion } from './identify.ts';
import { type Rights, readRights, requireFlux, requireRights } from './rights.ts';

/** The InfluxDB at INFLUX_URL. */
export interface Examined {
  /** Such as `InfluxDB v2.9.1`. */
  readonly name: string;
  readonly rights: Rights;
  /** Problems that do not prevent a run. */
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

const DAY_S = 86_400;

/**
 * Checks an existing InfluxDB before anything is written to it. A token that only reads is enough here, because some
 * commands only read the history. A run checks for the right to write when it starts.
 * @throws LoadstarError (unusable) for the first problem
 */
export async function examineInflux(env: EngineContext['env'], access: InfluxAccess): Promise<Examined> {
  const server: Server = { url: access.url, name: 'InfluxDB', setting: 'INFLUX_URL', proxyOf: proxyRules(env) };
  const { name, version, skew_s } = await identifyServer(server, access);
  const rights = await readRights(server, access);
  requireRights({ influx: access, rights }, { read: ['live', 'runs'] });
  await requireFlux(server, access);
  const warnings = [describeVulnerability(version), describeSkew(skew_s, name)].filter((it) => it !== null);
  return { name, rights, warnings, notes: describeRetention(rights) };
}

const VULNERABILITY = { id: 'CVE-2024-30896', fixed_in: '2.8.0' };

/** @param version of an InfluxDB 2, such as `2.7.12`; null: unknown */
export function describeVulnerability(version: string | null): string | null {
  const { id, fixed_in } = VULNERABILITY;
  if (version === null || isAtLeast(version, fixed_in)) return null;
  return `InfluxDB ${version} has ${id} (an all-access token can read the operator token): upgrade it to ${fixed_in} or later, such as ${VERSIONS.influxdb}`;
}

/** A plan of InfluxDB Cloud may limit the retention of a bucket. */
function describeRetention({ runs }: Rights): string[] {
  if (runs.kept_s === 0) return [];
  const days = Math.round(runs.kept_s / DAY_S);
  return [
    `the bucket ${BUCKETS.runs.name} keeps ${days} days: older runs leave the history (\`${COMMAND} runs export\` saves them)`,
  ];
}

/** Checks Grafana, which a run needs only for links. @returns what answers at GRAFANA_URL, or why nothing does */
export async function examineGrafana(env: EngineContext['env'], url: string): Promise<{ ok: boolean; found: string }> {
  const server: Server = { url, name: 'Grafana', setting: 'GRAFANA_URL', proxyOf: proxyRules(env) };
  try {
    const version = await readGrafanaVersion(server);
    return version ? { ok: true, found: `Grafana ${version}` } : { ok: false, found: 'another server than Grafana' };
  } catch (error) {
    const { found } = error as { found?: string };
    return { ok: false, found: found ?? messageOf(error) };
  }
}
