import http, { type RefinedResponse, type RequestBody } from 'k6/http';
import { hostAllowed } from './hosts.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type ApiResponse = RefinedResponse<'text'>;

export interface Call {
  readonly method: Method;
  /** Route pattern, as `/api/appointments/:id`. The `name` tag is made of it, so that no id becomes a series. */
  readonly route: string;
  /** Values for the `:parameters` of the route. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as a classic form (application/x-www-form-urlencoded), instead of `body`. */
  readonly form?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** Statuses besides 200–399 that are a business outcome: not counted by `http_req_failed`. */
  readonly also_expected?: readonly number[];
}

export interface ClientOptions {
  readonly base_url: string;
  readonly allow_hosts: readonly string[];
  /** Extra headers, for the target's own host alone: they may be credentials. */
  readonly headers: Readonly<Record<string, string>>;
}

/** As k6's own default for `maxRedirects`. */
const MAX_REDIRECTS = 10;
const FIRST_REDIRECT = 300;
const LAST_REDIRECT = 399;
/** These repeat the method and the body (RFC 9110 §15.4); the others become a GET. */
const KEEPS_METHOD: readonly number[] = [307, 308];
const NORMAL_STATUSES = { min: 200, max: 399 };
const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';

/** The one HTTP client of all scenarios: names every request, and never leaves the allowed hosts. */
export class Client {
  readonly #options: ClientOptions;
  readonly #warned = new Set<string>();

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  request(call: Call): ApiResponse {
    const name = `${call.method} ${call.route}`;
    const expected = http.expectedStatuses(NORMAL_STATUSES, ...(call.also_expected ?? []));
    let method: Method = call.method;
    let body = payload(call);
    let url = this.#options.base_url + path(call);
    for (let hop = 0; ; hop += 1) {
      const response = this.#send(method, url, body, call.token, {
        name,
        expected,
        type: call.form ? FORM : JSON_TYPE,
      });
      const next = hop < MAX_REDIRECTS ? this.#redirect(url, response) : null;
      if (next === null) return response;
      if (!KEEPS_METHOD.includes(response.status)) {
        method = 'GET';
        body = null;
      }
      url = next;
    }
  }

  #send(
    method: Method,
    url: string,
    body: RequestBody | null,
    token: string | undefined,
    { name, expected, type }: { name: string; expected: ReturnType<typeof http.expectedStatuses>; type: string },
  ): ApiResponse {
    const at_home = hostOf(url) === hostOf(this.#options.base_url);
    return http.request(method, url, body, {
      headers: {
        ...(body === null ? {} : { 'Content-Type': type }),
        ...(at_home ? this.#options.headers : {}),
        // After the extra headers: a user's token replaces the basic authentication of staging only where an app needs one.
        ...(at_home && token ? { Authorization: `Bearer ${token}` } : {}),
      },
      tags: { name },
      // k6 would follow anywhere: so redirects are followed here, by hand.
      redirects: 0,
      responseCallback: expected,
      responseType: 'text',
    });
  }

  /** @returns where to go on, or null where this response is the answer. */
  #redirect(from: string, response: ApiResponse): string | null {
    const location = response.headers.Location;
    if (response.status < FIRST_REDIRECT || response.status > LAST_REDIRECT || !location) return null;
    const target = resolve(from, location);
    const host = hostnameOf(target);
    if (hostAllowed(host, this.#options.allow_hosts)) return target;
    if (!this.#warned.has(host)) console.warn(`not followed: a redirect to ${host}, which is not in ALLOW_HOSTS`);
    this.#warned.add(host);
    return null;
  }
}

/** The JSON of a response; undefined where it is none, so that a check fails instead of the iteration. */
export function json<T>(response: ApiResponse): T | undefined {
  try {
    return response.json() as T;
  } catch {
    return undefined;
  }
}

function path({ route, params = {}, query = {} }: Call): string {
  const filled = route.replace(/:(\w+)/g, (_, key: string) => {
    const value = params[key];
    if (value === undefined) throw new Error(`${route} needs a value for :${key}`);
    return encodeURIComponent(value);
  });
  const pairs = encodePairs(query);
  return pairs ? `${filled}?${pairs}` : filled;
}

function payload({ body, form }: Call): string | null {
  if (form) return encodePairs(form);
  return body === undefined ? null : JSON.stringify(body);
}

function encodePairs(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .join('&');
}

// k6 has no URL class; these three read just what redirects need (RFC 3986 §5.2, without dot segments).
const URL_PARTS = /^(https?:)\/\/([^/?#]*)([^?#]*)/i;

function hostOf(url: string): string {
  return (URL_PARTS.exec(url)?.[2] ?? '').toLowerCase();
}

function hostnameOf(url: string): string {
  return hostOf(url).replace(/^.*@/, '').replace(/:\d+$/, '');
}

function resolve(from: string, location: string): string {
  const [, scheme = '', authority = '', from_path = ''] = URL_PARTS.exec(from) ?? [];
  if (/^https?:\/\//i.test(location)) return location;
  if (location.startsWith('//')) return `${scheme}${location}`;
  if (location.startsWith('/')) return `${scheme}//${authority}${location}`;
  return `${scheme}//${authority}${from_path.replace(/[^/]*$/, '')}${location}`;
}
