/** InfluxDB organisation, buckets and how long they keep. The tokens' scopes follow from `written_by` and `read_by`. */
const DAY_S = 24 * 60 * 60;

export const ORG = 'loadstar';

export interface Bucket {
  readonly name: string;
  /** From the first set-up on; 0 keeps for ever (InfluxDB's own convention). RETENTION_* changes it. */
  readonly retention_s: number;
  readonly purpose: string;
}

export const BUCKETS = {
  live: { name: 'k6', retention_s: 30 * DAY_S, purpose: 'live metrics, a point a series and second' },
  raw: { name: 'k6_raw', retention_s: 7 * DAY_S, purpose: 'a point a sample, as the stock k6 outputs write' },
  runs: { name: 'k6_runs', retention_s: 0, purpose: 'a record a run' },
  target: { name: 'target', retention_s: 90 * DAY_S, purpose: 'telemetry of targets, a point a series and sample' },
} as const satisfies Record<string, Bucket>;

export type BucketKey = keyof typeof BUCKETS;

/** InfluxDB's v1 API finds a bucket through a mapping (DBRP); the stock k6 `influxdb` output writes through it. */
export const V1_MAPPING = { bucket: 'raw', database: 'k6_raw', retention_policy: 'autogen' } as const;

/** Least privilege: who may do what. `admin` is the operator token, and never leaves .loadstar/. */
export const TOKENS = {
  k6: { read: [], write: ['live', 'raw'], purpose: 'k6 writes metrics' },
  telegraf: { read: [], write: ['target'], purpose: 'Telegraf writes what the target measures' },
  grafana: { read: ['live', 'raw', 'runs', 'target'], write: [], purpose: 'Grafana reads' },
  cli: {
    read: ['live', 'raw', 'runs', 'target'],
    write: ['runs', 'target'],
    purpose: 'the loadstar command reads all, writes run records and telemetry',
  },
} as const satisfies Record<string, { read: readonly BucketKey[]; write: readonly BucketKey[]; purpose: string }>;

export type TokenKey = keyof typeof TOKENS;
