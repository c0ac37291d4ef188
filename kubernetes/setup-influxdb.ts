import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { TOKENS, type TokenKey } from '../contract/buckets.ts';
import { K8S_SECRETS } from '../contract/k8s.ts';
import { setUpInflux, type Tokens } from '../influxdb/setup.ts';
import type { CommandContext } from '../lib/context.ts';
import { messageOf, unusableError } from '../lib/errors.ts';
import { isReachable } from '../lib/http.ts';

/** Kubernetes mounts these files in pods with a service account: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
const ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';
const API_SERVER = 'https://kubernetes.default.svc';
const ANSWER_TIMEOUT_MS = 30_000;
/** Time for the first start of InfluxDB. Then the job tries again. */
const INFLUX_WAIT_MS = 120_000;
const POLL_MS = 2_000;

/** Access to the Secret with the tokens. */
export interface Cluster {
  readonly url: string;
  readonly namespace: string;
  readonly token: string;
  /** PEM; null: http, or a certificate that is known anyway. */
  readonly ca: string | null;
}

/**
 * Creates the buckets, the v1 mapping and the tokens of an InfluxDB in the cluster. Idempotent. Prints no secrets.
 * @throws LoadstarError (unusable), so that the job tries again
 */
export async function setUpInKubernetes(
  context: CommandContext,
  { url, secrets }: { readonly url: string; readonly secrets: string },
  cluster?: Cluster,
): Promise<void> {
  const account = cluster ?? (await readAccount());
  const operator_token = await readSecretFile(join(secrets, 'operator_token'));
  const password = await readSecretFile(join(secrets, 'password'));
  await context.ui.step('waiting for InfluxDB', () => waitUntilHealthy(url, context.stop));
  const kept = await readTokens(account);
  let tokens: Tokens;
  try {
    tokens = await setUpInflux({ url, operator_token, password, tokens: kept });
  } catch (error) {
    const { name } = K8S_SECRETS.influxdb;
    const next = `restore the Secret ${name} of its first set-up`;
    throw unusableError(`the InfluxDB at ${url} to be set up`, messageOf(error), next, error);
  }
  await writeTokens(account, tokens);
  context.ui.line(`buckets and tokens are ready: Secret ${K8S_SECRETS.tokens.name}`);
}

async function readAccount(): Promise<Cluster> {
  const [token, ca, namespace] = await Promise.all(
    ['token', 'ca.crt', 'namespace'].map((name) => readSecretFile(join(ACCOUNT_DIR, name))),
  );
  return { url: API_SERVER, token: token ?? '', ca: ca ?? '', namespace: namespace ?? '' };
}

async function readSecretFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw unusableError(`the file ${path}`, messageOf(error), 'run this command in a pod of the stack', error);
  }
}

async function waitUntilHealthy(url: string, stop: AbortSignal): Promise<void> {
  const until_ms = Date.now() + INFLUX_WAIT_MS;
  while (!(await isReachable(`${url}/health`))) {
    stop.throwIfAborted();
    if (Date.now() > until_ms)
      throw unusableError(
        `InfluxDB to answer at ${url}`,
        `no answer for ${INFLUX_WAIT_MS / 1_000} s`,
        'see the log of the pod of InfluxDB',
      );
    await sleep(POLL_MS);
  }
}

interface SecretData {
  readonly data?: Readonly<Record<string, string>>;
}

async function readTokens(cluster: Cluster): Promise<Partial<Tokens>> {
  const { data = {} } = await callApi(cluster, 'GET');
  const known = (Object.keys(TOKENS) as TokenKey[]).flatMap((key) => (data[key] ? [[key, decode(data[key])]] : []));
  return Object.fromEntries(known) as Partial<Tokens>;
}

async function writeTokens(cluster: Cluster, tokens: Tokens): Promise<void> {
  const data = Object.fromEntries(Object.entries(tokens).map(([key, token]) => [key, encode(token)]));
  await callApi(cluster, 'PATCH', { data });
}

const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (text: string) => Buffer.from(text, 'base64').toString();

async function callApi(
  { url, namespace, token, ca }: Cluster,
  method: 'GET' | 'PATCH',
  body?: object,
): Promise<SecretData> {
  const { name } = K8S_SECRETS.tokens;
  const dispatcher = new Agent({ connect: ca ? { ca } : {} });
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  try {
    const response = await request(url + path, {
      dispatcher,
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/merge-patch+json' },
      body: body ? JSON.stringify(body) : null,
      headersTimeout: ANSWER_TIMEOUT_MS,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const text = await response.body.text();
    // The body is left out of the message, because the answer of a proxy may hold anything.
    if (response.statusCode >= 300) throw new Error(`${method} ${path}: HTTP ${response.statusCode}`);
    return JSON.parse(text) as SecretData;
  } catch (error) {
    throw unusableError(
      `access to the Secret ${name} in Kubernetes`,
      messageOf(error),
      'apply the manifests of the whole stack',
      error,
    );
  } finally {
    await dispatcher.close();
  }
}
