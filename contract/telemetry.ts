/**
 * Telemetry: what the target itself measures, collected with a run (docs/bottleneck.md). Telegraf scrapes it or Grafana's
 * query API is asked for it; both store the same series, and Live, the report and the ranking of causes read them alone.
 */
import { UNITS } from './metrics.ts';

/**
 * What a series says of its component, after the USE and RED methods (https://www.brendangregg.com/usemethod.html).
 * `is_cause`: more of it can be why requests are slow. A rate cannot: it is what the load makes.
 */
export const TELEMETRY_KINDS = {
  /** How much of a resource is in use; with a limit where one is known. */
  utilisation: { is_cause: true },
  /** Work that waits, or is held up, because the resource is in use. */
  saturation: { is_cause: true },
  /** Work that failed or was in vain: errors, deadlocks, the share of a cache's misses. */
  errors: { is_cause: true },
  /** Work a second. */
  rate: { is_cause: false },
  /** What one unit of work of the component takes. */
  latency: { is_cause: true },
} as const;

export type TelemetryKind = keyof typeof TELEMETRY_KINDS;

/** `grafana`: the id of the unit there. A rate of telemetry is of any work, so it is not of requests. */
export const TELEMETRY_UNITS = {
  ...UNITS,
  per_s: { ...UNITS.per_s, grafana: 'cps' },
  bytes: { suffix: ' B', grafana: 'bytes', decimals: 0, highest: Number.POSITIVE_INFINITY },
} as const;

export type TelemetryUnit = keyof typeof TELEMETRY_UNITS;

/** How the bucket `target` holds it: one measurement; the tags `testid`, `component`, `series`, `kind`, `unit`, `instance`. */
export const TELEMETRY_POINT = {
  measurement: 'telemetry',
  tags: {
    testid: 'testid',
    /** Row of the timeline: `cpu`, `memory`, `db`. */
    component: 'component',
    /** In words: `connections in use`. */
    series: 'series',
    kind: 'kind',
    unit: 'unit',
    /** The endpoint, if there are several: `api-1`. */
    instance: 'instance',
  },
  fields: {
    value: 'value',
    /** Left out where no limit is known. */
    limit: 'limit',
  },
} as const;

/** What tells one series of a run from the others. */
export interface TelemetryIdentity {
  readonly component: string;
  readonly series: string;
  readonly kind: TelemetryKind;
  readonly unit: TelemetryUnit;
  /** Empty where there is one endpoint alone. */
  readonly instance: string;
}

/** A series as it is read back. Values of `share` are fractions. */
export interface TelemetrySeries extends TelemetryIdentity {
  /** In order of time. */
  readonly points: readonly TelemetryPoint[];
}

export interface TelemetryPoint {
  readonly at_ms: number;
  readonly value: number;
  readonly limit: number | null;
}

/** More of one run are counted and left out, aloud: nobody looks at them, and each costs memory. */
export const MOST_TELEMETRY_SERIES = 500;

/** More series of one query are left out, aloud: it is too wide. */
export const MOST_SERIES_OF_QUERY = 50;

/** A series that the team names itself, of a metric that an endpoint exposes. */
export interface ScrapedSeries {
  /** As the endpoint names it: `app_db_connections_in_use`. */
  readonly metric: string;
  /** Only samples with these labels. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly component: string;
  /** In words. Default: the metric without the prefix that it shares with the endpoint, underscores as spaces. */
  readonly name?: string;
  readonly kind: TelemetryKind;
  readonly unit: TelemetryUnit;
  /** gauge: as it is · per_s: increase of a counter a second · mean: increase of `_sum` by that of `_count`. */
  readonly as?: 'gauge' | 'per_s' | 'mean';
  readonly factor?: number;
  readonly limit?: number;
  /** The metric that holds the limit. */
  readonly limit_metric?: string;
}

/** A Prometheus endpoint. Secrets are named by their environment variables alone. */
export interface ScrapedEndpoint {
  readonly url: string;
  /** Component of its series where no rule says another. */
  readonly component?: string;
  /** Tells replicas apart. Default: host and port where there are several endpoints. */
  readonly instance?: string;
  readonly token_from_env?: string;
  readonly basic_auth_from_env?: string;
  readonly headers_from_env?: Readonly<Record<string, string>>;
  readonly ca_file?: string;
  readonly series?: readonly ScrapedSeries[];
}

/** A query to a data source of the team's Grafana. */
export interface AskedQuery extends Pick<TelemetryIdentity, 'component' | 'kind' | 'unit'> {
  /** In words; the name of the series. */
  readonly name: string;
  /** Name or uid of the data source in Grafana. */
  readonly data_source: string;
  /** Text of the query (PromQL, Flux, InfluxQL, SQL), or the model of the query as Grafana's query inspector shows it. */
  readonly query: string | Readonly<Record<string, unknown>>;
  readonly factor?: number;
  readonly limit?: number;
}

/** `telemetry` of a target. */
export interface TelemetryConfig {
  /** Seconds before and after the load. Default: 30. */
  readonly around_s?: number;
  /** Seconds between two samples. Default: 2. */
  readonly every_s?: number;
  readonly scrape?: readonly ScrapedEndpoint[];
  /** CPU, memory, disk and network of the machine that Loadstar runs on. */
  readonly host?: boolean;
  /** Containers of the Docker engine that Loadstar uses, by name; `*` stands for any text. */
  readonly containers?: readonly string[];
  readonly ask?: readonly AskedQuery[];
}
