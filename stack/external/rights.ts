import { BUCKETS, type BucketKey } from '../../contract/buckets.ts';
import { unusableError } from '../../lib/errors.ts';
import { parseJson } from '../../lib/json.ts';
import type { BucketRights, InfluxAccess } from '../engine/engine.ts';
import { type Answer, askServer, type Server } from './ask-server.ts';
import { authorizationHeader } from './identify.ts';

/** The rights of the token on each bucket. */
export type Rights = Readonly<Record<BucketKey, BucketRights>>;

const FORBIDDEN: readonly number[] = [401, 403];
const UNAUTHORIZED = 401;
const NOT_FOUND = 404;
const TOO_MANY = 429;
const CLIENT_FAULT = 400;
const SERVER_FAULT = 500;
/** The error page of a proxy is long. */
const LONGEST_REASON = 200;
/** Ids of InfluxDB have 16 hexadecimal digits. */
const ID = /^[0-9a-f]{16}$/;

/**
 * Finds the rights of the token without changing anything: a bucket that is listed can be read, and an empty write is
 * rejected if a real one would be. @throws LoadstarError (unusable) for a wrong token or organisation
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

/** @throws LoadstarError (unusable) for an answer that says nothing about the bucket */
function requireAnswer(server: Server, { org, url }: InfluxAccess, { status, text, header }: Answer): void {
  const message = findMessage(text);
  if (status === UNAUTHORIZED) {
    throw unusableError(
      `InfluxDB at ${url} to accept INFLUX_TOKEN`,
      `status ${status}: ${message}`,
      'check INFLUX_TOKEN: it may be revoked or belong to another InfluxDB',
    );
  }
  if (status === NOT_FOUND && /organization/i.test(message)) {
    throw unusableError(
      `the organisation ${org} at ${url}`,
      `${message}, or no access to it with this token`,
      'set INFLUX_ORG to its name or id (`influx org list`)',
    );
  }
  if (status === TOO_MANY) {
    throw unusableError(
      `InfluxDB at ${url} to accept requests`,
      `status ${status}: ${message}`,
      `its rate limit is reached: try again in ${header('retry-after') || 'some'} s`,
    );
  }
  if (status >= SERVER_FAULT) {
    throw unusableError(
      `InfluxDB at ${url} to work`,
      `status ${status}: ${message}`,
      `check ${server.setting} and the log of InfluxDB`,
    );
  }
}

const QUERY = `from(bucket: "${BUCKETS.runs.name}") |> range(start: -1m) |> limit(n: 1)`;

/** @throws LoadstarError (unusable) if the server does not support Flux */
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
    'docs/external.md lists the supported versions of InfluxDB',
  );
}

function findMessage(text: string): string {
  const { message } = (parseJson(text) ?? {}) as { message?: string };
  return message ?? text.slice(0, LONGEST_REASON);
}

/** @throws LoadstarError (unusable) if a bucket is missing, or the token lacks a right */
export function requireRights(
  { influx, rights }: { readonly influx: InfluxAccess; readonly rights?: Rights },
  needed: { readonly read?: readonly BucketKey[]; readonly write?: readonly BucketKey[] },
): void {
  // A stack that Loadstar starts has all rights.
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
    `create a token with these rights on the page "API Tokens", or: influx auth create --org ${influx.org} --read-buckets --write-buckets`,
  );
}

function describeNeed(verb: string, keys: readonly BucketKey[]): string {
  return keys.length > 0 ? `${verb} ${keys.map((key) => BUCKETS[key].name).join(', ')}` : '';
}

function describeRights({ read, write }: BucketRights): string {
  if (read) return write ? 'can read and write' : 'can read, but not write';
  return write ? 'can write, but not read' : 'can neither read nor write';
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
