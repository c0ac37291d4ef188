/** Grafana's HTTP API, as far as a push needs it. https://grafana.com/docs/grafana/latest/developers/http_api/ */
import { unusableError, usageError } from '../../lib/errors.ts';
import { explainFault } from '../../lib/faults.ts';
import type { ProxyOf } from '../../lib/proxies.ts';
import { addressShown } from '../../lib/redact.ts';

export interface GrafanaAccess {
  /** Without a slash at its end. */
  readonly url: string;
  /** Of a service account. Never printed. */
  readonly token: string;
}

/** A JSON object as Grafana sends and takes it. */
export type Json = Readonly<Record<string, unknown>>;

const TIMEOUT_S = 30;
const MS_PER_S = 1_000;
const NOT_FOUND = 404;
const REFUSED: readonly number[] = [401, 403];
/** Grafana's explanations are short; a proxy's error page is not. */
const LONGEST_REASON = 300;

export class GrafanaApi {
  readonly #access: GrafanaAccess;
  readonly #proxyOf: ProxyOf;

  /** @throws LoadstarError (usage) for an address that is none */
  constructor({ url, token }: GrafanaAccess, proxyOf: ProxyOf) {
    this.#proxyOf = proxyOf;
    if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
      throw usageError(
        'the address of a Grafana',
        `\`${addressShown(url)}\``,
        'for example --url https://grafana.example.com',
      );
    }
    if (new URL(url).username || new URL(url).password) {
      throw usageError(
        'the address of a Grafana without credentials',
        'a user name or password in it',
        'use GRAFANA_TOKEN',
      );
    }
    this.#access = { url: url.replace(/\/+$/, ''), token };
  }

  /** @returns null where there is no such thing */
  async get<T = Json>(path: string): Promise<T | null> {
    const { status, body } = await this.#call('GET', path);
    return status === NOT_FOUND ? null : (body as T);
  }

  /** @throws LoadstarError (unusable) where Grafana refuses it */
  async send(method: 'POST' | 'PUT', path: string, body: Json): Promise<void> {
    const { status } = await this.#call(method, path, body);
    if (status === NOT_FOUND) throw this.#refused(method, path, status, 'there is no such thing');
  }

  async #call(method: string, path: string, body?: Json): Promise<{ status: number; body: unknown }> {
    const { url, token } = this.#access;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body ? { 'content-type': 'application/json' } : {}),
          // Without it Grafana would lock what we push against changes in its interface.
          'x-disable-provenance': 'true',
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        // Followed, a POST may become a GET.
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_S * MS_PER_S),
      });
      text = await response.text();
    } catch (error) {
      const address = new URL(url);
      const place = { url: address, setting: 'GRAFANA_URL', proxy: this.#proxyOf(address), timeout_s: TIMEOUT_S };
      const { found, next } = explainFault(error, place);
      throw unusableError(`Grafana to answer at ${url}`, found, next, error);
    }
    const location = response.headers.get('location');
    if (location) throw this.#redirected(new URL(location, url + path));
    if (!response.ok && response.status !== NOT_FOUND) {
      throw this.#refused(method, path, response.status, reasonIn(text));
    }
    return { status: response.status, body: parsed(text, response.ok, url) };
  }

  #redirected(to: URL): Error {
    return unusableError(
      `Grafana itself at ${this.#access.url}`,
      `a redirect to ${to.href}`,
      'set GRAFANA_URL to where it really is',
    );
  }

  #refused(method: string, path: string, status: number, reason: string): Error {
    return unusableError(
      `Grafana to take ${method} ${path.split('?')[0]}`,
      `status ${status}: ${reason}`,
      REFUSED.includes(status)
        ? 'use the token of a service account with the role Admin, or with rights on folders, data sources, dashboards and alerting'
        : 'is it Grafana 11 or later, and the address its root?',
    );
  }
}

function reasonIn(text: string): string {
  const body = tryParse(text) as { message?: unknown } | undefined;
  return (typeof body?.message === 'string' ? body.message : text.trim() || 'no reason given').slice(0, LONGEST_REASON);
}

function parsed(text: string, ok: boolean, url: string): unknown {
  const body = text === '' ? {} : tryParse(text);
  if (body !== undefined || !ok) return body;
  throw unusableError(
    'an answer of Grafana in JSON',
    'something else, such as a login page',
    `does ${url} lead to it?`,
  );
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
