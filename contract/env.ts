/**
 * Every environment variable that Loadstar reads. docs/configuration.md is generated from it. Code reads variables only
 * through lib/environment.ts, which refuses a name that is not here.
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
    summary: 'Scenarios to run, comma-separated; `all` runs them one after another, `mixed` side by side in one run',
    example: 'search,appointment-booking',
    default: 'appointment-availability',
  },
  PROFILE: { summary: 'Load profile (docs/profiles.md)', example: 'load', default: 'smoke' },
  VUS: { summary: 'Constant load of this many virtual users, instead of a profile', example: '10' },
  RATE: {
    summary: 'Constant load of this many journeys per second, instead of a profile',
    example: '20/s',
  },
  BASE_URL: {
    summary: 'Address of the target. If unset, Loadstar starts the built-in demo clinic',
    example: 'https://staging.example.com',
  },
  TARGET: { summary: 'Name of a target in `loadstar.config.ts`, instead of BASE_URL', example: 'staging' },
  CONFIRM_PRODUCTION: {
    summary: 'Production target that this run may load (required for production targets)',
    example: 'prod',
  },
  ABORT_ON_BREACH: {
    summary: 'Abort on the first failed SLO after this grace period',
    example: '10s',
  },
  ALLOW_HOSTS: {
    summary: 'Hosts that may be loaded besides loopback, comma-separated; `*.example.com` includes its subdomains',
    example: 'staging.example.com',
  },
  OUTPUT: {
    summary: 'k6 outputs, comma-separated: `loadstar`, `influxdb`, and in Docker `xk6-influxdb`',
    example: 'loadstar,influxdb',
    default: 'loadstar',
  },
  SCALE: { summary: 'Factor for VUs and arrival rates', example: '0.5', default: '1' },
  DURATION: { summary: 'Total duration of the load; the stages keep their proportions', example: '60s' },
  INSTANCES: {
    summary: 'k6 processes that share the load of a run; for `loadstar finish`, the number of generators to expect',
    example: '3',
    default: '1',
  },
  MERGER_URL: {
    summary:
      '`loadstar finish`: address of the merger of the generators, to end all of them by an SLO (docs/many-generators.md)',
    example: 'http://10.0.0.5:8087',
  },
  ENGINE: {
    summary: '`docker`, `native` or `external`. If unset: docker if a Docker engine answers, native otherwise',
    example: 'native',
  },
  APP_VERSION: { summary: 'Version of the app under test', example: '2.14.0' },
  APP_COMMIT: { summary: 'Commit of the app under test', example: '4f2c1d9' },
  APP_BRANCH: { summary: 'Branch of the app under test', example: 'main' },
  BASELINE_BRANCH: {
    summary: 'Branch to compare with if a branch has no history of its own',
    example: 'develop',
    default: 'main',
  },
  LOADSTAR_PROJECT: {
    summary: 'Name of the project on its runs, instead of `name` in `loadstar.config.ts`',
    example: 'acme-shop',
  },
  LOADSTAR_MACHINE: {
    summary:
      'Kind of the machine that makes the load: runs of other kinds are not compared. If unset: CPU model, cores, memory and runner image. `any` compares runs of all kinds',
    example: 'runner-pool-3',
  },
  CONFIRM: {
    summary: 'How many times to repeat a run that looks worse; 0 leaves the confirmation to the next run',
    example: '0',
    default: '2',
  },
  CONFIRM_BUDGET: {
    summary: 'Time for these repeats together; repeats that do not fit are left to the next run',
    example: '30m',
    default: '10m',
  },
  TARGET_BASIC_AUTH: {
    summary: 'Basic authentication for the target, `user:password`',
    example: 'user:password',
    secret: true,
  },
  TARGET_HEADERS: {
    summary: 'Extra headers for every request to the target, as a JSON object',
    example: '{"X-Env":"staging"}',
    secret: true,
  },
  TARGET_CA_FILE: {
    summary: "PEM file with the private CA of the target's certificate",
    example: './staging-ca.pem',
  },
  TELEMETRY: {
    summary:
      '`off` collects no telemetry of the target; `on` collects that of the demo clinic too. If unset: what the target has in `loadstar.config.ts`',
    example: 'off',
  },
  TARGET_INSECURE: { summary: "`true` skips the verification of the target's certificate", example: 'true' },
  DEMO_FAULTS: {
    summary: 'Faults that the demo clinic injects from its start (docs/scenarios.md)',
    example: 'GET /api/search latency_ms=800',
  },
  INFLUX_URL: { summary: 'Engine external: address of InfluxDB', example: 'https://influx.example.com' },
  INFLUX_TOKEN: {
    summary:
      'Engine external: token that reads and writes the buckets (docs/external.md); to read the history, a read token is enough',
    example: '…',
    secret: true,
  },
  INFLUX_ORG: { summary: 'Engine external: name or id of the organisation', example: 'my-team', default: 'loadstar' },
  GRAFANA_URL: {
    summary: 'Engine external, and queries of telemetry: address of Grafana',
    example: 'https://grafana.example.com',
  },
  GRAFANA_TOKEN: {
    summary: 'Engine external, and queries of telemetry: token of a Grafana service account',
    example: '…',
    secret: true,
  },
  STACK_CA_FILE: {
    summary:
      'PEM file with the private CAs of InfluxDB, Grafana, a proxy, or a TLS gateway in front of Slack and GitHub',
    example: './company-ca.pem',
  },
  HTTPS_PROXY: {
    summary: 'Proxy for https addresses, with `user:password@` if needed; lower case works too',
    example: 'http://proxy.example.com:3128',
    secret: true,
  },
  HTTP_PROXY: {
    summary: 'Proxy for http addresses, except loopback; lower case works too',
    example: 'http://proxy.example.com:3128',
    secret: true,
  },
  NO_PROXY: {
    summary:
      'Hosts to reach without a proxy, comma-separated: names with all names below them, `.example.com`, addresses, subnets, `*`; lower case works too',
    example: 'staging.example.com,10.0.0.0/8',
  },
  GRAFANA_HOME: { summary: 'Engine native: directory of an unpacked Grafana', example: '/opt/grafana' },
  PUBLIC_GRAFANA_URL: {
    summary: 'Address of Grafana in links that colleagues open',
    example: 'https://grafana.example.com',
  },
  GRAFANA_ANONYMOUS: {
    summary: '`true` lets everyone who reaches Grafana view the dashboards without a login (role Viewer)',
    example: 'true',
    default: 'false',
  },
  NOTIFY: {
    summary: 'Which runs notify Slack at their end: `never`, `on-failure` or `always`',
    example: 'always',
    default: 'on-failure',
  },
  RESULTS_URL: {
    summary: 'Address of the results in notifications, such as that of the CI job',
    example: 'https://github.com/acme/shop/actions/runs/1',
  },
  GITHUB_STEP_SUMMARY: {
    summary: 'Set by GitHub Actions: file to which Loadstar adds the summary of each run, as Markdown',
    example: '/home/runner/summary.md',
  },
  ImageOS: {
    summary: 'Set by GitHub Actions: image of the runner, a part of the kind of machine',
    example: 'ubuntu24',
  },
  GITHUB_SERVER_URL: {
    summary: 'Set by GitHub Actions: address of the server, for `loadstar ci`',
    example: 'https://github.com',
  },
  GITHUB_API_URL: {
    summary: 'Set by GitHub Actions: address of the API, for `loadstar ci`',
    example: 'https://api.github.com',
  },
  GITHUB_REPOSITORY: {
    summary: 'Set by GitHub Actions: owner and name of the repository, for `loadstar ci`',
    example: 'acme/shop',
  },
  GITHUB_TOKEN: { summary: '`loadstar ci`: token that writes the comment and the history', example: '…', secret: true },
  CI_SECRETS: {
    summary:
      '`loadstar ci run`: what CI_SECRET_NAMES chooses from, as a JSON object or as lines `NAME=value`; scenarios see the chosen ones alone',
    example: '{"STAGING_TOKEN":"…"}',
    secret: true,
  },
  CI_VARIABLES: {
    summary: '`loadstar ci run`: variables that CI_SECRET_NAMES may choose too, as a JSON object',
    example: '{"TENANT":"shop-1"}',
  },
  CI_SECRET_NAMES: {
    summary: '`loadstar ci run`: names of the secrets and variables that the run gets as environment variables',
    example: 'STAGING_TOKEN PAYMENT_KEY',
  },
  HISTORY_TOKEN: {
    summary: '`loadstar ci`: token that reads and writes the history branch if GITHUB_TOKEN may not, such as in GitLab',
    example: '…',
    secret: true,
  },
  SLACK_WEBHOOK_URL: {
    summary: 'Slack incoming webhook, for alerts and for the end of a run',
    example: 'https://hooks.slack.com/services/…',
    secret: true,
  },
  SLACK_BOT_TOKEN: { summary: 'Slack bot token (`xoxb-…`), instead of a webhook', example: 'xoxb-…', secret: true },
  SLACK_CHANNEL: { summary: 'Channel or user that the Slack bot posts to', example: '#load-tests' },
  ALERT_EMAIL: { summary: 'E-mail addresses for alerts, separated by `;`', example: 'team@example.com' },
  SMTP_HOST: { summary: 'Mail server for ALERT_EMAIL, `host:port`', example: 'smtp.example.com:587' },
  SMTP_FROM: { summary: 'Sender of alert e-mails', example: 'loadstar@example.com' },
  SMTP_USER: { summary: 'User at the mail server', example: 'loadstar' },
  SMTP_PASSWORD: { summary: 'Password at the mail server', example: '…', secret: true },
  TEAMS_WEBHOOK_URL: { summary: 'Microsoft Teams webhook for alerts', example: 'https://…', secret: true },
  PAGERDUTY_KEY: { summary: 'PagerDuty integration key for alerts', example: '…', secret: true },
  ALERT_WEBHOOK_URL: { summary: 'Any other webhook for alerts; gets JSON', example: 'https://…', secret: true },
  INFLUX_PORT: { summary: 'Port of InfluxDB', example: '18086', default: '18086' },
  GRAFANA_PORT: { summary: 'Port of Grafana', example: '13000', default: '13000' },
  DEMO_PORT: { summary: 'Port of the demo clinic', example: '18080', default: '18080' },
  INBOX_PORT: { summary: 'Port of the local Slack inbox', example: '15680', default: '15680' },
  LIVE_VIEW_PORT: { summary: 'Port of the live view that is used without Grafana', example: '15665', default: '15665' },
  K6_LOADSTAR_INSTANCE: {
    summary: 'Name of the generator, the tag `instance`; must be unique within a run. If unset: the host name',
    example: 'load-7f9c',
  },
  RETENTION_LIVE: {
    summary:
      'How long InfluxDB keeps live metrics. If unset: unchanged, 30d at first set-up. A shorter time deletes data',
    example: '90d',
  },
  RETENTION_RAW: {
    summary: 'How long InfluxDB keeps the points of the stock outputs. If unset: unchanged, 7d at first set-up',
    example: '2d',
  },
  RETENTION_RUNS: {
    summary: 'How long InfluxDB keeps the records of runs. If unset: unchanged, for ever at first set-up',
    example: 'forever',
  },
  RETENTION_TARGET: {
    summary:
      'How long InfluxDB keeps telemetry of targets. If unset: unchanged, 90d at first set-up. A shorter time deletes data',
    example: '180d',
  },
  K6_LOADSTAR_WINDOW: { summary: 'Time covered by one stored point, in whole seconds', example: '10s', default: '1s' },
  K6_LOADSTAR_SERIES_LIMIT: {
    summary: 'Number of series with tags of their own; further series count as `name=__other__`',
    example: '20000',
    default: '10000',
  },
  K6_LOADSTAR_MEMORY_LIMIT: {
    summary: 'Bytes that may wait in memory while InfluxDB does not answer',
    example: '67108864',
    default: '33554432',
  },
  K6_LOADSTAR_SPOOL_LIMIT: {
    summary: 'Bytes that may wait on disk while InfluxDB does not answer',
    example: '1073741824',
    default: '4294967296',
  },
  K6_LOADSTAR_DRAIN_TIMEOUT: {
    summary: 'How long the end of a run waits for InfluxDB; the next call delivers the rest from disk',
    example: '2m',
    default: '30s',
  },
  K6_LOADSTAR_START_TIMEOUT: {
    summary: 'How long a generator that is ready waits for the others of its run, and for the merger to answer',
    example: '5m',
    default: '1m',
  },
  K6_LOADSTAR_DEAD_TARGET: {
    summary: 'How long no request may get an answer, such as a refused connection, before the load ends; 0s: any time',
    example: '2m',
    default: '10s',
  },
  K6_BROWSER_EXECUTABLE_PATH: {
    summary: 'Chromium for browser scenarios. If unset: the first one on PATH',
    example: '/usr/bin/chromium',
  },
  K6_VERSION: {
    summary:
      'Release of k6 that is built, v1 or v2. If unset: 2.2.0, or 1.8.1 where the Go proxy lacks it (docs/k6-versions.md)',
    example: '1.8.1',
  },
  K6_SOURCE: {
    summary: 'Checkout of k6 that is built, instead of a release',
    example: '../k6',
  },
  LOADSTAR_CONFIG: {
    summary: 'Configuration file with targets, scenarios and users (docs/own-app.md)',
    example: './load/loadstar.config.ts',
    default: 'loadstar.config.ts',
  },
  LOADSTAR_HOME: { summary: 'State directory: tokens, data, logs', example: '.loadstar', default: '.loadstar' },
  RESULTS_DIR: {
    summary: 'Directory that gets one directory per run with its files, such as the report',
    example: '/var/lib/loadstar/results',
    default: 'results',
  },
  LOADSTAR_UID: { summary: 'Docker: user id that owns the result files; set by `loadstar`', example: '1000' },
  LOADSTAR_GID: { summary: 'Docker: group id that owns the result files; set by `loadstar`', example: '1000' },
  LOADSTAR_COOKIE_SECURE: {
    summary: "Docker: whether Grafana's cookies require HTTPS; set by `loadstar` from PUBLIC_GRAFANA_URL",
    example: 'true',
  },
  LOADSTAR_ENFORCE_DOMAIN: {
    summary: 'Docker: whether Grafana answers under its own name only; set by `loadstar` from PUBLIC_GRAFANA_URL',
    example: 'true',
  },
  LOADSTAR_SETTINGS: {
    summary: "Docker: digests of Grafana's settings, whose change restarts it; set by `loadstar`",
    example: '{"SLACK_WEBHOOK_URL":"3fa9c2d1e0b4a5c6"}',
  },
  LOADSTAR_IMAGE_TAG: {
    summary: 'Docker: tag of a built image; set by `loadstar`, from the content that it is built of',
    example: '3fa9c2d1e0b4',
  },
  DOCKER_NETWORK: {
    summary:
      'Docker: network of k6 and the demo, `host` (that of this machine) or `project`. If unset: host where the engine can (docs/docker.md)',
    example: 'project',
  },
  COMPOSE_PROJECT_NAME: {
    summary:
      'Docker: what the names of containers, volumes and the network begin with. If unset: `loadstar-` and a hash of the state directory; `loadstar status` shows it',
    example: 'loadstar-shop',
  },
  WITH_XK6_OUTPUT_INFLUXDB: {
    summary:
      'Docker: `false` builds the k6 image without the output `xk6-influxdb`, for a network whose Go proxy lacks it',
    example: 'false',
    default: 'true',
  },
  XDG_CACHE_HOME: {
    summary: 'Cache directory for built binaries, shared by checkouts',
    example: '~/.cache',
    default: '~/.cache',
  },
  NO_COLOR: { summary: 'Any value turns colours off', example: '1' },
} as const satisfies Record<string, EnvVar>;

export type EnvName = keyof typeof ENV;

/**
 * Variables that must not be set and empty, in the commands that load a target or judge a run: they decide what is loaded,
 * compared and notified. Others are optional, and often empty in CI, such as credentials that not every target has.
 */
export const NEVER_EMPTY = [
  'BASE_URL',
  'TARGET',
  'LOADSTAR_CONFIG',
  'SCENARIO',
  'PROFILE',
  'VUS',
  'RATE',
  'SCALE',
  'DURATION',
  'INSTANCES',
  'MERGER_URL',
  'ABORT_ON_BREACH',
  'OUTPUT',
  'ENGINE',
  'BASELINE_BRANCH',
  'LOADSTAR_MACHINE',
  'CONFIRM',
  'CONFIRM_BUDGET',
  'NOTIFY',
  'TELEMETRY',
] as const satisfies EnvName[];

/** What the runner hands to the k6 script through `__ENV`. Set by Loadstar, not by people. */
export const SCRIPT_ENV = {
  base_url: 'BASE_URL',
  profile: 'LOADSTAR_PROFILE',
  /** JSON object (contract/profiles.ts): the profile, if it is none of the contract. */
  own_profile: 'LOADSTAR_OWN_PROFILE',
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
  /** JSON object (profiles/blocks.ts): when this build has the load in `loadstar ab`. Unset: always. */
  blocks: 'LOADSTAR_BLOCKS',
  /** Set: the scenario runs in a browser, by its definition or because it imports `k6/browser`. */
  in_browser: 'LOADSTAR_IN_BROWSER',
  /** The directory that a script's handleSummary writes its files below, as k6 sees the path. */
  summary_directory: 'LOADSTAR_SUMMARY_DIRECTORY',
  /** JSON object: path of a file that the script opens → path as k6 sees it. Unset: they are the same. */
  files: 'LOADSTAR_FILES',
  /** Where handleSummary writes k6's end-of-test data, as k6 sees the path. */
  summary_file: 'LOADSTAR_SUMMARY_FILE',
  /** Where k6 writes its examples of failed and of slow requests (k6/output/kept), as k6 sees the path. */
  examples_file: 'LOADSTAR_EXAMPLES_FILE',
  /** The share of requests, from 0 to 1, whose trace the target is asked to record. Unset: no trace context. */
  trace_share: 'LOADSTAR_TRACE_SHARE',
} as const;
