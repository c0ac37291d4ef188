/** What the Kubernetes manifests are made of: names, images, sizes. */
import { MERGER_PORT } from './ports.ts';
import { VERSIONS } from './versions.ts';

/** How a pod reaches what it needs, unless told otherwise. */
export const K8S_NAMESPACE = 'loadstar';

/** Of the image of the command line: that of package.json, as a test requires. */
export const K8S_VERSION = '0.1.0';

export const K8S_IMAGES = {
  /** k6/Dockerfile. It builds an older k6 where the Go proxy lacks this one: `--image` names that. */
  k6: `loadstar-k6:${VERSIONS.k6_v2}`,
  /** cli/Dockerfile */
  cli: `loadstar:${K8S_VERSION}`,
  influxdb: `influxdb:${VERSIONS.influxdb}`,
  grafana: `grafana/grafana:${VERSIONS.grafana}`,
  /** Asks the generators to begin. Without a name the operator takes `latest-starter`. */
  starter: `ghcr.io/grafana/k6-operator:starter-v${VERSIONS.k6_operator}`,
} as const;

/** Users that the images run as: no container runs as root, and the manifests say it by number so that Kubernetes can check it. */
export const K8S_USERS = {
  /** k6/Dockerfile. It builds an older k6 where the Go proxy lacks this one: `--image` names that. */
  k6: 12_345,
  /** `node` of the official Node.js image. */
  cli: 1_000,
  /** https://github.com/influxdata/influxdata-docker/blob/master/influxdb/2.7/Dockerfile */
  influxdb: 1_000,
  /** https://grafana.com/docs/grafana/latest/setup-grafana/configure-docker/ */
  grafana: 472,
  /** https://github.com/grafana/k6-operator/blob/v1.6.0/Dockerfile.starter */
  starter: 65_532,
} as const;

/** Secrets that the manifests refer to. Nothing generated holds a value of theirs. */
export const K8S_SECRETS = {
  /** A person makes it: what InfluxDB is set up with. */
  influxdb: { name: 'loadstar-influxdb', keys: ['operator_token', 'password'] },
  /** The set-up job fills it; for servers that a team already has, a person does. */
  tokens: { name: 'loadstar-tokens', keys: ['k6', 'grafana', 'cli'] },
  grafana: { name: 'loadstar-grafana', keys: ['admin_password'] },
  /** Webhooks of alerts, under the names of their variables. */
  channels: { name: 'loadstar-channels', keys: [] },
  /** What the target and the team's scenarios need, under the names of their variables. */
  target: { name: 'loadstar-target', keys: [] },
  /** Accounts of virtual users: users.json, a JSON array. */
  users: { name: 'loadstar-users', keys: ['users.json'] },
} as const;

/** Addresses of InfluxDB and Grafana, in one place: the overlay for existing servers changes this alone. */
export const K8S_SERVERS = 'loadstar-servers';

export const K8S_SERVICES = {
  influxdb: { name: 'loadstar-influxdb', port: 8_086 },
  grafana: { name: 'loadstar-grafana', port: 3_000 },
  inbox: { name: 'loadstar-inbox', port: 15_680 },
} as const;

/**
 * What adds up the generators of a run. Measured with 100 generators (docs/scale.md): 97 MiB and 0.16 cores with 20 request
 * names, 330 MiB and 0.40 cores with 140. What it asks for in vain, generators of a small node lack.
 */
export const MERGER = {
  port: MERGER_PORT,
  base_mib: 128,
  generator_mib: 5,
  memory_headroom: 2,
  base_cpu_m: 20,
  generator_cpu_m: 5,
  /** Killed pods and processes alike. Each time, Kubernetes waits longer: twenty times take more than an hour. */
  most_restarts: 20,
} as const;

/** k6's REST API in the operator's pods: the operator and the starter call it. */
export const K6_API_PORT = 6_565;

/** Of all keys and values of a ConfigMap together: https://kubernetes.io/docs/concepts/configuration/configmap/ */
export const CONFIG_MAP_BYTES = 1_048_576;

/**
 * What a generator asks for. Measured on two cores with k6 v1.8.1: with few users k6 and our output take at most 193 MiB, and
 * that with an InfluxDB that does not answer for two minutes at 5,000 requests/s (bench/results/faults.md); a user of a
 * built-in scenario takes 0.94 to 0.99 MiB more (docs/scale.md).
 */
export const GENERATOR = {
  base_mib: 256,
  user_mib: 1,
  /** The limit over the request: garbage that Go has not collected yet doubles its heap (GOGC=100). */
  memory_headroom: 2,
  cpu: '1',
  /** Waits for InfluxDB in the pod, and ends with it: so k6 waits longer for InfluxDB than elsewhere before it ends. */
  spool_mib: 1_024,
  drain_timeout: '5m',
  /** How long its judge waits besides the load: pods may wait for nodes, and generators for InfluxDB at their end. */
  wait: '30m',
} as const;
