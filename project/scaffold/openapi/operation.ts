import { type DraftCall, PLAIN_CALL, toLiteral, type Value } from '../draft.ts';
import { escapeSegment } from '../routes.ts';
import type { Values } from '../values.ts';
import { type Fields, isFields, toFields, toList, toText } from './read.ts';
import type { References } from './references.ts';
import { serializeQuery, serializeText } from './serialize.ts';
import { findServer, type Server } from './servers.ts';
import { tryUsable, Unusable } from './unusable.ts';
import { describeParameter, findValue } from './values.ts';

/** What all operations of a description share. */
export interface Description {
  readonly document: Fields;
  readonly references: References;
  /** Writes secrets as variables. */
  readonly values: Values;
  readonly with_auth: boolean;
}

const AUTHENTICATION = 'needs authentication (--with-auth keeps it)';
/** OpenAPI says that these are described elsewhere. */
const DESCRIBED_ELSEWHERE = ['accept', 'content-type', 'authorization'];

/** @returns null for a path without a GET. @throws Unusable if it cannot be called */
export function convertGet(description: Description, path: string, item: unknown): DraftCall | null {
  const { document, references, with_auth } = description;
  const described = references.follow(item);
  if (!isFields(described)) throw new Unusable('is empty');
  if (!('get' in described)) return null;
  const operation = references.follow(described.get);
  if (!isFields(operation)) throw new Unusable('is empty');
  if (!with_auth && needsAuth(document, operation)) throw new Unusable(AUTHENTICATION);
  const server = findServer(operation, described, document);
  requireSameHost(server, document);

  const [route = '', query = ''] = path.split('#')[0]?.split(/\?(.*)/s) ?? [];
  const call = {
    params: new Map<string, Value>(),
    query: new Map<string, Value>([...new URLSearchParams(query)].map(([key, value]) => [key, toLiteral(value)])),
    headers: new Map<string, Value>(),
  };
  const parameters = mergeParameters(references, [...toList(described.parameters), ...toList(operation.parameters)]);
  for (const parameter of parameters) {
    if (parameter.required === true || parameter.in === 'path') addParameter(description, call, parameter);
  }
  return {
    ...PLAIN_CALL,
    ...call,
    method: 'GET',
    route: server.path + convertRoute(route, call.params),
    ...findAnswer(description, operation),
  };
}

/** Security of the operation, or else of the document. A requirement without schemes needs nothing. */
function needsAuth(document: Fields, operation: Fields): boolean {
  const requirements = toList(operation.security ?? document.security);
  return requirements.length > 0 && requirements.every((it) => Object.keys(toFields(it)).length > 0);
}

/** A scenario has one target. */
function requireSameHost({ host }: Server, document: Fields): void {
  const main = findMainHost(document);
  if (host !== null && main !== null && host !== main) throw new Unusable('is on another server', `: ${host}`);
}

function findMainHost(document: Fields): string | null {
  return tryUsable(
    () => findServer(document).host,
    () => null,
  );
}

/** Parameters of the operation override those of its path. @throws Unusable for one that is not described */
function mergeParameters(references: References, values: readonly unknown[]): Fields[] {
  const parameters = values.map((value) => {
    const parameter = references.follow(value);
    if (isFields(parameter) && typeof parameter.name === 'string' && typeof parameter.in === 'string') return parameter;
    throw new Unusable('has a parameter without a name or a place');
  });
  return [...new Map(parameters.map((parameter) => [`${parameter.in} ${parameter.name}`, parameter])).values()];
}

function addParameter(
  { references, values, with_auth }: Description,
  { params, query, headers }: { params: Map<string, Value>; query: Map<string, Value>; headers: Map<string, Value> },
  parameter: Fields,
): void {
  const name = toText(parameter.name);
  switch (parameter.in) {
    case 'path':
      params.set(toParamName(name), serializeText(parameter, findValue(parameter, references)));
      return;
    case 'query':
      for (const [key, value] of serializeQuery(parameter, findValue(parameter, references))) query.set(key, value);
      return;
    case 'header':
      if (name.toLowerCase() === 'authorization' && !with_auth) throw new Unusable(AUTHENTICATION);
      if (DESCRIBED_ELSEWHERE.includes(name.toLowerCase())) return;
      // An example of a key opens nothing.
      if (values.isSecret(name, 'example')) headers.set(name, values.toVariable(name));
      else headers.set(name, serializeText(parameter, findValue(parameter, references)));
      return;
    default:
      throw new Unusable('needs a parameter that the client cannot send', `: ${describeParameter(parameter)}`);
  }
}

function toParamName(name: string): string {
  return name.replace(/\W/g, '_');
}

/** `/items/{item-id}` → `/items/:item_id` */
function convertRoute(path: string, params: ReadonlyMap<string, Value>): string {
  const parts = path.split(/(\{[^{}]*\})/).map((part, index, all) => {
    if (!part.startsWith('{')) return encodePath(part);
    const name = toParamName(part.slice(1, -1));
    if (!params.has(name)) throw new Unusable('does not describe', ` \`${name}\``);
    // A parameter of a route ends with the word.
    if (/^\w/.test(all[index + 1] ?? '')) throw new Unusable('has text right after', ` \`${name}\``);
    return `:${name}`;
  });
  const route = parts.join('');
  return route.startsWith('/') ? route : `/${route}`;
}

function encodePath(text: string): string {
  // Lone surrogates are no text.
  return encodeURI(text.replace(/\p{Surrogate}/gu, '\uFFFD'))
    .split('/')
    .map(escapeSegment)
    .join('/');
}

/** The documented successful responses. @throws Unusable for an answer that does not end */
function findAnswer({ document, references }: Description, operation: Fields): Pick<DraftCall, 'statuses' | 'types'> {
  const good = Object.entries(toFields(operation.responses)).filter(([status]) => /^2(\d\d|XX)$/i.test(status));
  const statuses = good.map(([status]) => Number(status));
  const types = findTypes(references, good, operation.produces ?? document.produces);
  if (types.some((type) => type.includes('event-stream'))) throw new Unusable('is a stream that does not end');
  return {
    statuses: statuses.length > 0 && statuses.every(Number.isInteger) ? statuses : 'any 2xx',
    types: types.some((type) => type.includes('*')) ? [] : types,
  };
}

/** @param produces of Swagger 2. @returns [] if a good answer may have another type, or none */
function findTypes(references: References, good: readonly [string, unknown][], produces: unknown): string[] {
  if (good.some(([status]) => status === '204' || status === '205')) return [];
  const in_content = good.map(([, response]) => Object.keys(toFields(followed(references, response).content)));
  const has_content = in_content.some((types) => types.length > 0);
  if (has_content && in_content.some((types) => types.length === 0)) return [];
  const types = has_content ? in_content.flat() : toList(produces).filter((it) => typeof it === 'string');
  return [...new Set(types.map((type) => (type.split(';')[0] ?? '').trim().toLowerCase()))];
}

/** A response that is described elsewhere may still be asked for: its type is not checked. */
function followed(references: References, response: unknown): Fields {
  return tryUsable(
    () => toFields(references.follow(response)),
    () => ({}),
  );
}
