/** The configuration of Telegraf for one run. It names variables for secrets, and never holds one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUCKETS } from '../../contract/buckets.ts';
import { MOST_TELEMETRY_SERIES, type ScrapedSeries } from '../../contract/telemetry.ts';
import { GENERAL_RULES, type RuleTerm, SERIES_RULES, type SeriesRule } from '../../contract/telemetry-rules.ts';
import type { Telemetry, TelemetryEndpoint } from '../../project/telemetry.ts';
import type { InfluxAccess } from '../engine/engine.ts';

/** A larger answer is not read: a million series would take the generator's CPU and memory. */
const LARGEST_ANSWER = '8MiB';
/** While InfluxDB does not answer, so many points wait. */
const MOST_WAITING_POINTS = 50_000;
/** An endpoint that hangs is given up after this, also if the next scrape is due before. */
const TIMEOUT_S = 5;

/** What is collected of a target. Addresses of endpoints are as Telegraf reaches them. */
type TelegrafSources = Pick<Telemetry, 'endpoints' | 'host' | 'containers' | 'every_s'>;

interface Destination {
  readonly influx: InfluxAccess;
  /** As Telegraf reaches InfluxDB. */
  readonly influx_url: string;
  readonly testid: string;
  /** Address of the Docker engine, for containers. */
  readonly docker: string | null;
}

interface TelegrafConfig {
  readonly text: string;
  /** Secret: the environment that the text refers to. */
  readonly env: Readonly<Record<string, string>>;
}

/** @param root of Loadstar, whose script for Telegraf goes into the text */
export async function telegrafConfig(root: string, sources: TelegrafSources, to: Destination): Promise<TelegrafConfig> {
  const script = await readFile(join(root, 'stack', 'telegraf', 'series.star'), 'utf8');
  const env: Record<string, string> = {};
  const secret = (name: string, value: string) => {
    env[name] = value;
    return `\${${name}}`;
  };
  const { influx } = to;
  const text = [
    section('agent', {
      interval: `${sources.every_s}s`,
      flush_interval: `${sources.every_s}s`,
      precision: '1ms',
      metric_buffer_limit: MOST_WAITING_POINTS,
      omit_hostname: true,
      skip_processors_after_aggregators: true,
      logformat: 'structured',
    }),
    section('[outputs.influxdb_v2]', {
      urls: [to.influx_url],
      token: secret('LOADSTAR_TELEGRAF_TOKEN', influx.tokens.telegraf),
      organization: influx.org,
      bucket: BUCKETS.target.name,
      ...(influx.ca_file ? { tls_ca: influx.ca_file } : {}),
      ...(influx.proxy ? { http_proxy: secret('LOADSTAR_TELEGRAF_PROXY', influx.proxy) } : {}),
    }),
    section('[processors.starlark]', { source: script }),
    section('processors.starlark.constants', constants(sources, to.testid), 1),
    ...sources.endpoints.map((endpoint, index) => endpointSection(endpoint, index, secret)),
    ...(sources.host ? hostSections() : []),
    ...(sources.containers.length > 0 && to.docker ? [dockerSection(sources.containers, to.docker)] : []),
  ].join('\n');
  return { text, env };
}

function endpointSection(
  endpoint: TelemetryEndpoint,
  index: number,
  secret: (name: string, value: string) => string,
): string {
  const headers = Object.entries(endpoint.headers).map(
    ([name, value], at) => [name, secret(`LOADSTAR_TELEGRAF_${index}_${at}`, value)] as const,
  );
  return [
    section('[inputs.prometheus]', {
      alias: String(index),
      urls: [withoutVariables(endpoint.url)],
      metric_version: 2,
      url_tag: '',
      // The clock of the target may be wrong, and the run is measured with ours.
      ignore_timestamp: true,
      content_length_limit: LARGEST_ANSWER,
      enable_request_metrics: true,
      timeout: `${TIMEOUT_S}s`,
      use_system_proxy: true,
      fieldinclude: ['content_length', 'response_time', ...neededFields(endpoint)],
      fieldexclude: [...GENERAL_RULES.dropped],
      ...(endpoint.ca_file ? { tls_ca: endpoint.ca_file } : {}),
    }),
    section('inputs.prometheus.tags', { endpoint: String(index) }, 1),
    ...(headers.length > 0 ? [section('inputs.prometheus.http_headers', Object.fromEntries(headers), 1)] : []),
  ].join('\n');
}

/** Globs of Telegraf. All other metrics are dropped before the script sees them. */
function neededFields({ series }: Pick<TelemetryEndpoint, 'series'>): string[] {
  const { utilisation, limit, saturation, errors, hits, misses, latency } = GENERAL_RULES;
  const ends = [...utilisation, ...limit, ...saturation, ...errors, hits, misses, latency.sum, latency.count];
  const rules = [...builtInRules(), ...series.map(namedRule)];
  const terms = rules.flatMap((rule) => [...rule.value, ...(rule.over ?? []), ...(rule.limit ?? [])]);
  const conditions = rules.flatMap(({ when }) => (when ? [when] : []));
  return [...new Set([...terms.map(({ metric }) => metric), ...conditions, ...ends.map((end) => `*${end}`)])];
}

function builtInRules(): SeriesRule[] {
  return Object.values<readonly SeriesRule[]>(SERIES_RULES).flat();
}

const MS_PER_S = 1_000;
const UNIT_ENDS = /_(total|seconds|bytes|ratio|count)$/;

/** A series of the configuration as a rule. */
export function namedRule(series: ScrapedSeries): SeriesRule {
  const { metric, component, kind, unit, labels, limit, limit_metric } = series;
  const as = series.as ?? (metric.endsWith('_total') ? 'per_s' : 'gauge');
  const of = (name: string, how: RuleTerm['as']): RuleTerm => ({
    metric: name,
    ...(labels ? { labels } : {}),
    as: how ?? 'value',
  });
  const in_seconds = unit === 'ms' && /_seconds$/.test(metric);
  const value =
    as === 'mean'
      ? { value: [of(`${metric}_sum`, 'per_s')], over: [of(`${metric}_count`, 'per_s')] }
      : { value: [of(metric, as === 'per_s' ? 'per_s' : 'value')] };
  return {
    ...value,
    component,
    series: series.name ?? seriesName(metric),
    kind,
    unit,
    factor: series.factor ?? (in_seconds ? MS_PER_S : 1),
    ...(limit === undefined ? {} : { fixed_limit: limit }),
    ...(limit_metric ? { limit: [{ metric: limit_metric }] } : {}),
  };
}

/** `app_db_connections_in_use` → `db connections in use` */
function seriesName(metric: string): string {
  const words = metric.replace(UNIT_ENDS, '').split('_');
  return (words.length > 2 ? words.slice(1) : words).join(' ');
}

function constants({ endpoints, host, containers }: TelegrafSources, testid: string): Record<string, TomlValue> {
  const shares = endpoints.length + (host || containers.length > 0 ? 1 : 0);
  const of = endpoints.map(({ component, instance, series }, index) => ({
    share: String(index),
    component,
    instance,
    rules: series.map(namedRule),
  }));
  return {
    rules: jsonText(builtInRules()),
    general: jsonText(GENERAL_RULES),
    sources: jsonText(of),
    testid,
    most_series: Math.floor(MOST_TELEMETRY_SERIES / Math.max(shares, 1)),
  };
}

/** Real disks and not their partitions; interfaces of containers come and go. */
const DISKS = ['sd?', 'vd?', 'xvd?', 'nvme?n?', 'disk?'];
const INTERFACES = ['eth*', 'en*', 'wl*', 'bond*'];

function hostSections(): string[] {
  return [
    section('[inputs.cpu]', { percpu: false, totalcpu: true, fieldinclude: ['usage_idle'] }),
    section('[inputs.mem]', { fieldinclude: ['total', 'available'] }),
    section('[inputs.system]', { fieldinclude: ['load1', 'n_cpus'] }),
    section('[inputs.diskio]', { devices: DISKS, fieldinclude: ['io_time'] }),
    section('[inputs.net]', { interfaces: INTERFACES, fieldinclude: ['err_in', 'err_out'] }),
  ];
}

function dockerSection(names: readonly string[], endpoint: string): string {
  return section('[inputs.docker]', {
    endpoint,
    container_name_include: [...names],
    perdevice_include: [],
    total_include: ['cpu'],
    docker_label_include: [],
    docker_label_exclude: ['*'],
    namepass: ['docker_container_cpu', 'docker_container_mem'],
    taginclude: ['container_name', 'cpu'],
    fieldinclude: ['usage_percent', 'throttling_periods', 'throttling_throttled_periods', 'usage', 'limit'],
  });
}

type TomlValue = string | number | boolean | readonly string[];

/** Strings of JSON are strings of TOML. @param depth of indentation */
function section(name: string, values: Readonly<Record<string, TomlValue>>, depth = 0): string {
  const indent = '  '.repeat(depth);
  const lines = Object.entries(values).map(
    ([key, value]) => `${indent}  ${JSON.stringify(key)} = ${JSON.stringify(value)}`,
  );
  return [`${indent}[${name}]`, ...lines, ''].join('\n');
}

/** Telegraf replaces `$NAME` in every text: here a dollar is only itself. */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll('$', '\\u0024');
}

function withoutVariables(url: string): string {
  return url.replaceAll('$', '%24');
}
