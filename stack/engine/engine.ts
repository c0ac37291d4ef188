import type { BucketKey, TokenKey } from '../../contract/buckets.ts';
import type { OutputName } from '../../contract/outputs.ts';

/** What every engine gets: where things are on this checkout, and settings that were already validated. */
export interface EngineContext {
  /** Root of the checkout (absolute). */
  readonly root: string;
  /** Directory of the call (absolute). */
  readonly cwd: string;
  /** The Node.js that runs us, for children written in TypeScript. */
  readonly node_path: string;
  /** Holds one directory per run (absolute). */
  readonly results_dir: string;
  /** State directory `.loadstar` (absolute): secrets 0600, data, logs. */
  readonly state_dir: string;
  /** The name of the project, for which the configuration may have to be loaded. */
  readProjectName(): Promise<string>;
  /** Where built binaries are kept: `<user cache>/loadstar` (absolute). */
  readonly cache_dir: string;
  readonly ports: Readonly<Record<'influxdb' | 'grafana' | 'demo' | 'live_view' | 'inbox', number>>;
  readonly ui: import('../../lib/ui.ts').Ui;
  /** Environment for child processes (the only other way to the process's own is cli/bin.ts). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted on SIGINT/SIGTERM: long steps stop, clean up and throw the signal's reason. */
  readonly signal: AbortSignal;
}

export interface InfluxAccess {
  /** As this process reaches it. */
  readonly url: string;
  /** As k6 reaches it (differs where k6 runs in a container). */
  readonly url_for_k6: string;
  readonly org: string;
  readonly tokens: Readonly<Record<TokenKey, string>>;
  /** PEM file (absolute) of a private CA that signed its certificate; none: it is trusted anyway. */
  readonly ca_file?: string;
  /** Proxy that leads to it; may hold a password. k6's own output does not look for one by itself. */
  readonly proxy?: string;
}

/** What a token may do with a bucket. */
export interface BucketRights {
  readonly exists: boolean;
  readonly read: boolean;
  readonly write: boolean;
  /** 0: for ever, or not known. */
  readonly kept_s: number;
}

export interface Stack {
  readonly influx: InfluxAccess;
  /** null where no Grafana was found: the run goes on with k6's own live view. */
  readonly grafana: { readonly url: string } | null;
  /** The local Slack inbox; null where messages go to a Slack, or this engine has none. */
  readonly inbox: { readonly url: string; readonly webhook_url: string } | null;
  /** What is missing and how to get it, one line each; shown, not fatal. */
  readonly notes: readonly string[];
  /** A server that is not ours may lack some; absent: all that is needed is there. */
  readonly rights?: Readonly<Record<BucketKey, BucketRights>>;
}

export interface ServiceStatus {
  readonly service: 'influxdb' | 'grafana' | 'inbox' | 'demo';
  readonly state: 'running' | 'stopped' | 'unhealthy' | 'absent';
  readonly detail: string;
}

export interface Demo {
  /** As this process reaches it. */
  readonly base_url: string;
  readonly base_url_for_k6: string;
  stop(): Promise<void>;
}

export interface K6Start {
  /** Arguments after `k6`. No secrets. Paths already through {@link K6Launcher.path}. */
  readonly args: readonly string[];
  /** The whole extra environment of k6, secrets included; nothing else of ours leaks in. */
  readonly env: Readonly<Record<string, string>>;
  /** A directory of this machine whose files the script reads by their paths here. */
  readonly reads?: string;
  /** Where it listens for others, if it does. */
  readonly place?: K6Place;
  /** Every line that k6 prints (stdout and stderr). */
  onLine(line: string): void;
}

/** Where a k6 that listens is found by others of its launcher. */
export interface K6Place {
  /** What it listens at, as `host:port`. */
  readonly listen: string;
  /** As they reach it. */
  readonly url: string;
  /** As this process reaches it. */
  readonly own_url: string;
  /** The container that others find by its name, and the port of it that is published on loopback, as `host:port:port`. */
  readonly container?: { readonly name: string; readonly publish: string };
}

/** Finds a k6 again from another process, without this one. */
export type K6Id =
  /** Leader of its own process group. */
  | { readonly kind: 'process'; readonly pid: number }
  /** `client_pid` creates the container, and lives as long as it does. */
  | { readonly kind: 'container'; readonly name: string; readonly client_pid: number };

export interface K6Process {
  /** null where it could not be started. */
  readonly id: K6Id | null;
  /** Exit code; null when a signal that was not ours ended it. Never rejects. */
  readonly exited: Promise<number | null>;
  /** Ask k6 to stop gracefully, once however often it is called, and whether it runs already or is being started. */
  interrupt(): void;
  /** End it at once, with all that belongs to it. */
  kill(): void;
}

export interface K6Launcher {
  /** As `k6 version` says, e.g. `1.8.1`. */
  readonly version: string;
  readonly outputs: readonly OutputName[];
  /** Whether it connects from the network of this machine. Otherwise the target has to be reachable from where it does. */
  readonly has_host_network: boolean;
  /** Hosts that are this machine or ours, as k6 sees them, besides loopback. */
  readonly own_hosts: readonly string[];
  /** Whether it refuses hosts that are not allowed by name. A released k6 can only refuse addresses. */
  readonly guards_hosts: boolean;
  /** What k6's browser module needs in its environment; null where it has no browser. */
  readonly browser: Readonly<Record<string, string>> | null;
  /** Whether k6 reads and writes the files of this machine, besides those of {@link path}. */
  readonly sees_host_files: boolean;
  /** A path of this machine as k6 sees it. Files below `<state>/bundles`, `<state>/spool` and `results` are visible. */
  path(host_path: string): string;
  /** A place that no other k6 has. */
  findPlace(): Promise<K6Place>;
  start(start: K6Start): K6Process;
}

/** One Telegraf, from its start to its end. */
export interface TelegrafProcess {
  /** Ends it, after it has written what it has. Never rejects. */
  stop(): Promise<void>;
}

export interface TelegrafStart {
  /** Its configuration, which holds no secret. */
  readonly config: string;
  /** Secret: what the configuration refers to. */
  readonly env: Readonly<Record<string, string>>;
  /** Every line of its log. */
  onLine(line: string): void;
}

export interface TelegrafLauncher {
  /** InfluxDB as Telegraf reaches it. */
  readonly influx_url: (influx: InfluxAccess) => string;
  /** An address of this machine or of its network, as Telegraf reaches it. */
  readonly address: (url: string) => string;
  /** Address of the Docker engine whose containers it sees; null: none. */
  readonly docker: string | null;
  /** It ends when this process does, however that ends. */
  start(start: TelegrafStart): Promise<TelegrafProcess>;
}

/** Three of them: docker, native, external. The same provisioning files for all. */
export interface Engine {
  readonly name: 'docker' | 'native' | 'external';
  /** What the names of its containers and volumes begin with; absent outside of Docker. */
  readonly compose_project?: string;
  /** Gets everything that a run needs onto this machine, without starting anything. */
  setup(): Promise<void>;
  /** Brings InfluxDB (set up, healthy) and, where there is one, Grafana up. Idempotent, and fast when all is up. */
  up(): Promise<Stack>;
  down(): Promise<void>;
  /** Deletes what its servers have stored, after {@link down}; absent where that is not ours to delete. */
  deleteData?(): Promise<void>;
  status(): Promise<ServiceStatus[]>;
  /** Finds or builds k6. May run beside {@link up}. */
  k6(): Promise<K6Launcher>;
  /** Finds or builds Telegraf. Only runs with telemetry need it. @throws LoadstarError (unusable) */
  telegraf(): Promise<TelegrafLauncher>;
  /** Starts the demo clinic and waits until it listens. `faults`: see demo/faults/faults.ts. */
  startDemo(options: { faults: readonly string[] }): Promise<Demo>;
}
