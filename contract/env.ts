/**
 * Every environment variable that Loadstar takes, declared once. docs/configuration.md is generated from it; code reads
 * variables only through lib/environment.ts, which refuses a name that is not here.
 */
export interface EnvVar {
  readonly summary: string;
  readonly example: string;
  readonly default?: string;
  /** Never printed, logged or put into arguments. */
  readonly secret?: true;
}

export const ENV = {
  SCENARIO: {
    summary: 'Scenarios to run, comma-separated; `all`: one after another; `mixed`: side by side in one run',
    example: 'search,appointment-booking',
    default: 'appointment-availability',
  },
  PROFILE: { summary: 'Load profile', example: 'load', default: 'smoke' },
  BASE_URL: {
    summary: 'The target. Unset: the built-in demo clinic is started',
    example: 'https://staging.example.com',
  },
  TARGET: { summary: 'A target by its name in `loadstar.config.ts`, instead of BASE_URL', example: 'staging' },
  CONFIRM_PRODUCTION: {
    summary:
      'Name of the production target of `loadstar.config.ts` that this very call may load; without it nobody loads one',
    example: 'prod',
  },
  ABORT_ON_BREACH: {
    summary: 'Ends a run as soon as one of its SLOs is broken, from so long after its start on',
    example: '10s',
  },
  ALLOW_HOSTS: {
    summary: 'Hosts besides loopback that may be loaded, comma-separated; `*.example.com` takes its subdomains',
    example: 'staging.example.com',
  },
  OUTPUT: {
    summary: 'Where k6 streams its metrics; several comma-separated',
    example: 'loadstar,influxdb',
    default: 'loadstar',
  },
  SCALE: { summary: 'Factor on the number of users, and on rates of arrival', example: '0.5', default: '1' },
  DURATION: { summary: 'Total duration; the stages keep their proportions', example: '60s' },
  INSTANCES: {
    summary: 'k6 processes that share the load of a run; `loadstar finish`: how many there should be',
    example: '3',
    default: '1',
  },
  ENGINE: {
    summary: '`docker`, `native` or `external`. Unset: docker if an engine answers, else native',
    example: 'native',
  },
  APP_VERSION: { summary: 'Version of the app under test', example: '2.14.0' },
  APP_COMMIT: { summary: 'Commit of the app under test', example: '4f2c1d9' },
  APP_BRANCH: { summary: 'Branch of the app under test', example: 'main' },
  BASELINE_BRANCH: {
    summary: 'The branch whose runs a branch without a history of its own is held against',
    example: 'develop',
    default: 'main',
  },
  CONFIRM: {
    summary: 'How often a run that looks worse is repeated at once to be sure; 0: the next run of the history confirms',
    example: '0',
    default: '2',
  },
  CONFIRM_BUDGET: {
    summary: 'How long those repeats may take together; what does not fit is left to the next run',
    example: '30m',
    default: '10m',
  },
  TARGET_BASIC_AUTH: {
    summary: 'Basic authentication in front of the target, `user:password`',
    example: 'user:password',
    secret: true,
  },
  TARGET_HEADERS: {
    summary: 'Extra headers on every request to the target, a JSON object',
    example: '{"X-Env":"staging"}',
    secret: true,
  },
  TARGET_CA_FILE: {
    summary: 'PEM file of a private CA that signed the certificate of the target',
    example: './staging-ca.pem',
  },
  TARGET_INSECURE: { summary: '`true`: do not verify the certificate of the target', example: 'true' },
  DEMO_FAULTS: {
    summary: 'Faults that the demo injects from its start (see docs/scenarios.md)',
    example: 'GET /api/search latency_ms=800',
  },
  INFLUX_URL: { summary: 'engine external: InfluxDB', example: 'https://influx.example.com' },
  INFLUX_TOKEN: {
    summary:
      'engine external: a token that reads and writes the buckets (docs/external.md); for the history alone, one that reads',
    example: '…',
    secret: true,
  },
  INFLUX_ORG: { summary: 'engine external: organisation, its name or id', example: 'my-team', default: 'loadstar' },
  GRAFANA_URL: { summary: 'engine external: Grafana', example: 'https://grafana.example.com' },
  GRAFANA_TOKEN: { summary: 'engine external: a Grafana service account token', example: '…', secret: true },
  STACK_CA_FILE: {
    summary:
      'PEM file of the private CAs that signed the certificates of InfluxDB, Grafana, a proxy, or of Slack or GitHub behind one',
    example: './company-ca.pem',
  },
  HTTPS_PROXY: {
    summary: 'Proxy for https addresses; may hold `user:password@`. It and the next two are read in small letters too',
    example: 'http://proxy.example.com:3128',
    secret: true,
  },
  HTTP_PROXY: {
    summary: 'Proxy for http addresses. Loopback never goes through one',
    example: 'http://proxy.example.com:3128',
    secret: true,
  },
  NO_PROXY: {
    summary:
      'Hosts that need no proxy, comma-separated: names with all below them, `.example.com`, addresses, subnets, `*`',
    example: 'staging.example.com,10.0.0.0/8',
  },
  GRAFANA_HOME: { summary: 'engine native: directory of an unpacked Grafana', example: '/opt/grafana' },
  PUBLIC_GRAFANA_URL: {
    summary: "Grafana's address for links that colleagues open",
    example: 'https://grafana.example.com',
  },
  GRAFANA_ANONYMOUS: {
    summary: '`true`: whoever reaches Grafana may look at its dashboards without a login (Viewer), and no more',
    example: 'true',
    default: 'false',
  },
  NOTIFY: {
    summary: 'When the end of a run is told in Slack: `never`, `on-failure` or `always`',
    example: 'always',
    default: 'on-failure',
  },
  RESULTS_URL: {
    summary: 'Where colleagues find what a run leaves, for messages: such as the address of the CI job',
    example: 'https://github.com/acme/shop/actions/runs/1',
  },
  GITHUB_STEP_SUMMARY: {
    summary: 'Set by GitHub Actions: file that the summary of each run is added to, as Markdown',
    example: '/home/runner/summary.md',
  },
  GITHUB_SERVER_URL: { summary: 'Set by GitHub Actions, for `loadstar ci`', example: 'https://github.com' },
  GITHUB_API_URL: { summary: 'Set by GitHub Actions, likewise', example: 'https://api.github.com' },
  GITHUB_REPOSITORY: { summary: 'Set by GitHub Actions, likewise', example: 'acme/shop' },
  GITHUB_TOKEN: { summary: '`loadstar ci`: writes the comment and the history', example: '…', secret: true },
  HISTORY_TOKEN: {
    summary: '`loadstar ci`: reads and writes the branch of the history where GITHUB_TOKEN may not, as in GitLab',
    example: '…',
    secret: true,
  },
  SLACK_WEBHOOK_URL: {
    summary: 'Slack incoming webhook, for alerts and for the end of a run',
    example: 'https://hooks.slack.com/services/…',
    secret: true,
  },
  SLACK_BOT_TOKEN: { summary: 'Slack bot token (`xoxb-…`), instead of a webhook', example: 'xoxb-…', secret: true },
  SLACK_CHANNEL: { summary: 'Channel or user that the bot posts to', example: '#load-tests' },
  ALERT_EMAIL: { summary: 'Addresses for alerts, separated by `;`', example: 'team@example.com' },
  SMTP_HOST: { summary: 'Mail server for ALERT_EMAIL, `host:port`', example: 'smtp.example.com:587' },
  SMTP_FROM: { summary: 'Sender of alert mails', example: 'loadstar@example.com' },
  SMTP_USER: { summary: 'User at the mail server', example: 'loadstar' },
  SMTP_PASSWORD: { summary: 'Password at the mail server', example: '…', secret: true },
  TEAMS_WEBHOOK_URL: { summary: 'Microsoft Teams webhook for alerts', example: 'https://…', secret: true },
  PAGERDUTY_KEY: { summary: 'PagerDuty integration key for alerts', example: '…', secret: true },
  ALERT_WEBHOOK_URL: { summary: 'Any webhook: gets alerts as JSON', example: 'https://…', secret: true },
  INFLUX_PORT: { summary: 'Port of InfluxDB', example: '18086', default: '18086' },
  GRAFANA_PORT: { summary: 'Port of Grafana', example: '13000', default: '13000' },
  DEMO_PORT: { summary: 'Port of the demo clinic', example: '18080', default: '18080' },
  INBOX_PORT: { summary: 'Port of the local Slack inbox', example: '15680', default: '15680' },
  LIVE_VIEW_PORT: { summary: 'Port of the live view where Grafana is absent', example: '15665', default: '15665' },
  K6_LOADSTAR_INSTANCE: {
    summary: 'Name of the generator, the tag `instance`; several of one run must differ. Unset: the name of the host',
    example: 'load-7f9c',
  },
  RETENTION_LIVE: {
    summary: 'How long InfluxDB keeps live metrics; unset: as it is, 30d from the first set-up. A shorter one deletes',
    example: '90d',
  },
  RETENTION_RAW: { summary: 'Likewise what the stock outputs write; 7d from the first set-up', example: '2d' },
  RETENTION_RUNS: { summary: 'Likewise the records of runs; for ever from the first set-up', example: 'forever' },
  K6_LOADSTAR_WINDOW: { summary: 'Time that one stored point covers, whole seconds', example: '10s', default: '1s' },
  K6_LOADSTAR_SERIES_LIMIT: {
    summary: 'Series that may have tags of their own; the rest is counted as `name=__other__`',
    example: '20000',
    default: '10000',
  },
  K6_LOADSTAR_MEMORY_LIMIT: {
    summary: 'Bytes that wait in memory for an InfluxDB that does not answer',
    example: '67108864',
    default: '33554432',
  },
  K6_LOADSTAR_SPOOL_LIMIT: {
    summary: 'Bytes that wait on disk after that',
    example: '1073741824',
    default: '4294967296',
  },
  K6_LOADSTAR_DRAIN_TIMEOUT: {
    summary: 'How long the end of a run waits for InfluxDB before the rest stays on disk for the next call',
    example: '2m',
    default: '30s',
  },
  K6_BROWSER_EXECUTABLE_PATH: {
    summary: 'Chromium for scenarios that run in a browser. Unset: the first on PATH',
    example: '/usr/bin/chromium',
  },
  LOADSTAR_CONFIG: {
    summary: "The team's configuration: targets, own scenarios, users (docs/own-app.md)",
    example: './load/loadstar.config.ts',
    default: 'loadstar.config.ts',
  },
  LOADSTAR_HOME: { summary: 'State directory (tokens, data, logs)', example: '.loadstar', default: '.loadstar' },
  LOADSTAR_UID: { summary: 'Docker: user id that owns result files; set by `loadstar`', example: '1000' },
  LOADSTAR_GID: { summary: 'Docker: group id, likewise', example: '1000' },
  LOADSTAR_COOKIE_SECURE: {
    summary: 'Docker: whether cookies of Grafana go through HTTPS alone; set by `loadstar` from PUBLIC_GRAFANA_URL',
    example: 'true',
  },
  LOADSTAR_ENFORCE_DOMAIN: {
    summary: 'Docker: whether Grafana answers under its own name alone; set by `loadstar`, likewise',
    example: 'true',
  },
  XDG_CACHE_HOME: {
    summary: 'Where built binaries are kept, shared by checkouts',
    example: '~/.cache',
    default: '~/.cache',
  },
  NO_COLOR: { summary: 'Any value: no colour', example: '1' },
} as const satisfies Record<string, EnvVar>;

export type EnvName = keyof typeof ENV;

/** What the runner hands to the k6 script through `__ENV`. Set by Loadstar, not by people. */
export const SCRIPT_ENV = {
  base_url: 'BASE_URL',
  profile: 'LOADSTAR_PROFILE',
  scale: 'LOADSTAR_SCALE',
  duration_s: 'LOADSTAR_DURATION_S',
  allow_hosts: 'LOADSTAR_ALLOW_HOSTS',
  /** JSON object: extra headers and the Authorization header. Secret: environment only. */
  headers: 'LOADSTAR_TARGET_HEADERS',
  /** JSON array: the SLOs that this run is held to. Without it, those of the scenario itself. */
  slos: 'LOADSTAR_SLOS',
  /** JSON file of the users that virtual users log in as, as k6 sees the path. */
  users_file: 'LOADSTAR_USERS_FILE',
  /** The target's limits: users at once, and requests a second, which k6 itself is held to. Unset: none. */
  max_vus: 'LOADSTAR_MAX_VUS',
  max_rate_rps: 'LOADSTAR_MAX_RATE_RPS',
  /** Where handleSummary writes k6's end-of-test data, as k6 sees the path. */
  summary_file: 'LOADSTAR_SUMMARY_FILE',
} as const;
