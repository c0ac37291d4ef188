/** Names that Grafana knows Loadstar's things by. */
export const GRAFANA = {
  folder: 'k6',
  /** Of the folder in a Grafana that a team already has; one of ours makes its own. */
  folder_uid: 'loadstar-k6',
  /** The data source reads all three buckets; queries name the bucket. */
  datasource: { uid: 'loadstar-influxdb', name: 'Loadstar InfluxDB' },
  dashboards: {
    live: { uid: 'loadstar-live', file: 'live', title: 'k6 · Live run' },
    /** The same for runs of the stock outputs, which write another layout (contract/outputs.ts). */
    live_raw: { uid: 'loadstar-live-raw', file: 'live-raw', title: 'k6 · Live run (stock outputs)' },
    runs: { uid: 'loadstar-runs', file: 'runs', title: 'k6 · Runs and trends' },
    compare: { uid: 'loadstar-compare', file: 'compare', title: 'k6 · Compare two runs' },
    slos: { uid: 'loadstar-slos', file: 'slos', title: 'k6 · SLOs' },
    runbook: { uid: 'loadstar-runbook', file: 'runbook', title: 'k6 · Runbook' },
  },
  /** Annotations with this tag are shown as deploys (docs/grafana.md: a call in CI makes them). */
  deploy_tag: 'deploy',
  /**
   * What the provisioning files interpolate, so that they hold no secret and serve every engine. The GF_ prefix lets
   * Grafana's image read the token from a file (`<name>__FILE`).
   */
  variables: {
    provisioning: 'GF_PATHS_PROVISIONING',
    influx_url: 'GF_LOADSTAR_INFLUX_URL',
    influx_token: 'GF_LOADSTAR_INFLUX_TOKEN',
  },
  /** Relative to the checkout. */
  provisioning_dir: 'grafana/provisioning',
} as const;

export type DashboardKey = keyof typeof GRAFANA.dashboards;

/** The live dashboard that reads a layout of the metrics. */
export const LIVE_DASHBOARD_OF = { loadstar: 'live', raw: 'live_raw' } as const satisfies Record<string, DashboardKey>;

/**
 * Grafana's settings, as environment variables, the same for every engine. No telemetry, no look-ups outside; whoever
 * reaches the loopback port may look (Viewer), and nobody may change anything without the generated password.
 */
export const GRAFANA_SETTINGS = {
  GF_ANALYTICS_REPORTING_ENABLED: 'false',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
  GF_ANALYTICS_FEEDBACK_LINKS_ENABLED: 'false',
  GF_PLUGINS_PREINSTALL_DISABLED: 'true',
  GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED: 'true',
  GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'false',
  GF_SUPPORT_BUNDLES_ENABLED: 'false',
  /** Provisioned receivers count from the next look on: a minute, unless told, in which an alert would go nowhere. */
  GF_UNIFIED_ALERTING_ALERTMANAGER_CONFIG_POLL_INTERVAL: '10s',
  /** Its SQLite file: readers and the writer do not lock each other out while it provisions. */
  GF_DATABASE_WAL: 'true',
  GF_DATABASE_QUERY_RETRIES: '10',
  GF_NEWS_NEWS_FEED_ENABLED: 'false',
  GF_SECURITY_DISABLE_GRAVATAR: 'true',
  GF_SNAPSHOTS_EXTERNAL_ENABLED: 'false',
  GF_USERS_ALLOW_SIGN_UP: 'false',
  GF_USERS_ALLOW_ORG_CREATE: 'false',
  GF_AUTH_ANONYMOUS_ENABLED: 'true',
  GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
  GF_LOG_MODE: 'console',
} as const;

/** Below the provisioning directory: what Grafana opens with. */
export const HOME_DASHBOARD = `dashboards/${GRAFANA.dashboards.runs.file}.json`;

/** InfluxDB's, likewise. */
export const INFLUXDB_SETTINGS = {
  INFLUXD_REPORTING_DISABLED: 'true',
  INFLUXD_LOG_LEVEL: 'warn',
} as const;
