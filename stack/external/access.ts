import { resolve } from 'node:path';
import { ORG } from '../../contract/buckets.ts';
import { usageError } from '../../lib/errors.ts';
import { proxyRules } from '../../lib/proxies.ts';
import { maskAddress } from '../../lib/redact.ts';
import type { EngineContext, InfluxAccess } from '../engine/engine.ts';

const API_PATH = /\/api\/v2$/;

/** @throws LoadstarError (usage) if address or token is missing, or address or proxy is invalid */
export function influxAccess(env: EngineContext['env']): InfluxAccess {
  const { INFLUX_URL: url, INFLUX_TOKEN: token } = env;
  if (!url || !token) {
    const missing = [url ? '' : 'INFLUX_URL', token ? '' : 'INFLUX_TOKEN'].filter(Boolean).join(' and ');
    throw usageError(
      'INFLUX_URL and INFLUX_TOKEN for ENGINE=external',
      `no ${missing}`,
      'docs/external.md shows how to set them',
    );
  }
  const bare = serverAddress(url, 'INFLUX_URL').replace(API_PATH, '');
  const tokens = { k6: token, telegraf: token, grafana: token, cli: token };
  const ca_file = env.STACK_CA_FILE ? resolve(env.STACK_CA_FILE) : null;
  const proxy = proxyRules(env)(new URL(bare))?.href ?? null;
  return {
    url: bare,
    url_for_k6: bare,
    org: env.INFLUX_ORG || ORG,
    tokens,
    ...(ca_file ? { ca_file } : {}),
    ...(proxy ? { proxy } : {}),
  };
}

/** @returns the address with its path, without a trailing slash. @throws LoadstarError (usage) */
export function serverAddress(text: string, setting: string): string {
  const next = `for example ${setting}=https://${setting === 'INFLUX_URL' ? 'influx' : 'grafana'}.example.com`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw usageError(`${setting} to be an address with http:// or https://`, `\`${maskAddress(text)}\``, next);
  }
  if (url.username || url.password) {
    throw usageError(
      `${setting} without credentials, because addresses are shown and stored`,
      'a user name or password in it',
      'set INFLUX_TOKEN or GRAFANA_TOKEN instead',
    );
  }
  if (url.search || url.hash) {
    throw usageError(`${setting} to end with its path`, `\`${url.search || url.hash}\` after it`, next);
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}
