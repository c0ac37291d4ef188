import http, { type Params, type RefinedResponse, type RequestBody } from 'k6/http';
import { RUN_TAGS } from '../../contract/k6-metrics.ts';
import { requestName } from '../../contract/request-name.ts';
import { hostAllowed } from '../../profiles/hosts.ts';
import { encodeMultipart, type Parts, type Upload } from './multipart.ts';

/** Any method that HTTP has, in capitals. */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | (string & {});
/** A response of k6, with its body as text. https://grafana.com/docs/k6/latest/javascript-api/k6-http/response/ */
export type ApiResponse = RefinedResponse<'text'>;
type BodyType = 'text' | 'binary';

type PairValue = string | number | boolean;
/** Keys and values of a query or a form. A list sends its key once for each item. */
export type Pairs = Readonly<Record<string, PairValue | readonly PairValue[]>>;

/** A request. At most one of `body`, `form`, `multipart`, `file`, `text` and `bytes` is its body. */
export interface Call {
  /** Method, in capitals. */
  readonly method: Method;
  /** Route pattern, as `/api/appointments/:id`. With the method it is the request's name, so that no id becomes a series. */
  readonly route: string;
  /** Values for the `:parameters` of the route. */
  readonly params?: Readonly<Record<string, string>>;
  /** Added to the address. A list sends its key several times. */
  readonly query?: Pairs;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as a form (application/x-www-form-urlencoded). */
  readonly form?: Pairs;
  /** Sent as a multipart form: fields and files with any names, in this order. A list sends its name several times. */
  readonly multipart?: Parts;
  /** Sent as the only field, `file`, of a multipart form. */
  readonly file?: Upload;
  /** Sent as it is, as text/plain unless the header Content-Type names another type. */
  readonly text?: string;
  /** Sent as they are, as application/octet-stream unless the header Content-Type names another type. */
  readonly bytes?: ArrayBuffer;
  /** Headers of this request. They go to the target's own host alone. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bearer token of the header Authorization. It goes to the target's own host alone. */
  readonly token?: string;
  /** Statuses besides 200–399 that are a business outcome: not counted by `http_req_failed`. */
  readonly also_expected?: readonly number[];
  /** Seconds until the request fails without an answer. Default: 60, as k6's. */
  readonly timeout_s?: number;
  /** Tags of the samples of this request, for thresholds and queries. Use few values: each combination is a series. */
  readonly tags?: Readonly<Record<string, string>>;
}

type Headers = Record<string, string>;

/** One request of a chain of redirects. */
interface Hop {
  readonly method: Method;
  readonly url: string;
  readonly body: RequestBody | null;
  /** Of the body; null: none, or k6 writes it itself, with its boundary. */
  readonly content_type: string | null;
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
const BYTES_TYPE = 'application/octet-stream';
const MS_PER_S = 1_000;
/** Samples with other values of these would be of no run, or of no request. */
const OWN_TAGS: readonly string[] = [...Object.values(RUN_TAGS), 'name', 'scenario'];

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

  /** Makes a request, and follows its redirects within the allowed hosts. @returns the last answer */
  request(call: Call): ApiResponse {
    const hop = this.#first(call);
    return this.#follow(call, hop, this.#send(call, hop, 'text'), 'text');
  }

  /** Makes a request whose answer is no text. @returns the last answer, with its body as an ArrayBuffer */
  download(call: Call): RefinedResponse<'binary'> {
    const hop = this.#first(call);
    return this.#follow(call, hop, this.#send(call, hop, 'binary'), 'binary');
  }

  /** Makes requests in parallel, as a browser asks for the parts of a page. @returns the answers in the order of the calls */
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

  /** Prepares a WebSocket that begins as a request of this client would. @returns address, headers and tags for k6 */
  socket(call: Pick<Call, 'route' | 'query' | 'token'>): { url: string; headers: Headers; tags: { name: string } } {
    const hop = this.#first({ ...call, method: 'GET' });
    return {
      url: hop.url.replace(/^http/i, 'ws'),
      headers: this.#headers(call, hop),
      tags: { name: requestName({ method: 'GET', route: call.route }) },
    };
  }

  #first(call: Call): Hop {
    return { method: call.method, url: this.#options.base_url + path(call), ...bodyOf(call) };
  }

  #follow<T extends BodyType>(call: Call, first: Hop, answer: RefinedResponse<T>, type: T): RefinedResponse<T> {
    let hop = first;
    let response = answer;
    for (let count = 0; count < MAX_REDIRECTS; count += 1) {
      const url = this.#redirect(hop.url, response);
      if (url === null) return response;
      hop = KEEPS_METHOD.includes(response.status) ? { ...hop, url } : withoutBody(hop.method, url);
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

  #params(call: Call, hop: Hop, type: BodyType): Params {
    return {
      headers: this.#headers(call, hop),
      tags: tagsOf(call),
      ...(call.timeout_s === undefined ? {} : { timeout: `${call.timeout_s * MS_PER_S}ms` }),
      // k6 would follow anywhere: so redirects are followed here, by hand.
      redirects: 0,
      responseCallback: http.expectedStatuses(NORMAL_STATUSES, ...(call.also_expected ?? [])),
      // Text is k6's own default, which the script's option discardResponseBodies changes.
      ...(type === 'text' ? {} : { responseType: type }),
    };
  }

  #headers({ token, headers }: Pick<Call, 'token' | 'headers'>, { url, content_type }: Hop): Headers {
    const at_home = hostOf(url) === hostOf(this.#options.base_url);
    return {
      ...(content_type === null ? {} : { 'Content-Type': content_type }),
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

const BODIES = ['body', 'form', 'multipart', 'file', 'text', 'bytes'] as const satisfies readonly (keyof Call)[];

/** @throws Error for two bodies: one of them would be lost */
function bodyOf(call: Call): Pick<Hop, 'body' | 'content_type'> {
  const given = BODIES.filter((name) => call[name] !== undefined);
  if (given.length > 1) throw new Error(`expected one body for ${requestName(call)}, found ${given.join(' and ')}`);
  const { body, form, multipart, file, text, bytes } = call;
  if (file) return { body: { file: http.file(file.data, file.filename, file.type) }, content_type: null };
  if (multipart) return encodeMultipart(multipart);
  if (form) return { body: encodePairs(form), content_type: FORM };
  if (text !== undefined) return { body: text, content_type: TEXT_TYPE };
  if (bytes !== undefined) return { body: bytes, content_type: BYTES_TYPE };
  if (body === undefined) return { body: null, content_type: null };
  return { body: JSON.stringify(body), content_type: JSON_TYPE };
}

/** A HEAD stays one, as in Go's client, and so in k6's. */
function withoutBody(method: Method, url: string): Hop {
  return { method: method === 'HEAD' ? 'HEAD' : 'GET', url, body: null, content_type: null };
}

/** @throws Error for a tag that Loadstar sets itself */
function tagsOf(call: Call): Record<string, string> {
  const own = Object.keys(call.tags ?? {}).find((tag) => OWN_TAGS.includes(tag));
  if (own) throw new Error(`expected tags of your own for ${requestName(call)}, found \`${own}\`, which Loadstar sets`);
  return { ...call.tags, name: requestName(call) };
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
