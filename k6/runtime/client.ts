import http, { type Params, type RefinedResponse, type RequestBody } from 'k6/http';
import { requestName } from '../../contract/request-name.ts';
import { hostAllowed } from '../../profiles/hosts.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type ApiResponse = RefinedResponse<'text'>;
type BodyType = 'text' | 'binary';

/** A file as a form sends it. */
export interface Upload {
  readonly data: ArrayBuffer;
  readonly filename: string;
  readonly type: string;
}

/** A list sends its key once for each item. */
export type Pairs = Readonly<Record<string, string | number | readonly (string | number)[]>>;

export interface Call {
  readonly method: Method;
  /** Route pattern, as `/api/appointments/:id`. The `name` tag is made of it (contract/request-name.ts), so that no id becomes a series. */
  readonly route: string;
  /** Values for the `:parameters` of the route. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Pairs;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as the field `file` of a multipart form, instead of a body. */
  readonly file?: Upload;
  /** Of this request alone, and for the target's own host alone. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a classic form (application/x-www-form-urlencoded), instead of `body`. */
  readonly form?: Pairs;
  /** Sent as it is, instead of `body`. The header Content-Type names its type. */
  readonly text?: string;
  readonly token?: string;
  /** Statuses besides 200–399 that are a business outcome: not counted by `http_req_failed`. */
  readonly also_expected?: readonly number[];
}

type Headers = Record<string, string>;

/** One request of a chain of redirects. */
interface Hop {
  readonly method: Method;
  readonly url: string;
  readonly body: RequestBody | null;
}

export interface ClientOptions {
  readonly base_url: string;
  readonly allow_hosts: readonly string[];
  /** Extra headers, for the target's own host alone: they may be credentials. */
  readonly headers: Readonly<Record<string, string>>;
  /** May wait. */
  readonly beforeRequest?: () => void;
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
const TEXT_TYPE = 'text/plain';

/** The one HTTP client of all scenarios: names every request, and never leaves the allowed hosts. */
export class Client {
  readonly #options: ClientOptions;
  readonly #warned = new Set<string>();
  #has_failed = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Whether a request has failed, as `http_req_failed` counts it, since this was last asked. */
  takeFailure(): boolean {
    const has_failed = this.#has_failed;
    this.#has_failed = false;
    return has_failed;
  }

  request(call: Call): ApiResponse {
    const hop = this.#first(call);
    return this.#follow(call, hop, this.#send(call, hop, 'text'), 'text');
  }

  /** The same for an answer that is no text. */
  download(call: Call): RefinedResponse<'binary'> {
    const hop = this.#first(call);
    return this.#follow(call, hop, this.#send(call, hop, 'binary'), 'binary');
  }

  /** All at once, as a browser asks for the parts of a page. Answers are in the order of the calls. */
  batch<const Calls extends readonly Call[]>(calls: Calls): { [Index in keyof Calls]: ApiResponse } {
    const hops = calls.map((call) => this.#first(call));
    const requests = calls.map((call, index) => {
      const { method, url, body } = hops[index] as Hop;
      return { method, url, body, params: this.#params(call, hops[index] as Hop, 'text') };
    });
    this.#options.beforeRequest?.();
    const responses = http.batch(requests) as ApiResponse[];
    for (const [index, call] of calls.entries()) this.#see(call, responses[index] as ApiResponse);
    const followed = calls.map((call, index) =>
      this.#follow(call, hops[index] as Hop, responses[index] as ApiResponse, 'text'),
    );
    return followed as { [Index in keyof Calls]: ApiResponse };
  }

  /** What a WebSocket needs to begin as a request of this client would. */
  socket(call: Pick<Call, 'route' | 'query' | 'token'>): { url: string; headers: Headers; tags: { name: string } } {
    const hop = this.#first({ ...call, method: 'GET' });
    return {
      url: hop.url.replace(/^http/i, 'ws'),
      headers: this.#headers({ ...call, method: 'GET' }, hop),
      tags: { name: requestName({ method: 'GET', route: call.route }) },
    };
  }

  #first(call: Call): Hop {
    return { method: call.method, url: this.#options.base_url + path(call), body: bodyOf(call) };
  }

  #follow<T extends BodyType>(call: Call, first: Hop, answer: RefinedResponse<T>, type: T): RefinedResponse<T> {
    let hop = first;
    let response = answer;
    for (let count = 0; count < MAX_REDIRECTS; count += 1) {
      const url = this.#redirect(hop.url, response);
      if (url === null) return response;
      hop = KEEPS_METHOD.includes(response.status) ? { ...hop, url } : { method: 'GET', url, body: null };
      response = this.#send(call, hop, type);
    }
    return response;
  }

  #send<T extends BodyType>(call: Call, hop: Hop, type: T): RefinedResponse<T> {
    this.#options.beforeRequest?.();
    const response = http.request(hop.method, hop.url, hop.body, this.#params(call, hop, type)) as RefinedResponse<T>;
    this.#see(call, response);
    return response;
  }

  #see({ also_expected = [] }: Call, { status }: RefinedResponse<BodyType>): void {
    const is_normal = status >= NORMAL_STATUSES.min && status <= NORMAL_STATUSES.max;
    if (!is_normal && !also_expected.includes(status)) this.#has_failed = true;
  }

  #params<T extends BodyType>(call: Call, hop: Hop, responseType: T): Params & { responseType: T } {
    return {
      headers: this.#headers(call, hop),
      tags: { name: requestName(call) },
      // k6 would follow anywhere: so redirects are followed here, by hand.
      redirects: 0,
      responseCallback: http.expectedStatuses(NORMAL_STATUSES, ...(call.also_expected ?? [])),
      responseType,
    };
  }

  #headers({ token, headers, form, text }: Call, { url, body }: Hop): Headers {
    const at_home = hostOf(url) === hostOf(this.#options.base_url);
    return {
      // k6 writes the type of a form itself, with its boundary.
      ...(typeof body === 'string' ? { 'Content-Type': form ? FORM : text === undefined ? JSON_TYPE : TEXT_TYPE } : {}),
      ...(at_home ? { ...this.#options.headers, ...headers } : {}),
      // After the extra headers: a user's token replaces the basic authentication of staging only where an app needs one.
      ...(at_home && token ? { Authorization: `Bearer ${token}` } : {}),
    };
  }

  /** @returns where to go on, or null where this response is the answer. */
  #redirect(from: string, response: RefinedResponse<BodyType>): string | null {
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

function bodyOf({ body, file, form, text }: Call): RequestBody | null {
  if (file) return { file: http.file(file.data, file.filename, file.type) };
  if (form) return encodePairs(form);
  if (text !== undefined) return text;
  return body === undefined ? null : JSON.stringify(body);
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

function encodePairs(values: Pairs): string {
  return Object.entries(values)
    .flatMap(([key, value]) => [value].flat().map((one) => `${encodeURIComponent(key)}=${encodeURIComponent(one)}`))
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
