import { BUCKETS, type BucketKey } from '../../contract/buckets.ts';
import { unusableError } from '../../lib/errors.ts';
import { parseJson } from '../../lib/json.ts';
import type { BucketRights, InfluxAccess } from '../engine/engine.ts';
import { type Answer, askServer, type Server } from './ask-server.ts';
import { authorizationHeader } from './identify.ts';

/** What the token may do with each bucket. */
export type Rights = Readonly<Record<BucketKey, BucketRights>>;

const FORBIDDEN: readonly number[] = [401, 403];
const UNAUTHORIZED = 401;
const NOT_FOUND = 404;
const TOO_MANY = 429;
const CLIENT_FAULT = 400;
const SERVER_FAULT = 500;
/** A proxy's error page is long. */
const LONGEST_REASON = 200;
/** InfluxDB's ids: 16 hexadecimal digits. */
const ID = /^[0-9a-f]{16}$/;

/**
 * Asks what can be known without changing anything: a bucket that can be found can be read, and a write of nothing is
 * refused exactly where a write of something would be. @throws LoadstarError (unusable) for a wrong token or organisation
 */
export async function readRights(server: Server, access: InfluxAccess): Promise<Rights> {
  const keys = Object.keys(BUCKETS) as BucketKey[];
  const rights = await Promise.all(
    keys.map(async (key) => [key, await readBucketRights(server, access, key)] as const),
  );
  return Object.fromEntries(rights) as Record<BucketKey, BucketRights>;
}

async function readBucketRights(server: Server, access: InfluxAccess, key: BucketKey): Promise<BucketRights> {
  const { name } = BUCKETS[key];
  const headers = authorizationHeader(access);
  const { org } = access;
  const list = new URLSearchParams({ [ID.test(org) ? 'orgID' : 'org']: org, name });
  const write = new URLSearchParams({ org, bucket: name, precision: 'ns' });
  const [listed, written] = await Promise.all([
    askServer(server, { path: `/api/v2/buckets?${list}`, headers }),
    askServer(server, {
      path: `/api/v2/write?${write}`,
      method: 'POST',
      headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
    }),
  ]);
  for (const answer of [listed, written]) requireAnswer(server, access, answer);
  const { buckets = [] } = (parseJson(listed.text) ?? {}) as { buckets?: FoundBucket[] };
  const found = buckets.find((bucket) => bucket.name === name);
  return {
    exists: found !== undefined || written.status !== NOT_FOUND,
    read: found !== undefined,
    write: written.status !== NOT_FOUND && !FORBIDDEN.includes(written.status),
    kept_s: found?.retentionRules?.[0]?.everySeconds ?? 0,
  };
}

interface FoundBucket {
  readonly name?: string;
  readonly retentionRules?: readonly { readonly everySeconds?: number }[];
}

/** @throws LoadstarError (unusable) for whatever says nothing about a bucket */
function requireAnswer(server: Server, { org, url }: InfluxAccess, { status, text, header }: Answer): void {
  const message = findMessage(text);
  if (status === UNAUTHORIZED) {
    throw unusableError(
      `InfluxDB at ${url} to know INFLUX_TOKEN`,
      `status ${status}: ${message}`,
      'check INFLUX_TOKEN: it may have been revoked, or belong to another InfluxDB',
    );
  }
  if (status === NOT_FOUND && /organization/i.test(message)) {
    throw unusableError(
      `the organisation ${org} at ${url}`,
      `${message}, or none of this token`,
      'set INFLUX_ORG to its name or id (`influx org list`)',
    );
  }
  if (status === TOO_MANY) {
    throw unusableError(
      `InfluxDB at ${url} to take calls`,
      `status ${status}: ${message}`,
      `its limit of calls is reached: try again in ${header('retry-after') || 'some'} s`,
    );
  }
  if (status >= SERVER_FAULT) {
    throw unusableError(
      `InfluxDB at ${url} to be well`,
      `status ${status}: ${message}`,
      `check ${server.setting} and its log`,
    );
  }
}

const QUERY = `from(bucket: "${BUCKETS.runs.name}") |> range(start: -1m) |> limit(n: 1)`;

/** @throws LoadstarError (unusable) where it takes no Flux: a server that is built for other queries */
export async function requireFlux(server: Server, access: InfluxAccess): Promise<void> {
  const { status, text } = await askServer(server, {
    path: `/api/v2/query?${new URLSearchParams({ org: access.org })}`,
    method: 'POST',
    headers: { ...authorizationHeader(access), 'content-type': 'application/vnd.flux', accept: 'application/csv' },
    body: QUERY,
  });
  if (status < CLIENT_FAULT) return;
  throw unusableError(
    `InfluxDB at ${access.url} to answer Flux`,
    `status ${status}: ${findMessage(text)}`,
    'docs/external.md says what works with which InfluxDB',
  );
}

function findMessage(text: string): string {
  const { message } = (parseJson(text) ?? {}) as { message?: string };
  return message ?? text.slice(0, LONGEST_REASON);
}

/** @throws LoadstarError (unusable) where one of them is missing, or the token may not do what is needed */
export function requireRights(
  { influx, rights }: { readonly influx: InfluxAccess; readonly rights?: Rights },
  needed: { readonly read?: readonly BucketKey[]; readonly write?: readonly BucketKey[] },
): void {
  // A stack of ours has what it needs.
  if (!rights) return;
  const { read = [], write = [] } = needed;
  const keys = [...new Set([...read, ...write])];
  const missing = keys.filter((key) => !rights[key].exists);
  if (missing.length > 0) throw missingError(influx, keys, missing);
  const lacking = keys.filter(
    (key) => (read.includes(key) && !rights[key].read) || (write.includes(key) && !rights[key].write),
  );
  if (lacking.length === 0) return;
  throw unusableError(
    `INFLUX_TOKEN to ${describeNeed('read', read)}${read.length > 0 && write.length > 0 ? ' and to ' : ''}${describeNeed('write', write)}`,
    lacking.map((key) => `${BUCKETS[key].name}: ${describeRights(rights[key])}`).join('; '),
    `a token with these rights, from its page "API Tokens" or: influx auth create --org ${influx.org} --read-buckets --write-buckets`,
  );
}

function describeNeed(verb: string, keys: readonly BucketKey[]): string {
  return keys.length > 0 ? `${verb} ${keys.map((key) => BUCKETS[key].name).join(', ')}` : '';
}

function describeRights({ read, write }: BucketRights): string {
  if (read) return write ? 'it may read and write' : 'it may read, but not write';
  return write ? 'it may write, but not read' : 'it may neither read nor write';
}

const HOUR_S = 3_600;

function missingError({ org, url }: InfluxAccess, keys: readonly BucketKey[], missing: readonly BucketKey[]): Error {
  const create = missing.map((key) => {
    const { name, retention_s } = BUCKETS[key];
    const retention = retention_s === 0 ? '0' : `${retention_s / HOUR_S}h`;
    return `influx bucket create --org ${org} --name ${name} --retention ${retention}`;
  });
  return unusableError(
    `the buckets ${keys.map((key) => BUCKETS[key].name).join(', ')} in the organisation ${org} at ${url}`,
    `no ${missing.map((key) => BUCKETS[key].name).join(', ')}`,
    create.join('; '),
  );
}
