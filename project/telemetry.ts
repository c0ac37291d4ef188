import { resolve } from 'node:path';
import type { AskedQuery, ScrapedSeries, TelemetryConfig } from '../contract/telemetry.ts';
import { resolveCredentials, type Variables } from './credentials.ts';
import type { Config } from './load-config.ts';

/** What is collected of a target during a run, with the secrets from the environment. */
export interface Telemetry {
  readonly around_s: number;
  readonly every_s: number;
  readonly endpoints: readonly TelemetryEndpoint[];
  readonly host: boolean;
  readonly containers: readonly string[];
  readonly ask: readonly AskedQuery[];
}

export interface TelemetryEndpoint {
  /** An address, or a path of the target. */
  readonly url: string;
  readonly series: readonly ScrapedSeries[];
  /** Empty: what a rule says. */
  readonly component: string;
  /** Empty where there is one endpoint alone. */
  readonly instance: string;
  /** Secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly ca_file: string | null;
}

/** Long enough to show the target at rest, short enough to wait for. */
const AROUND_S = 30;
const EVERY_S = 2;

/** `telemetry` of a target, before its variables are read. */
export interface AskedTelemetry {
  readonly config: TelemetryConfig;
  /** Of the configuration, for messages. */
  readonly field: string;
  /** Of the configuration. */
  readonly directory: string;
}

/** Whether runs of a project may need Telegraf: not where it only asks Grafana. @param setting of TELEMETRY */
export function needsTelegraf({ targets = {} }: Config, setting: string | undefined): boolean {
  if (setting) return setting !== 'off';
  return Object.values(targets).some(({ telemetry: { scrape = [], host = false, containers = [] } = {} }) => {
    return scrape.length > 0 || host || containers.length > 0;
  });
}

/** @throws LoadstarError (usage) for an unset variable */
export function resolveTelemetry({ config, field: of, directory }: AskedTelemetry, env: Variables): Telemetry {
  const { around_s = AROUND_S, every_s = EVERY_S, scrape = [], host = false, containers = [], ask = [] } = config;
  const endpoints = scrape.map((endpoint, index): TelemetryEndpoint => {
    const { url } = endpoint;
    const field = (path: string) => `${of}.scrape.${index}.${path}`;
    return {
      url,
      component: endpoint.component ?? '',
      instance: endpoint.instance ?? (scrape.length > 1 ? (URL.canParse(url) ? new URL(url).host : 'target') : ''),
      headers: resolveCredentials(endpoint, field, env),
      ca_file: endpoint.ca_file ? resolve(directory, endpoint.ca_file) : null,
      series: endpoint.series ?? [],
    };
  });
  return { around_s, every_s, endpoints, host, containers, ask };
}
