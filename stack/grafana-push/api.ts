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

const TIMEOUT_S = 30;
const NOT_FOUND = 404;
const FIRST_ERROR = 400;
const REFUSED: readonly number[] = [401, 403];
/** Grafana's explanations are short. The error page of a proxy is not. */
const LONGEST_REASON = 300;

export class GrafanaApi {
  readonly #server: Server;
  readonly #token: string;

  /** @throws LoadstarError (usage) for an invalid address */
  constructor({ url, token }: GrafanaAccess, proxyOf: ProxyOf) {
    const setting = 'GRAFANA_URL';
    this.#server = { url: serverAddress(url, setting), name: 'Grafana', setting, proxyOf, timeout_s: TIMEOUT_S };
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
    if (status === NOT_FOUND) throw rejectedError(method, path, status, 'there is no such resource');
  }

  /** Deletes a resource, if it is there. @throws LoadstarError (unusable) if Grafana rejects it */
  async remove(path: string): Promise<void> {
    await this.#call('DELETE', path);
  }

  async #call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: Json,
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
    });
    if (header('location')) {
      const to = new URL(header('location'), url + path);
      throw unusableError(`Grafana itself at ${url}`, `a redirect to ${to.href}`, 'set GRAFANA_URL to that address');
    }
    const parsed = text === '' ? {} : parseJson(text);
    if (status >= FIRST_ERROR && status !== NOT_FOUND) {
      const { message } = (parsed ?? {}) as { message?: unknown };
      const reason = typeof message === 'string' ? message : text.trim() || 'no reason given';
      throw rejectedError(method, path, status, reason.slice(0, LONGEST_REASON));
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

function rejectedError(method: string, path: string, status: number, reason: string): Error {
  return unusableError(
    `Grafana to accept ${method} ${path.split('?')[0]}`,
    `status ${status}: ${reason}`,
    REFUSED.includes(status)
      ? 'use the token of a service account with the role Admin, or with permissions on folders, data sources, dashboards and alerting'
      : 'check that this is Grafana 11 or later, and that the address is its root',
  );
}
