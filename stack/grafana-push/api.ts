/** The parts of Grafana's HTTP API that a push needs. https://grafana.com/docs/grafana/latest/developers/http_api/ */
import { unusableError } from '../../lib/errors.ts';
import { parseJson } from '../../lib/json.ts';
import type { ProxyOf } from '../../lib/proxies.ts';
import { serverAddress } from '../external/access.ts';
import { askServer, type Server } from '../external/ask-server.ts';

export interface GrafanaAccess {
  readonly url: string;
  /** Token of a service account. Never printed. */
  readonly token: string;
}

/** A JSON object as Grafana sends and accepts it. */
export type Json = Readonly<Record<string, unknown>>;

/** What the calls to Grafana need. */
interface CallNeeds {
  /** The token to use, for whoever has another. */
  readonly rights: string;
  readonly timeout_s: number;
}

const PUSH_NEEDS: CallNeeds = {
  rights:
    'use the token of a service account with the role Admin, or with permissions on folders, data sources, dashboards and alerting',
  timeout_s: 30,
};

/** A query must not hold up the end of a run. */
export const QUERY_NEEDS: CallNeeds = {
  rights: 'use the token of a service account with the role Viewer, or with the permission to query the data source',
  timeout_s: 10,
};

const NOT_FOUND = 404;
const FIRST_ERROR = 400;
const REFUSED: readonly number[] = [401, 403];
/** Of a query: far more than a chart can show. */
const MOST_ANSWER_BYTES = 8 * 2 ** 20;
/** Grafana's explanations are short. The error page of a proxy is not. */
const LONGEST_REASON = 300;

export class GrafanaApi {
  readonly #server: Server;
  readonly #token: string;
  readonly #rights: string;

  /** @throws LoadstarError (usage) for an invalid address */
  constructor({ url, token }: GrafanaAccess, proxyOf: ProxyOf, { rights, timeout_s }: CallNeeds = PUSH_NEEDS) {
    const setting = 'GRAFANA_URL';
    this.#rights = rights;
    this.#server = { url: serverAddress(url, setting), name: 'Grafana', setting, proxyOf, timeout_s };
    this.#token = token;
  }

  /** @returns null if there is no such resource */
  async get<T = Json>(path: string): Promise<T | null> {
    const { status, body } = await this.#call('GET', path);
    return status === NOT_FOUND ? null : (body as T);
  }

  /** @throws LoadstarError (unusable) if Grafana rejects it */
  async send(method: 'POST' | 'PUT', path: string, body: Json): Promise<void> {
    const { status } = await this.#call(method, path, body);
    if (status === NOT_FOUND) throw rejectedError(method, path, status, 'there is no such resource', this.#rights);
  }

  /**
   * Asks data sources. A query that fails is an answer too: its status and body say why.
   * @throws LoadstarError (unusable) without an answer of Grafana's query API, or for one that is too long
   */
  async query(body: Json): Promise<{ status: number; body: unknown }> {
    return await this.#call('POST', '/api/ds/query', body, { most_bytes: MOST_ANSWER_BYTES, errors: 'results' });
  }

  /** Deletes a resource, if it is there. @throws LoadstarError (unusable) if Grafana rejects it */
  async remove(path: string): Promise<void> {
    await this.#call('DELETE', path);
  }

  async #call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: Json,
    { most_bytes, errors }: { readonly most_bytes?: number; readonly errors?: string } = {},
  ): Promise<{ status: number; body: unknown }> {
    const { url } = this.#server;
    const { status, text, header } = await askServer(this.#server, {
      method,
      path,
      headers: {
        authorization: `Bearer ${this.#token}`,
        accept: 'application/json',
        ...(body ? { 'content-type': 'application/json' } : {}),
        // Without this header Grafana would lock what is pushed against changes in its interface.
        'x-disable-provenance': 'true',
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      ...(most_bytes ? { most_bytes } : {}),
    });
    if (header('location')) {
      const to = new URL(header('location'), url + path);
      throw unusableError(`Grafana itself at ${url}`, `a redirect to ${to.href}`, 'set GRAFANA_URL to that address');
    }
    const parsed = text === '' ? {} : parseJson(text);
    const is_explained = errors !== undefined && typeof parsed === 'object' && parsed !== null && errors in parsed;
    if (status >= FIRST_ERROR && status !== NOT_FOUND && !is_explained) {
      const { message } = (parsed ?? {}) as { message?: unknown };
      const reason = typeof message === 'string' ? message : text.trim() || 'no reason given';
      throw rejectedError(method, path, status, reason.slice(0, LONGEST_REASON), this.#rights);
    }
    if (parsed === undefined && status !== NOT_FOUND) {
      throw unusableError(
        'a JSON answer of Grafana',
        'something else, such as a login page',
        `check that ${url} is the address of Grafana`,
      );
    }
    return { status, body: parsed };
  }
}

function rejectedError(method: string, path: string, status: number, reason: string, rights: string): Error {
  return unusableError(
    `Grafana to accept ${method} ${path.split('?')[0]}`,
    `status ${status}: ${reason}`,
    REFUSED.includes(status) ? rights : 'check that this is Grafana 11 or later, and that the address is its root',
  );
}
