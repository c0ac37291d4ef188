import { z } from 'zod';
import { UNITS } from '../contract/metrics.ts';
import { TELEMETRY_KINDS, type TelemetryKind, type TelemetryUnit } from '../contract/telemetry.ts';
import { HEADER_NAME, strictObject, TEXT, VARIABLE } from './schema-parts.ts';

const KIND = z.enum(Object.keys(TELEMETRY_KINDS) as [TelemetryKind, ...TelemetryKind[]]);
const UNIT = z.enum(['bytes', ...(Object.keys(UNITS) as TelemetryUnit[])]);
const METRIC = z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'the name of a metric, such as app_queue_depth');
/** They are tags in InfluxDB and words on screens. */
const NAME = z
  .string()
  .regex(/^[^\p{Cc}\\$=,|]{1,60}$/u, 'a short text without `\\`, `$`, `=`, `,` and `|`, such as `db` or `queue depth`');
const LABEL = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'the name of a label');
const FACTOR = z.number().refine((value) => Number.isFinite(value) && value !== 0, 'a number that is not 0');
const LIMIT = z.number().positive('a number above 0');

const SERIES = strictObject({
  /** As the endpoint names it, without `_sum` and `_count` if `as` is `mean`. */
  metric: METRIC,
  /** Only samples with these labels. */
  labels: z.record(LABEL, z.string()).optional(),
  /** Row of the timeline: `db`, `worker`, `cache`. */
  component: NAME,
  /** In words. Default: of the metric. */
  name: NAME.optional(),
  kind: KIND,
  unit: UNIT,
  /** gauge: as it is; per_s: increase of a counter a second; mean: of a histogram. Default: per_s for `_total`, else gauge. */
  as: z.enum(['gauge', 'per_s', 'mean']).optional(),
  factor: FACTOR.optional(),
  limit: LIMIT.optional(),
  /** The metric that holds the limit. */
  limit_metric: METRIC.optional(),
})
  .refine(({ limit, limit_metric }) => limit === undefined || limit_metric === undefined, {
    path: ['limit_metric'],
    error: 'one of limit and limit_metric',
  })
  .refine(({ as, kind }) => !(kind === 'rate' && as === 'gauge'), {
    path: ['as'],
    error: '`per_s` for a rate: a gauge is none',
  });

/** `/metrics` is below the target's `base_url`. */
const ENDPOINT_URL = z.string().refine((text) => {
  if (text.startsWith('/')) return !text.startsWith('//');
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && !username && !password;
}, 'an http(s) address without credentials, or a path of the target such as /metrics');

const ENDPOINT = strictObject({
  /** Address of a Prometheus endpoint, or a path of the target: `/metrics`. */
  url: ENDPOINT_URL,
  /** Component of its series where no rule says another. */
  component: NAME.optional(),
  /** Tells replicas apart. Default: host and port where there are several endpoints. */
  instance: NAME.optional(),
  /** The variable that holds a bearer token. */
  token_from_env: VARIABLE.optional(),
  /** The variable that holds `user:password`. */
  basic_auth_from_env: VARIABLE.optional(),
  /** Header → the environment variable that holds its value. */
  headers_from_env: z.record(HEADER_NAME, VARIABLE).optional(),
  /** PEM file of a private CA, relative to the configuration. */
  ca_file: TEXT.optional(),
  /** Series of metrics that no rule knows (docs/telemetry.md), or that are to have other names. */
  series: z.array(SERIES).optional(),
}).refine((endpoint) => !(endpoint.basic_auth_from_env && endpoint.token_from_env), {
  path: ['token_from_env'],
  error: 'one of basic_auth_from_env and token_from_env: both are the Authorization header',
});

const QUERY = strictObject({
  /** In words; the name of the series. */
  name: NAME,
  component: NAME,
  kind: KIND,
  unit: UNIT,
  /** Name or uid of the data source in Grafana. */
  data_source: TEXT,
  /** Text of the query (PromQL, Flux, InfluxQL, SQL), or its model as Grafana's query inspector shows it. */
  query: z.union([TEXT, z.record(z.string(), z.unknown())]),
  factor: FACTOR.optional(),
  limit: LIMIT.optional(),
});

/** Longer than any start of a target that is worth to see. */
const MOST_AROUND_S = 600;
const MOST_EVERY_S = 60;
/** All are asked at once, every 15 s. */
const MOST_QUERIES = 50;

/** `telemetry` of a target. */
export const TELEMETRY = strictObject({
  /** Seconds that are collected before and after the load. Default: 30. */
  around_s: z
    .number()
    .refine((value) => value >= 0 && value <= MOST_AROUND_S, `a number of seconds from 0 to ${MOST_AROUND_S}`)
    .optional(),
  /** Seconds between two samples. Default: 2. */
  every_s: z
    .number()
    .refine(
      (value) => Number.isInteger(value) && value >= 1 && value <= MOST_EVERY_S,
      `a whole number of seconds from 1 to ${MOST_EVERY_S}`,
    )
    .optional(),
  /** Prometheus endpoints. */
  scrape: z.array(ENDPOINT).optional(),
  /** CPU, memory, disk and network of the machine that Loadstar runs on. */
  host: z.boolean().optional(),
  /** Containers of the Docker engine of this machine, by name; `*` stands for any text. */
  containers: z.array(NAME).min(1, 'one name at least').optional(),
  /** Queries to data sources of the team's Grafana. */
  ask: z.array(QUERY).max(MOST_QUERIES, `at most ${MOST_QUERIES} queries`).optional(),
})
  .refine(
    ({ scrape = [], host, containers = [], ask = [] }) => host || scrape.length + containers.length + ask.length > 0,
    {
      error: 'one of `scrape`, `host`, `containers` and `ask` at least',
    },
  )
  .refine(({ ask = [] }) => new Set(ask.map(({ name, component }) => `${component}|${name}`)).size === ask.length, {
    path: ['ask'],
    error: 'queries of different names or components',
  })
  .refine(({ scrape = [] }) => new Set(scrape.map(({ url }) => url)).size === scrape.length, {
    path: ['scrape'],
    error: 'each address once',
  });
