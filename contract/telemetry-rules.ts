/**
 * How metrics that exporters and runtimes have by default become series of telemetry. Telegraf gets the rules as data
 * (stack/telegraf/series.star); docs/telemetry.md is generated from them.
 */
import type { TelemetryIdentity } from './telemetry.ts';

/** What a rule takes of the samples of one scrape. Samples with other labels are added, unless `most` takes the largest. */
export interface RuleTerm {
  /** As the endpoint names it; with a dot: plugin and field of Telegraf, for the machine and its containers. */
  readonly metric: string;
  /** Only samples with these labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** value: as it is (default) · per_s: increase a second, left out where a counter was reset · sets: how many samples. */
  readonly as?: 'value' | 'per_s' | 'sets';
  readonly factor?: number;
  readonly most?: true;
  /** 0 where the metric has samples, but none with these labels. */
  readonly none_is_zero?: true;
}

/** value = factor × Σ value / Σ over. A rule applies where all its metrics are there. */
export interface SeriesRule extends Omit<TelemetryIdentity, 'instance'> {
  readonly value: readonly RuleTerm[];
  readonly over?: readonly RuleTerm[];
  readonly factor?: number;
  /** The rest of a share: what is not idle. */
  readonly one_minus?: true;
  readonly limit?: readonly RuleTerm[];
  readonly fixed_limit?: number;
  /** A series for each value of this label, which becomes the instance. */
  readonly by?: string;
  /** Only where this metric is there too: what else has a metric of the same name. */
  readonly when?: string;
}

type Rules = readonly SeriesRule[];

const per_s = (metric: string, labels?: RuleTerm['labels'], factor?: number): RuleTerm => ({
  metric,
  ...(labels ? { labels } : {}),
  as: 'per_s',
  ...(factor === undefined ? {} : { factor }),
});
const now = (metric: string, labels?: RuleTerm['labels'], factor?: number): RuleTerm => ({
  metric,
  ...(labels ? { labels } : {}),
  ...(factor === undefined ? {} : { factor }),
});

const CPU = { component: 'cpu', kind: 'utilisation', unit: 'share' } as const;
const MEMORY = { component: 'memory', kind: 'utilisation', unit: 'bytes' } as const;
const GC = { component: 'gc', series: 'time in collections', kind: 'utilisation', unit: 'share' } as const;
const IN_USE = { component: 'db', series: 'connections in use', kind: 'utilisation', unit: 'count' } as const;
const MS_PER_S = 1_000;
const PERCENT = 0.01;

/** By what exposes them. */
export const SERIES_RULES = {
  'Node.js (prom-client)': [
    {
      ...CPU,
      series: 'process',
      value: [per_s('process_cpu_seconds_total')],
      fixed_limit: 1,
      when: 'nodejs_version_info',
    },
    {
      component: 'event loop',
      series: 'lag p99',
      kind: 'saturation',
      unit: 'ms',
      value: [now('nodejs_eventloop_lag_p99_seconds')],
      factor: MS_PER_S,
    },
    {
      component: 'event loop',
      series: 'lag',
      kind: 'saturation',
      unit: 'ms',
      value: [now('nodejs_eventloop_lag_mean_seconds')],
      factor: MS_PER_S,
    },
    {
      component: 'event loop',
      series: 'busy',
      kind: 'utilisation',
      unit: 'share',
      value: [now('nodejs_eventloop_utilization')],
      fixed_limit: 1,
    },
    { ...MEMORY, series: 'heap in use', value: [now('nodejs_heap_size_used_bytes')] },
    { ...GC, value: [per_s('nodejs_gc_duration_seconds_sum')] },
    {
      component: 'handles',
      series: 'open handles',
      kind: 'utilisation',
      unit: 'count',
      value: [now('nodejs_active_resources_total')],
    },
  ],
  'Go (client_golang)': [
    {
      ...CPU,
      series: 'process',
      unit: 'number',
      value: [per_s('process_cpu_seconds_total')],
      limit: [now('go_sched_gomaxprocs_threads')],
      when: 'go_goroutines',
    },
    { ...MEMORY, series: 'heap in use', value: [now('go_memstats_heap_inuse_bytes')] },
    { ...GC, series: 'time stopped', value: [per_s('go_gc_duration_seconds_sum')] },
    {
      component: 'goroutines',
      series: 'goroutines',
      kind: 'utilisation',
      unit: 'count',
      value: [now('go_goroutines')],
    },
    {
      ...IN_USE,
      value: [now('go_sql_in_use_connections')],
      limit: [now('go_sql_max_open_connections')],
      by: 'db_name',
    },
    {
      component: 'db',
      series: 'waits for a connection',
      kind: 'saturation',
      unit: 'per_s',
      value: [per_s('go_sql_wait_count_total')],
      by: 'db_name',
    },
  ],
  'JVM (Micrometer)': [
    { ...CPU, series: 'process', value: [now('process_cpu_usage')], fixed_limit: 1 },
    {
      ...MEMORY,
      series: 'heap in use',
      value: [now('jvm_memory_used_bytes', { area: 'heap' })],
      limit: [now('jvm_memory_max_bytes', { area: 'heap' })],
    },
    { ...GC, series: 'time stopped', value: [per_s('jvm_gc_pause_seconds_sum')] },
    {
      ...IN_USE,
      value: [now('hikaricp_connections_active')],
      limit: [now('hikaricp_connections_max')],
      by: 'pool',
    },
    {
      component: 'db',
      series: 'waits for a connection',
      kind: 'saturation',
      unit: 'count',
      value: [now('hikaricp_connections_pending')],
      by: 'pool',
    },
    {
      component: 'db',
      series: 'connection timeouts',
      kind: 'errors',
      unit: 'per_s',
      value: [per_s('hikaricp_connections_timeout_total')],
      by: 'pool',
    },
    {
      component: 'db',
      series: 'time to get a connection',
      kind: 'latency',
      unit: 'ms',
      value: [per_s('hikaricp_connections_acquire_seconds_sum')],
      over: [per_s('hikaricp_connections_acquire_seconds_count')],
      factor: MS_PER_S,
      by: 'pool',
    },
    {
      component: 'threads',
      series: 'busy',
      kind: 'utilisation',
      unit: 'count',
      value: [now('tomcat_threads_busy_threads')],
      limit: [now('tomcat_threads_config_max_threads')],
    },
    {
      component: 'worker',
      series: 'queued tasks',
      kind: 'saturation',
      unit: 'count',
      value: [now('executor_queued_tasks')],
      by: 'name',
    },
    {
      component: 'worker',
      series: 'active threads',
      kind: 'utilisation',
      unit: 'count',
      value: [now('executor_active_threads')],
      limit: [now('executor_pool_max_threads')],
      by: 'name',
    },
    {
      component: 'threads',
      series: 'blocked',
      kind: 'saturation',
      unit: 'count',
      value: [now('jvm_threads_states_threads', { state: 'blocked' })],
    },
  ],
  'every process': [
    {
      ...CPU,
      series: 'process',
      unit: 'number',
      value: [per_s('process_cpu_seconds_total')],
    },
    { ...MEMORY, series: 'resident', value: [now('process_resident_memory_bytes')] },
    {
      component: 'files',
      series: 'open files',
      kind: 'utilisation',
      unit: 'count',
      value: [now('process_open_fds')],
      limit: [now('process_max_fds')],
    },
  ],
  node_exporter: [
    {
      ...CPU,
      series: 'machine',
      value: [per_s('node_cpu_seconds_total', { mode: 'idle' })],
      over: [per_s('node_cpu_seconds_total')],
      one_minus: true,
      fixed_limit: 1,
    },
    {
      component: 'cpu',
      series: 'load of a core',
      kind: 'saturation',
      unit: 'number',
      value: [now('node_load1')],
      over: [{ metric: 'node_cpu_seconds_total', labels: { mode: 'idle' }, as: 'sets' }],
    },
    {
      component: 'cpu',
      series: 'waiting for CPU',
      kind: 'saturation',
      unit: 'share',
      value: [per_s('node_pressure_cpu_waiting_seconds_total')],
    },
    {
      ...MEMORY,
      series: 'machine',
      value: [now('node_memory_MemTotal_bytes'), now('node_memory_MemAvailable_bytes', undefined, -1)],
      limit: [now('node_memory_MemTotal_bytes')],
    },
    {
      component: 'disk',
      series: 'busy',
      kind: 'utilisation',
      unit: 'share',
      value: [{ ...per_s('node_disk_io_time_seconds_total'), most: true }],
      fixed_limit: 1,
    },
    {
      component: 'network',
      series: 'errors',
      kind: 'errors',
      unit: 'per_s',
      value: [per_s('node_network_receive_errs_total'), per_s('node_network_transmit_errs_total')],
    },
  ],
  cAdvisor: [
    {
      ...CPU,
      series: 'container of its limit',
      value: [per_s('container_cpu_usage_seconds_total')],
      over: [now('container_spec_cpu_quota', undefined, 1e-5)],
      fixed_limit: 1,
      by: 'name',
    },
    {
      ...CPU,
      series: 'container in cores',
      unit: 'number',
      value: [per_s('container_cpu_usage_seconds_total')],
      by: 'name',
    },
    {
      component: 'cpu',
      series: 'container throttled',
      kind: 'saturation',
      unit: 'share',
      value: [per_s('container_cpu_cfs_throttled_periods_total')],
      over: [per_s('container_cpu_cfs_periods_total')],
      by: 'name',
    },
    {
      ...MEMORY,
      series: 'container',
      value: [now('container_memory_working_set_bytes')],
      limit: [now('container_spec_memory_limit_bytes')],
      by: 'name',
    },
  ],
  postgres_exporter: [
    {
      ...IN_USE,
      series: 'connections of the server',
      value: [now('pg_stat_activity_count')],
      limit: [now('pg_settings_max_connections')],
    },
    {
      component: 'locks',
      series: 'sessions that wait for a lock',
      kind: 'saturation',
      unit: 'count',
      value: [{ ...now('pg_stat_activity_count', { wait_event_type: 'Lock' }), none_is_zero: true }],
    },
    {
      component: 'locks',
      series: 'deadlocks',
      kind: 'errors',
      unit: 'per_s',
      value: [per_s('pg_stat_database_deadlocks')],
    },
    {
      component: 'db',
      series: 'cache misses',
      kind: 'errors',
      unit: 'share',
      value: [per_s('pg_stat_database_blks_read')],
      over: [per_s('pg_stat_database_blks_read'), per_s('pg_stat_database_blks_hit')],
    },
  ],
  redis_exporter: [
    {
      component: 'cache',
      series: 'memory in use',
      kind: 'utilisation',
      unit: 'bytes',
      value: [now('redis_memory_used_bytes')],
      limit: [now('redis_memory_max_bytes')],
    },
    {
      component: 'cache',
      series: 'misses',
      kind: 'errors',
      unit: 'share',
      value: [per_s('redis_keyspace_misses_total')],
      over: [per_s('redis_keyspace_misses_total'), per_s('redis_keyspace_hits_total')],
    },
  ],
  'the machine (`host`)': [
    { ...CPU, series: 'machine', value: [now('cpu.usage_idle')], factor: PERCENT, one_minus: true, fixed_limit: 1 },
    {
      component: 'cpu',
      series: 'load of a core',
      kind: 'saturation',
      unit: 'number',
      value: [now('system.load1')],
      over: [now('system.n_cpus')],
    },
    {
      ...MEMORY,
      series: 'machine',
      value: [now('mem.total'), now('mem.available', undefined, -1)],
      limit: [now('mem.total')],
    },
    {
      component: 'disk',
      series: 'busy',
      kind: 'utilisation',
      unit: 'share',
      value: [per_s('diskio.io_time', undefined, 1 / MS_PER_S)],
      fixed_limit: 1,
      by: 'name',
    },
    {
      component: 'network',
      series: 'errors',
      kind: 'errors',
      unit: 'per_s',
      value: [per_s('net.err_in'), per_s('net.err_out')],
      by: 'interface',
    },
  ],
  'containers (`containers`)': [
    {
      ...CPU,
      series: 'container in cores',
      unit: 'number',
      value: [now('docker_container_cpu.usage_percent', { cpu: 'cpu-total' })],
      factor: PERCENT,
      by: 'container_name',
    },
    {
      component: 'cpu',
      series: 'container throttled',
      kind: 'saturation',
      unit: 'share',
      value: [per_s('docker_container_cpu.throttling_throttled_periods', { cpu: 'cpu-total' })],
      over: [per_s('docker_container_cpu.throttling_periods', { cpu: 'cpu-total' })],
      by: 'container_name',
    },
    {
      ...MEMORY,
      series: 'container',
      value: [now('docker_container_mem.usage')],
      limit: [now('docker_container_mem.limit')],
      by: 'container_name',
    },
  ],
} as const satisfies Readonly<Record<string, Rules>>;

/**
 * Metrics that no rule above knows, by the ends of their names: so an app's own metrics need no configuration if they are
 * named as most are. Histograms of the app's own HTTP server are left out: k6 measures them from outside.
 */
export const GENERAL_RULES = {
  /** A gauge that ends so is a utilisation if there is a gauge of the same stem with one of the ends of `limit`. */
  utilisation: ['_in_use', '_active', '_used', '_busy'],
  limit: ['_max', '_limit', '_size', '_capacity'],
  saturation: ['_waiting', '_pending', '_queued', '_queue_length', '_queue_size', '_queue_depth'],
  /** Counters: a second. */
  errors: ['_errors_total', '_failed_total', '_failures_total'],
  /** Counters of one stem: the share of misses. */
  hits: '_hits_total',
  misses: '_misses_total',
  /** Sum and count of a histogram: the mean. */
  latency: { sum: '_seconds_sum', count: '_seconds_count' },
  /** The app's own HTTP server, in the globs of Telegraf. */
  dropped: ['http_server_*', 'http_request*', '*_http_server_*', '*_http_request*', '*_bucket'],
  /** Of runtimes and exporters: what no rule above takes is none of the app. */
  other_prefixes: [
    'nodejs',
    'go',
    'jvm',
    'process',
    'node',
    'container',
    'scrape',
    'prometheus',
    'pg',
    'redis',
    'promhttp',
  ],
  /** Words of a name → component. Without one of them, it is the word after the prefix that all metrics share. */
  components: {
    db: ['db', 'database', 'sql', 'postgres', 'mysql', 'pool', 'connection', 'connections', 'query'],
    worker: ['worker', 'workers', 'job', 'jobs', 'task', 'tasks', 'queue'],
    cache: ['cache', 'redis', 'memcached'],
    locks: ['lock', 'locks', 'mutex'],
    threads: ['thread', 'threads'],
  },
} as const;
