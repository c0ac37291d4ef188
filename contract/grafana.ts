/** Names that Grafana knows Loadstar's things by. */
export const GRAFANA = {
  folder: 'k6',
  /** Of the folder in a Grafana that a team already has; one of ours makes its own. */
  folder_uid: 'loadstar-k6',
  /** The data source reads all buckets; queries name the bucket. */
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
 * Grafana's settings, as environment variables, the same for every engine. No telemetry, no look-ups outside; nobody sees
 * or changes anything without the generated password, unless GRAFANA_ANONYMOUS lets people look (docs/security.md).
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
  /** Ways to hand a dashboard to people without a login. */
  GF_SNAPSHOTS_ENABLED: 'false',
  GF_SNAPSHOTS_EXTERNAL_ENABLED: 'false',
  GF_PUBLIC_DASHBOARDS_ENABLED: 'false',
  /** Its own metrics answer everybody. */
  GF_METRICS_ENABLED: 'false',
  /** Another page may neither frame it, nor send it requests in somebody's name (Origin is held against Host). */
  GF_SECURITY_ALLOW_EMBEDDING: 'false',
  GF_SECURITY_CSRF_ALWAYS_CHECK: 'true',
  GF_SECURITY_CONTENT_SECURITY_POLICY: 'true',
  /** `strict` would ask everybody who follows a link of a message to log in again. */
  GF_SECURITY_COOKIE_SAMESITE: 'lax',
  GF_SECURITY_DISABLE_BRUTE_FORCE_LOGIN_PROTECTION: 'false',
  GF_PANELS_DISABLE_SANITIZE_HTML: 'false',
  GF_USERS_ALLOW_SIGN_UP: 'false',
  GF_USERS_ALLOW_ORG_CREATE: 'false',
  /** The most that GRAFANA_ANONYMOUS gives. */
  GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
  GF_AUTH_ANONYMOUS_HIDE_VERSION: 'true',
  GF_LOG_MODE: 'console',
} as const;

/** Grafana's first user; the password is made for each checkout. */
export const GRAFANA_ADMIN = 'admin';

/** Settings that follow from the user's own, each with the variable of the compose file that holds `true` or `false`. */
export const GRAFANA_SWITCHES = {
  GF_AUTH_ANONYMOUS_ENABLED: 'GRAFANA_ANONYMOUS',
  GF_SECURITY_COOKIE_SECURE: 'LOADSTAR_COOKIE_SECURE',
  GF_SERVER_ENFORCE_DOMAIN: 'LOADSTAR_ENFORCE_DOMAIN',
} as const;

/** Values of the variables in {@link GRAFANA_SWITCHES}. @param anonymous GRAFANA_ANONYMOUS @param public_url PUBLIC_GRAFANA_URL */
export function grafanaSwitches(
  anonymous: string | undefined,
  public_url: string | undefined,
): Record<(typeof GRAFANA_SWITCHES)[keyof typeof GRAFANA_SWITCHES], string> {
  const flag = (on: boolean) => (on ? 'true' : 'false');
  return {
    GRAFANA_ANONYMOUS: flag(anonymous === 'true'),
    /** A browser sends such cookies through TLS alone. */
    LOADSTAR_COOKIE_SECURE: flag(/^https:/i.test(public_url ?? '')),
    /**
     * Whoever asks under another name than that of the root URL is sent there: a web page whose name begins to point to
     * loopback (DNS rebinding) reads nothing. Not behind a proxy, whose name for Grafana may be any.
     */
    LOADSTAR_ENFORCE_DOMAIN: flag(!public_url),
  };
}

/** Below the provisioning directory: what Grafana opens with. */
export const HOME_DASHBOARD = `dashboards/${GRAFANA.dashboards.runs.file}.json`;

/** InfluxDB's, likewise. */
export const INFLUXDB_SETTINGS = {
  INFLUXD_REPORTING_DISABLED: 'true',
  INFLUXD_LOG_LEVEL: 'warn',
  /** These answer everybody, without a token. */
  INFLUXD_PPROF_DISABLED: 'true',
  INFLUXD_METRICS_DISABLED: 'true',
  /** A query of somebody who may only read must not reach into the network: Flux has an HTTP client. */
  INFLUXD_HARDENING_ENABLED: 'true',
} as const;
