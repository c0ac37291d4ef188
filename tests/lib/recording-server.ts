/**
 * A server made from a recording (HAR), apart from the code that makes scenarios. It answers as recorded, but what is
 * dynamic is fresh each time: it issues new values where the recording's answers held them, and refuses old ones. For tests.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';

// biome-ignore lint/suspicious/noExplicitAny: a recording is looked at without its types, apart from the importer.
type Json = any;

/** A value of the recording that the app makes up: a token, an id, a session. */
export interface Dynamic {
  /** As the recording has it. */
  readonly value: string;
  /** What stands before it where it means this, such as `/orders/`; else every place that holds it as a word. */
  readonly after?: readonly string[];
}

export interface RecordingServer {
  readonly url: string;
  /** Requests that it refused: what, and why. */
  readonly refused: readonly string[];
  readonly accepted: readonly string[];
  close(): Promise<void>;
}

/** A secret that the team sets: the recording's is not known to the scenario. */
const SECRET = /value-of-[A-Z0-9_]+/;
/** What a browser sends for itself, and a load generator need not. */
const COMPARED_HEADERS = /^(authorization|content-type|x-(?!forwarded|client-data|devtools)[\w-]+)$/;
const NOT_SENT =
  /^(:.*|content-(length|encoding)|transfer-encoding|connection|keep-alive|date|set-cookie|location|alt-svc|strict-transport-security|trailer|upgrade)$/i;
const NO_BODY = [204, 304];

/** @param entries of `log.entries`. @param host whose requests are answered. @param dynamics what is fresh each time */
export async function startRecordingServer(
  entries: readonly Json[],
  host: string,
  dynamics: readonly Dynamic[] = findDynamics(entries, host),
): Promise<RecordingServer> {
  // Of requests that were recorded alone, nothing is known but the request.
  const is_alone = entries.every((it) => !it?.response);
  const own = entries
    .filter((it) => isOf(it, host) && (is_alone || it.response?.status > 0))
    .map((it) => (is_alone ? { ...it, response: { status: 200 } } : it));
  const refused: string[] = [];
  const accepted: string[] = [];
  /** What the recorded values are at the moment. */
  const fresh = new Map<Dynamic, string>();
  /** The entry whose answer brings a value first. */
  const issued_by = new Map(
    dynamics.map((dynamic) => [dynamic, own.find((it) => holds(answerOf(it), dynamic))] as const),
  );
  /** How often each entry was answered: of equal requests, each has its turn. */
  const answered = new Map<Json, number>();
  let count = 0;

  const current = (text: string) => replaceAll(text, dynamics, (it) => fresh.get(it) ?? it.value);

  function issue(entry: Json): void {
    for (const dynamic of dynamics.filter((it) => issued_by.get(it) === entry)) {
      count += 1;
      fresh.set(dynamic, vary(dynamic.value, count));
    }
  }

  function answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    const name = `${request.method} ${request.url}`;
    const url = new URL(request.url ?? '/', 'http://server');
    const same_path = own.filter(
      (it) =>
        it.request.method === request.method && isSameText(url.pathname, current(new URL(it.request.url).pathname)),
    );
    if (same_path.length === 0) {
      refuse(response, name, 404, 'no such request was recorded');
      return;
    }
    const problems = same_path.map((it) => ({ entry: it, problem: findProblem(it, url, request, body) }));
    const fitting = problems.filter(({ problem }) => problem === null).map(({ entry }) => entry);
    const [entry] = fitting.sort((a, b) => (answered.get(a) ?? 0) - (answered.get(b) ?? 0));
    if (!entry) {
      refuse(response, name, 403, problems.map(({ problem }) => problem).join(' | '));
      return;
    }
    answered.set(entry, (answered.get(entry) ?? 0) + 1);
    issue(entry);
    accepted.push(name);
    send(entry, request.headers.host ?? '', response);
  }

  function refuse(response: ServerResponse, name: string, status: number, why: string): void {
    refused.push(`${name}: ${status} ${why}`);
    response.writeHead(status).end();
  }

  /** @returns null for a request that is the recorded one, with what is valid now */
  function findProblem(entry: Json, url: URL, request: IncomingMessage, body: string): string | null {
    const recorded = new URL(entry.request.url);
    // Some programs write the query beside the address only.
    if (recorded.search === '')
      for (const { name, value } of listOf(entry.request.queryString)) recorded.searchParams.append(name, value);
    const wanted = sortedPairs(recorded.searchParams).map(([key, value]) => [key, current(value)] as const);
    const sent = sortedPairs(url.searchParams);
    if (
      wanted.length !== sent.length ||
      wanted.some(([key, value], at) => sent[at]?.[0] !== key || !isSameText(sent[at][1], value))
    )
      return `query ${JSON.stringify(sent)} instead of ${JSON.stringify(wanted)}`;
    for (const { name, value } of entry.request.headers ?? []) {
      const key = String(name).toLowerCase();
      if (!COMPARED_HEADERS.test(key) || typeof value !== 'string' || value === '') continue;
      // Of credentials, only those that an answer of the recording brought are known to a scenario.
      if (key === 'authorization' && !dynamics.some((it) => holds(value, it))) continue;
      if (!isSameType(key, String(request.headers[key] ?? ''), current(value)))
        return `header ${key}: ${request.headers[key]} instead of ${current(value)}`;
    }
    const cookies = cookiesOf(request.headers.cookie ?? '');
    for (const [key, value] of recordedCookies(entry)) {
      if (dynamics.some((it) => holds(value, it) && fresh.has(it)) && cookies.get(key) !== current(value))
        return `cookie ${key}: ${cookies.get(key)} instead of ${current(value)}`;
    }
    const given = bodyOf(entry.request);
    const parts = entry.request.postData?.text ? [] : listOf(entry.request.postData?.params);
    // Of a form whose text was not recorded, the server knows the parts.
    if (parts.length > 0 && /multipart/i.test(request.headers['content-type'] ?? '')) {
      const missing = parts.find(
        (it) => !body.includes(`name="${it.name}"`) || (!/^data:/.test(it.value) && !body.includes(current(it.value))),
      );
      return missing ? `part ${missing.name} is not in the body ${body.slice(0, 300)}` : null;
    }
    const type = headerOf(entry.request, 'content-type') || entry.request.postData?.mimeType || '';
    return isSameBody(type, body, given, current)
      ? null
      : `body ${body.slice(0, 300)} instead of ${current(given).slice(0, 300)}`;
  }

  function send(entry: Json, own_host: string, response: ServerResponse): void {
    const { status, content } = entry.response;
    for (const { name, value } of entry.response.headers ?? []) {
      if (!NOT_SENT.test(name) && typeof value === 'string') setSafely(response, name, current(value));
    }
    const cookies = setCookies(entry).map((line) =>
      current(line).replace(/;\s*(domain=[^;]*|secure|samesite=[^;]*)/gi, ''),
    );
    if (cookies.length > 0) response.setHeader('Set-Cookie', cookies);
    const location = headerOf(entry.response, 'location') || entry.response.redirectURL;
    if (location)
      response.setHeader(
        'Location',
        current(location).replace(new RegExp(`^https?://${escapeText(host)}`, 'i'), `http://${own_host}`),
      );
    if (content?.mimeType && !response.hasHeader('Content-Type')) setSafely(response, 'Content-Type', content.mimeType);
    const bytes = Buffer.from(content?.text ?? '', content?.encoding === 'base64' ? 'base64' : 'utf8');
    response.writeHead(status === 304 ? 200 : status);
    response.end(NO_BODY.includes(status) ? '' : Buffer.from(current(bytes.toString('latin1')), 'latin1'));
  }

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(request, Buffer.concat(parts).toString('utf8'), response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    accepted,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/**
 * What is dynamic, by brute force: every random-looking word of a request that an earlier answer holds, and that no
 * request had sent before that answer. Files of programs and styles hold constants.
 */
export function findDynamics(entries: readonly Json[], host: string): Dynamic[] {
  const own = entries.filter((it) => isOf(it, host) && it.response?.status > 0 && it.response.status < 400);
  const is_program = (it: Json) => /javascript|css|font|image/.test(it.response?.content?.mimeType ?? '');
  const found = new Map<string, Dynamic>();
  for (const [index, entry] of own.entries()) {
    if (is_program(entry)) continue;
    for (const [value] of requestOf(entry).matchAll(/[A-Za-z0-9_-]{8,}/g)) {
      if (found.has(value) || !/\d/.test(value) || !(/[A-Za-z]/.test(value) || value.length >= 10)) continue;
      if (/^\d{4}-\d\d-\d\d/.test(value) || /^boundary|^-{4,}|WebKitForm/i.test(value)) continue;
      const source = own.findIndex((it) => !is_program(it) && holds(answerOf(it), { value }));
      const sent = own.findIndex((it) => holds(requestOf(it), { value }));
      if (source >= 0 && source < index && source < sent) found.set(value, { value });
    }
  }
  return [...found.values()].sort((a, b) => b.value.length - a.value.length);
}

function isOf(entry: Json, host: string): boolean {
  const url = entry?.request?.url ?? '';
  return URL.canParse(url) && new URL(url).host === host;
}

/** All that an answer says, as text. */
function answerOf({ response }: Json): string {
  const { text = '', encoding } = response.content ?? {};
  const body = encoding === 'base64' ? Buffer.from(text, 'base64').toString('latin1') : text;
  const headers = listOf(response.headers).map((it) => `${it.name}: ${it.value}`);
  return [...headers, response.redirectURL ?? '', ...listOf(response.cookies).map((it) => it.value), body].join('\n');
}

/** All that a request says of the journey, as text. */
function requestOf({ request }: Json): string {
  const url = new URL(request.url);
  const headers = listOf(request.headers).filter((it) => COMPARED_HEADERS.test(String(it.name).toLowerCase()));
  return [
    decodeSafely(url.pathname + url.search),
    ...headers.map((it) => it.value),
    decodeSafely(bodyOf(request)),
  ].join('\n');
}

function bodyOf({ postData }: Json): string {
  if (postData?.text) return postData.text;
  return new URLSearchParams(
    listOf(postData?.params).map((it) => [String(it.name), String(it.value ?? '')] as [string, string]),
  ).toString();
}

function holds(text: string, dynamic: Dynamic): boolean {
  return expressionOf(dynamic).test(text);
}

function replaceAll(text: string, dynamics: readonly Dynamic[], by: (dynamic: Dynamic) => string): string {
  return dynamics.reduce((all, it) => all.replace(new RegExp(expressionOf(it), 'g'), () => by(it)), text);
}

/** A value is a whole word: `17` is not in `170`. */
function expressionOf({ value, after = [''] }: Dynamic): RegExp {
  return new RegExp(`(?<=${after.map(escapeText).join('|')})(?<![A-Za-z0-9])${escapeText(value)}(?![A-Za-z0-9])`);
}

/** Another value of the same form. */
function vary(value: string, count: number): string {
  const mark = String(count).padStart(4, '0').slice(-4);
  if (/^\d+$/.test(value)) return String(Number(value.slice(0, 15)) + 100 + count);
  const places = [...value].flatMap((it, at) => (/[0-9a-f]/i.test(it) ? [at] : [])).slice(-mark.length);
  const digits = mark.slice(-places.length);
  return [...value].map((it, at) => (places.includes(at) ? digits[places.indexOf(at)] : it)).join('');
}

function isSameText(sent: string, wanted: string): boolean {
  if (sent === wanted || decodeSafely(sent) === decodeSafely(wanted)) return true;
  if (!SECRET.test(sent)) return false;
  const [start = '', ...rest] = sent.split(SECRET);
  return wanted.startsWith(start) && wanted.endsWith(rest.at(-1) ?? '');
}

/** UTF-8 is what everybody writes. */
function isSameType(name: string, sent: string, wanted: string): boolean {
  const plain = (text: string) =>
    name === 'content-type'
      ? text
          .toLowerCase()
          .replace(/;\s*charset=.*$/, '')
          .trim()
      : text;
  return isSameText(plain(sent), plain(wanted));
}

function isSameBody(type: string, sent: string, recorded: string, current: (text: string) => string): boolean {
  const wanted = current(recorded);
  if (/urlencoded/i.test(type)) {
    const [a, b] = [new URLSearchParams(sent), new URLSearchParams(recorded)].map(sortedPairs);
    return (
      a?.length === b?.length &&
      (a ?? []).every(([key, value], at) => b?.[at]?.[0] === key && isSameText(value, current(b[at][1])))
    );
  }
  const [given, expected] = [parse(sent), parse(wanted)];
  if (given !== undefined && expected !== undefined) return isSameValue(given, expected);
  return isSameText(sent, wanted) || sent.replaceAll('\r\n', '\n') === wanted.replaceAll('\r\n', '\n');
}

function isSameValue(sent: Json, wanted: Json): boolean {
  if (typeof sent === 'string' && typeof wanted === 'string') return isSameText(sent, wanted);
  if (typeof sent === 'string' && SECRET.test(sent)) return true;
  if (typeof sent !== 'object' || sent === null || typeof wanted !== 'object' || wanted === null)
    return isDeepStrictEqual(sent, wanted);
  const keys = Object.keys(wanted);
  return keys.length === Object.keys(sent).length && keys.every((key) => isSameValue(sent[key], wanted[key]));
}

function sortedPairs(params: URLSearchParams): [string, string][] {
  return [...params].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function recordedCookies({ request }: Json): Map<string, string> {
  const pairs = listOf(request.cookies).map((it) => [it.name, it.value] as const);
  return new Map([...pairs, ...cookiesOf(headerOf(request, 'cookie'))]);
}

function cookiesOf(header: string): Map<string, string> {
  const pairs = header.split(/;\s*/).filter((it) => it.includes('='));
  return new Map(pairs.map((it) => [it.slice(0, it.indexOf('=')), it.slice(it.indexOf('=') + 1)]));
}

function setCookies({ response }: Json): string[] {
  const lines = listOf(response.headers)
    .filter((it) => /^set-cookie$/i.test(it.name))
    .flatMap((it: Json) => String(it.value).split('\n'));
  return lines.length > 0 ? lines : listOf(response.cookies).map((it) => `${it.name}=${it.value}; Path=/`);
}

/** Some programs write an object, or nothing. */
function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter((it) => it) : [];
}

function headerOf(message: Json, name: string): string {
  return listOf(message.headers).find((it) => String(it.name).toLowerCase() === name)?.value ?? '';
}

/** A recorded header may hold what HTTP does not allow. */
function setSafely(response: ServerResponse, name: string, value: string): void {
  try {
    response.setHeader(name, value);
  } catch {
    // Nobody could have sent it.
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    return text;
  }
}

function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
