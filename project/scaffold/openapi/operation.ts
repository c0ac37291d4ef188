import type { Method } from '../../../k6/runtime/client.ts';
import { type DraftCall, PLAIN_CALL, toLiteral, type Value } from '../draft.ts';
import { escapeSegment } from '../routes.ts';
import type { Values } from '../values.ts';
import { type Bodies, convertBody } from './body.ts';
import { type Fields, isFields, toFields, toList, toText } from './read.ts';
import type { References } from './references.ts';
import { listGiven, type Samples } from './samples.ts';
import { findCredentials } from './security.ts';
import { serializeQuery, serializeText } from './serialize.ts';
import { findServer, type Server } from './servers.ts';
import { tryUsable, Unusable } from './unusable.ts';
import { type ExampleValue, findValue, toExampleValue } from './values.ts';

/** What all operations of a description share. */
export interface Description {
  readonly document: Fields;
  /** Address of the document. */
  readonly url: string;
  readonly references: References;
  readonly samples: Samples;
  /** Writes secrets as variables. */
  readonly values: Values;
  readonly with_auth: boolean;
}

export interface Operation {
  readonly method: Method;
  readonly path: string;
  /** Of the path, without endings such as `.json`. */
  readonly segments: readonly string[];
  readonly item: Fields;
  readonly fields: Fields;
  /** Those of the operation and of its path. */
  readonly parameters: readonly Fields[];
}

const METHODS = { get: 'GET', post: 'POST', put: 'PUT', patch: 'PATCH', delete: 'DELETE' } as const;
/** OpenAPI says that these are described elsewhere. */
const DESCRIBED_ELSEWHERE = ['accept', 'content-type', 'authorization'];

/** @param leaveOut is told of each operation that cannot be read */
export function listOperations(
  { document, references }: Description,
  leaveOut: (name: string, why: Unusable) => void,
): Operation[] {
  const readable = <T>(name: string, work: () => T): T[] =>
    tryUsable(
      () => [work()],
      (why) => {
        leaveOut(name, why);
        return [];
      },
    );
  return Object.entries(toFields(document.paths)).flatMap(([path, value]) => {
    // Extensions (`x-…`) are no paths.
    if (path.startsWith('x-')) return [];
    return readable(path, () => requireFields(references.follow(value))).flatMap((item) =>
      Object.entries(METHODS).flatMap(([key, method]) => {
        if (!(key in item)) return [];
        return readable(`${method} ${path}`, () => {
          const fields = requireFields(references.follow(item[key]));
          const parameters = mergeParameters(references, [...toList(item.parameters), ...toList(fields.parameters)]);
          const [plain = ''] = path.split(/[?#]/);
          const segments = plain
            .split('/')
            .map((it) => it.replace(/\.json$/, ''))
            .filter((it) => it !== '');
          return { method, path, segments, item, fields, parameters };
        });
      }),
    );
  });
}

function requireFields(value: unknown): Fields {
  if (isFields(value)) return value;
  throw new Unusable('is empty');
}

/** Values that other operations give. */
export interface Supply extends Bodies {
  /** @returns null if no operation gives it */
  ofParameter(parameter: Fields): Value | null;
}

/** @throws Unusable if the operation cannot be called */
export function convertOperation(description: Description, operation: Operation, supply: Supply): DraftCall {
  const { document, url } = description;
  const { method, path, item, fields } = operation;
  const server = findServer(url, fields, item, document);
  requireSameHost(server, url, document);
  const credentials = findCredentials(description, fields);

  const [route = '', query = ''] = path.split('#')[0]?.split(/\?(.*)/s) ?? [];
  const call: Parts = {
    params: new Map(),
    query: new Map([...new URLSearchParams(query)].map(([key, value]) => [key, toLiteral(value)])),
    headers: new Map(),
    cookies: new Map(credentials.cookies),
  };
  for (const parameter of operation.parameters) {
    const is_required = parameter.required === true || parameter.in === 'path';
    if (is_required) addParameter(description, call, parameter, supply);
    // Many products need the id of an organisation or a project without saying so.
    else if (parameter.in === 'query' && method !== 'GET') {
      const supplied = supply.ofParameter(parameter);
      if (supplied) call.query.set(toText(parameter.name), supplied);
    }
  }
  for (const [name, value] of credentials.query) call.query.set(name, value);
  const converted_route = server.path + convertRoute(route, call.params);
  const { body, type } = convertBody(description, operation, supply);
  return {
    ...PLAIN_CALL,
    params: call.params,
    query: call.query,
    headers: new Map([
      ...(type === null ? [] : [['Content-Type', toLiteral(type)] as const]),
      ...credentials.headers,
      ...call.headers,
      ...(call.cookies.size > 0 ? [['Cookie', joinCookies(call.cookies)] as const] : []),
    ]),
    body,
    method,
    route: converted_route,
    ...findAnswer(description, fields),
  };
}

interface Parts {
  readonly params: Map<string, Value>;
  readonly query: Map<string, Value>;
  readonly headers: Map<string, Value>;
  readonly cookies: Map<string, Value>;
}

function joinCookies(cookies: ReadonlyMap<string, Value>): Value {
  const pairs = [...cookies].flatMap(([name, value], index) => [
    toLiteral(`${index === 0 ? '' : '; '}${name}=`),
    value,
  ]);
  return { kind: 'joined', parts: pairs };
}

/** A scenario has one target. */
function requireSameHost({ host }: Server, url: string, document: Fields): void {
  const main = tryUsable(
    () => findServer(url, document).host,
    () => null,
  );
  if (host !== null && main !== null && host !== main) throw new Unusable('is on another server', `: ${host}`);
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
  description: Description,
  { params, query, headers, cookies }: Parts,
  parameter: Fields,
  supply: Supply,
): void {
  const name = toText(parameter.name);
  const supplied = supply.ofParameter(parameter);
  const { values } = description;
  switch (parameter.in) {
    case 'path':
      params.set(toParamName(name), supplied ?? serializeText(parameter, findPathValue(description, parameter)));
      return;
    case 'query':
      // An example of a key opens nothing.
      if (!supplied && values.isSecret(name, 'example')) query.set(name, values.toVariable(name));
      else if (supplied) query.set(name, supplied);
      else
        for (const [key, value] of serializeQuery(parameter, findOrMake(description, parameter))) query.set(key, value);
      return;
    case 'header':
      if (name.toLowerCase() === 'authorization' && description.with_auth) headers.set(name, values.toVariable(name));
      else if (name.toLowerCase() === 'authorization')
        throw new Unusable('needs authentication (left out by --without-auth)');
      else if (DESCRIBED_ELSEWHERE.includes(name.toLowerCase())) addGiven(description, headers, parameter);
      else if (values.isSecret(name, 'example')) headers.set(name, values.toVariable(name));
      else headers.set(name, supplied ?? serializeText(parameter, findOrMake(description, parameter)));
      return;
    case 'cookie':
      if (values.isSecret(name, 'example')) cookies.set(name, values.toVariable(name));
      else cookies.set(name, supplied ?? serializeText(parameter, findOrMake(description, parameter)));
      return;
  }
}

/** Adds a header for which the description has a value. */
function addGiven({ references }: Description, headers: Map<string, Value>, parameter: Fields): void {
  const value = tryUsable<Value | null>(
    () => serializeText(parameter, findValue(parameter, references)),
    () => null,
  );
  if (value) headers.set(toText(parameter.name), value);
}

/** What the description gives, or else what its schema allows. @throws Unusable */
function findOrMake({ references, samples }: Description, parameter: Fields): ExampleValue {
  return tryUsable<ExampleValue>(
    () => findValue(parameter, references),
    (why) => {
      const [[, media] = []] = Object.entries(toFields(parameter.content));
      const made = samples.sample(parameter.schema ?? toFields(media).schema ?? parameter);
      return toExampleValue(parameter, made) ?? fail(why);
    },
  );
}

function fail(why: Unusable): never {
  throw why;
}

/** A path names things that exist, so a text from nowhere finds nothing. Only what is bounded may be made. */
function findPathValue(description: Description, parameter: Fields): ExampleValue {
  const schema = description.samples.flatten(parameter.schema ?? parameter);
  const { format, pattern, minimum, maximum, type } = schema;
  const is_bounded = minimum !== undefined || maximum !== undefined || pattern !== undefined || type === 'boolean';
  const is_id = format === 'uuid' || format === undefined || /^u?int\d+$/.test(toText(format));
  if (is_bounded || !is_id) return findOrMake(description, parameter);
  return findValue(parameter, description.references);
}

/** Whether the description says which values a parameter of a path can have at all. */
export function isEnumerated({ samples }: Description, parameter: Fields): boolean {
  const schema = samples.flatten(parameter.schema ?? parameter);
  return (
    toList(schema.enum).length > 0 ||
    schema.const !== undefined ||
    (schema.type === 'boolean' && listGiven(schema).length >= 0)
  );
}

export function toParamName(name: string): string {
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
  const answers = good.map(([, response]) => followed(references, response));
  const in_content = answers.map(({ content }) => Object.keys(toFields(content)));
  const has_content = in_content.some((types) => types.length > 0);
  if (has_content && in_content.some((types) => types.length === 0)) return [];
  // In Swagger 2, an answer without a schema is empty.
  const is_described = answers.some(({ schema }) => schema !== undefined);
  const types = has_content
    ? in_content.flat()
    : is_described
      ? toList(produces).filter((it) => typeof it === 'string')
      : [];
  return [...new Set(types.map((type) => (type.split(';')[0] ?? '').trim().toLowerCase()))];
}

/** A response that is described elsewhere may still be asked for: its type is not checked. */
function followed(references: References, response: unknown): Fields {
  return tryUsable(
    () => toFields(references.follow(response)),
    () => ({}),
  );
}
