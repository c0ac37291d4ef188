import { HttpError, InfluxDB } from '@influxdata/influxdb-client';
import {
  AuthorizationsAPI,
  BucketsAPI,
  DbrpsAPI,
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
}

export type Tokens = Readonly<Record<TokenKey, string>>;

/** InfluxDB was set up before, with other secrets. */
export class ForeignSetupError extends Error {}

const REFUSED: readonly number[] = [401, 403];
const USER = 'loadstar';
/** InfluxDB keeps a shard group for at least an hour; for ever is no rule at all. */
const NO_RULES: never[] = [];

/**
 * Organisation, buckets, retention, v1 mapping and scoped tokens, as contract/buckets.ts says. Idempotent: what is there
 * is kept, what differs is corrected.
 * @throws ForeignSetupError where the operator token is refused; the client's error where InfluxDB does not answer.
 */
export async function setUpInflux(input: SetupInput): Promise<Tokens> {
  const influx = new InfluxDB({ url: input.url, token: input.operator_token });
  await firstSetup(influx, input);
  const orgID = await organisation(influx);
  const bucket_ids = await ensureBuckets(influx, orgID);
  await ensureMapping(influx, orgID, bucket_ids);
  return await ensureTokens(influx, orgID, bucket_ids, input.tokens);
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

async function ensureBuckets(influx: InfluxDB, orgID: string): Promise<Record<BucketKey, string>> {
  const api = new BucketsAPI(influx);
  const ids = {} as Record<BucketKey, string>;
  const { buckets = [] } = await api.getBuckets({ orgID, limit: 100 });
  for (const [key, wanted] of Object.entries(BUCKETS) as [BucketKey, Bucket][]) {
    const retentionRules =
      wanted.retention_s === 0 ? NO_RULES : [{ type: 'expire' as const, everySeconds: wanted.retention_s }];
    const found = buckets.find((bucket) => bucket.name === wanted.name);
    if (!found) {
      const body = { orgID, name: wanted.name, description: wanted.purpose, retentionRules };
      ids[key] = String((await api.postBuckets({ body })).id);
      continue;
    }
    ids[key] = String(found.id);
    const kept_s = found.retentionRules[0]?.everySeconds ?? 0;
    if (kept_s !== wanted.retention_s) await api.patchBucketsID({ bucketID: ids[key], body: { retentionRules } });
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
  known: SetupInput['tokens'],
): Promise<Tokens> {
  const api = new AuthorizationsAPI(influx);
  const { authorizations = [] } = await api.getAuthorizations({ orgID });
  const valid = new Set(authorizations.map((authorization) => authorization.token));
  const tokens: Partial<Record<TokenKey, string>> = {};
  for (const key of Object.keys(TOKENS) as TokenKey[]) {
    const token = known[key];
    if (token && valid.has(token)) tokens[key] = token;
    else {
      const body = {
        orgID,
        description: `loadstar: ${TOKENS[key].purpose}`,
        permissions: permissions(key, orgID, ids),
      };
      tokens[key] = String((await api.postAuthorizations({ body })).token);
    }
  }
  return tokens as Tokens;
}

function permissions(key: TokenKey, orgID: string, ids: Record<BucketKey, string>): Permission[] {
  const grant = (action: 'read' | 'write') => (bucket: BucketKey) => ({
    action,
    resource: { type: 'buckets' as const, id: ids[bucket], orgID },
  });
  const { read, write } = TOKENS[key];
  return [...read.map(grant('read')), ...write.map(grant('write'))];
}
