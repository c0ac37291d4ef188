import { HttpError, InfluxDB } from '@influxdata/influxdb-client';
import {
  AuthorizationsAPI,
  BucketsAPI,
  DbrpsAPI,
  HealthAPI,
  OrgsAPI,
  type Permission,
  SetupAPI,
} from '@influxdata/influxdb-client-apis';
import { BUCKETS, type Bucket, type BucketKey, ORG, TOKENS, type TokenKey, V1_MAPPING } from '../contract/buckets.ts';

export interface SetupInput {
  readonly url: string;
  /** All rights: made by us, given to InfluxDB at its first set-up. */
  readonly operator_token: string;
  readonly password: string;
  /** Tokens of an earlier set-up; those that InfluxDB still knows are kept. */
  readonly tokens: Readonly<Partial<Record<TokenKey, string>>>;
  /** How long buckets are to keep, where somebody says so; 0: for ever. Else those that are there stay as they are. */
  readonly retention_s?: Retention;
  /** Told of every change to a bucket that was there. */
  onRetention?(change: RetentionChange): void;
}

export type Retention = Readonly<Partial<Record<BucketKey, number>>>;

export interface RetentionChange {
  readonly bucket: string;
  /** 0: for ever. */
  readonly from_s: number;
  readonly to_s: number;
}

export type Tokens = Readonly<Record<TokenKey, string>>;

/** InfluxDB was set up before, with other secrets. */
export class ForeignSetupError extends Error {}

const REFUSED: readonly number[] = [401, 403];
const NOT_FOUND = 404;
const USER = 'loadstar';
const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;
const HALF_YEAR_S = 180 * DAY_S;

/**
 * Organisation, buckets, v1 mapping and scoped tokens, as contract/buckets.ts says. Idempotent: what is there is kept. A
 * bucket's retention changes only where the call says so: a call that says nothing must not delete what another one keeps.
 * @throws ForeignSetupError where the operator token is refused; the client's error where InfluxDB does not answer.
 */
export async function setUpInflux(input: SetupInput): Promise<Tokens> {
  const influx = new InfluxDB({ url: input.url, token: input.operator_token });
  await firstSetup(influx, input);
  const orgID = await organisation(influx);
  const bucket_ids = await ensureBuckets(influx, orgID, input);
  await ensureMapping(influx, orgID, bucket_ids);
  return await ensureTokens(influx, orgID, bucket_ids, input);
}

async function firstSetup(influx: InfluxDB, { operator_token, password }: SetupInput): Promise<void> {
  const setup = new SetupAPI(influx);
  if (!(await setup.getSetup()).allowed) return;
  const { live } = BUCKETS;
  await setup.postSetup({
    body: {
      username: USER,
      password,
      token: operator_token,
      org: ORG,
      bucket: live.name,
      retentionPeriodSeconds: live.retention_s,
    },
  });
}

async function organisation(influx: InfluxDB): Promise<string> {
  const { orgs = [] } = await new OrgsAPI(influx).getOrgs({ org: ORG }).catch((error: unknown) => {
    if (error instanceof HttpError && REFUSED.includes(error.statusCode)) {
      throw new ForeignSetupError('it refuses our operator token', { cause: error });
    }
    throw error;
  });
  const id = orgs[0]?.id;
  if (!id) throw new ForeignSetupError(`it has no organisation ${ORG}`);
  return id;
}

/** InfluxDB drops whole shard groups: as long as it makes them itself for such a retention, as one that is left over refuses a shorter one. */
function rules(retention_s: number) {
  const long = retention_s === 0 || retention_s > HALF_YEAR_S;
  const shardGroupDurationSeconds = long ? 7 * DAY_S : retention_s < 2 * DAY_S ? HOUR_S : DAY_S;
  return [{ type: 'expire' as const, everySeconds: retention_s, shardGroupDurationSeconds }];
}

async function ensureBuckets(
  influx: InfluxDB,
  orgID: string,
  { retention_s = {}, onRetention }: SetupInput,
): Promise<Record<BucketKey, string>> {
  const api = new BucketsAPI(influx);
  const ids = {} as Record<BucketKey, string>;
  const { buckets = [] } = await api.getBuckets({ orgID, limit: 100 });
  for (const [key, wanted] of Object.entries(BUCKETS) as [BucketKey, Bucket][]) {
    const asked_s = retention_s[key];
    const found = buckets.find((bucket) => bucket.name === wanted.name);
    if (!found) {
      const retentionRules = rules(asked_s ?? wanted.retention_s);
      const body = { orgID, name: wanted.name, description: wanted.purpose, retentionRules };
      ids[key] = String((await api.postBuckets({ body })).id);
      continue;
    }
    ids[key] = String(found.id);
    const kept_s = found.retentionRules[0]?.everySeconds ?? 0;
    if (asked_s === undefined || asked_s === kept_s) continue;
    await api.patchBucketsID({ bucketID: ids[key], body: { retentionRules: rules(asked_s) } });
    onRetention?.({ bucket: wanted.name, from_s: kept_s, to_s: asked_s });
  }
  return ids;
}

async function ensureMapping(influx: InfluxDB, orgID: string, ids: Record<BucketKey, string>): Promise<void> {
  const api = new DbrpsAPI(influx);
  const { database, retention_policy } = V1_MAPPING;
  const bucketID = ids[V1_MAPPING.bucket];
  const { content = [] } = await api.getDBRPs({ orgID, db: database });
  if (content.some((mapping) => mapping.bucketID === bucketID && mapping.default && !mapping.virtual)) return;
  await api.postDBRP({ body: { orgID, bucketID, database, retention_policy, default: true } });
}

async function ensureTokens(
  influx: InfluxDB,
  orgID: string,
  ids: Record<BucketKey, string>,
  { url, tokens: known }: Pick<SetupInput, 'url' | 'tokens'>,
): Promise<Tokens> {
  const api = new AuthorizationsAPI(influx);
  const ensureToken = async (key: TokenKey): Promise<[TokenKey, string]> => {
    const token = known[key];
    if (token && (await hasRights(url, token, key))) return [key, token];
    const description = `loadstar: ${TOKENS[key].purpose}`;
    const body = { orgID, description, permissions: permissions(key, orgID, ids) };
    return [key, String((await api.postAuthorizations({ body })).token)];
  };
  return Object.fromEntries(await Promise.all((Object.keys(TOKENS) as TokenKey[]).map(ensureToken))) as Tokens;
}

/** @returns the version of the server, such as `2.9.1`; null if it names none */
export async function readServerVersion(url: string): Promise<string | null> {
  const { version } = await new HealthAPI(new InfluxDB({ url })).getHealth();
  return version?.replace(/^v/, '') ?? null;
}

/**
 * Whether InfluxDB knows the token, and it has the rights that it should have: an earlier version made it without those on a
 * bucket that is new. Uses the token, because InfluxDB stores hashes of tokens from 2.9 on, and its list of tokens redacts
 * them.
 */
async function hasRights(url: string, token: string, key: TokenKey): Promise<boolean> {
  const influx = new InfluxDB({ url, token });
  try {
    // It lists what the token may read.
    const { buckets = [] } = await new BucketsAPI(influx).getBuckets({ limit: 100 });
    const { read, write } = TOKENS[key];
    if (!read.every((bucket) => buckets.some(({ name }) => name === BUCKETS[bucket].name))) return false;
    return (await Promise.all(write.map((bucket) => mayWrite(influx, BUCKETS[bucket].name)))).every(Boolean);
  } catch (error) {
    if (error instanceof HttpError && REFUSED.includes(error.statusCode)) return false;
    throw error;
  }
}

/** An empty write changes nothing, and is refused if a real one would be. */
async function mayWrite({ transport }: InfluxDB, bucket: string): Promise<boolean> {
  const path = `/api/v2/write?${new URLSearchParams({ org: ORG, bucket })}`;
  try {
    await transport.request(path, '', { method: 'POST', headers: { 'content-type': 'text/plain; charset=utf-8' } });
    return true;
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return !REFUSED.includes(error.statusCode) && error.statusCode !== NOT_FOUND;
  }
}

function permissions(key: TokenKey, orgID: string, ids: Record<BucketKey, string>): Permission[] {
  const grant = (action: 'read' | 'write') => (bucket: BucketKey) => ({
    action,
    resource: { type: 'buckets' as const, id: ids[bucket], orgID },
  });
  const { read, write } = TOKENS[key];
  return [...read.map(grant('read')), ...write.map(grant('write'))];
}
