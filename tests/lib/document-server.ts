/**
 * A server made from an API description, apart from the code that makes scenarios: it validates requests with ajv, keeps
 * what is created, and answers 404 for an id that it has not given out. For tests.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';

// biome-ignore lint/suspicious/noExplicitAny: a description is looked at without its types, apart from the importer.
type Json = any;

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly type?: string;
  readonly location?: string;
  readonly why?: string;
}

interface Route {
  readonly method: string;
  readonly template: readonly string[];
  readonly item: Json;
  readonly operation: Json;
}

export interface DocumentServer {
  readonly url: string;
  /** Requests that it refused: what, and why. */
  readonly refused: readonly string[];
  readonly accepted: readonly string[];
  /** Things that were created and not deleted. */
  readonly left: readonly string[];
  close(): Promise<void>;
}

const BODY_TYPE = 'application/json';
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const DEEPEST = 6;

/** @param document with references inside of it only. @param base path of its server */
export async function startDocumentServer(document: Json, base = ''): Promise<DocumentServer> {
  const ajv = makeAjv(document);

  const refused: string[] = [];
  const accepted: string[] = [];
  /** Texts that were given out or taken as ids, by the address of their collection. */
  const things = new Map<string, Set<string>[]>();
  const created = new Map<Set<string>, string>();
  let count = 1000;

  const follow = (value: Json): Json => {
    let found = value;
    for (let step = 0; typeof found?.$ref === 'string' && step < 50; step += 1) {
      const parts = decodeURIComponent(found.$ref).slice(2).split('/');
      found = parts.reduce((place, part) => place?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);
    }
    return found;
  };
  const routes = listRoutes(document, base, follow);
  const collectionExists = (template: readonly string[]) =>
    routes.some((it) => ['post', 'get'].includes(it.method) && sameTemplate(it.template, template));

  /** A value of the schema, with fresh texts and numbers as ids. */
  const make = (schema: Json, given: Json, depth = 0): Json => {
    const flat = follow(schema) ?? {};
    const parts = (flat.allOf ?? []).map((it: Json) => make(it, given, depth));
    if (depth > DEEPEST) return null;
    const [branch] = [...(flat.oneOf ?? []), ...(flat.anyOf ?? [])];
    if (branch) parts.push(make(branch, given, depth));
    if (flat.items) return [make(flat.items, given, depth + 1)];
    if (flat.properties) {
      const own = Object.entries<Json>(flat.properties).map(([name, property]) => {
        const sent = given && typeof given === 'object' ? given[name] : undefined;
        return [name, sent !== undefined && typeof sent !== 'object' ? sent : make(property, sent, depth + 1)];
      });
      return Object.assign(
        {},
        ...parts.filter((it: Json) => it && typeof it === 'object' && !Array.isArray(it)),
        Object.fromEntries(own),
      );
    }
    const objects = parts.filter((it: Json) => it && typeof it === 'object' && !Array.isArray(it));
    if (parts.length > 0) return objects.length > 0 ? Object.assign({}, ...objects) : (parts[0] ?? null);
    const [type] = [flat.type].flat();
    count += 1;
    if (flat.enum) return flat.enum[0];
    if (type === 'integer' || type === 'number') return count;
    if (type === 'boolean') return true;
    if (type === 'object') return {};
    const [text] = flat.pattern
      ? fc.sample(fc.stringMatching(new RegExp(flat.pattern)), { seed: count, numRuns: 1 })
      : [];
    if (text !== undefined) return text;
    // An id of digits stays one, where the text is also a number of a path.
    if (/^\d+$/.test(String(flat.example ?? ''))) return String(count);
    return flat.format === 'uuid'
      ? `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`
      : `t${count}`.padEnd(flat.minLength ?? 0, '0');
  };

  function check(schema: Json, value: unknown, what: string): string | null {
    let validate: ValidateFunction;
    try {
      validate = ajv.compile(local(adapt(schema)));
    } catch {
      // A schema that ajv cannot compile says nothing.
      return null;
    }
    return validate(value) ? null : `${what}: ${ajv.errorsText(validate.errors)}`;
  }

  function answer(request: IncomingMessage, text: string): Answer {
    const url = new URL(request.url ?? '/', 'http://server');
    const segments = url.pathname.split('/').slice(1).map(decodeURIComponent);
    const found = findRoute(routes, (request.method ?? '').toLowerCase(), segments);
    if (!found) return { status: 404, why: 'no such operation' };
    const { route, params } = found;
    const { operation, item } = route;

    const requirements: Json[] = operation.security ?? document.security ?? [];
    if (requirements.length > 0 && !requirements.some((it) => isLetIn(it, request, url)))
      return { status: 401, why: 'not logged in' };

    for (const raw of [...(item.parameters ?? []), ...(operation.parameters ?? [])]) {
      const parameter = follow(raw) ?? {};
      const problem = checkParameter(parameter, params, url, request, text);
      if (problem) return { status: 400, why: problem };
    }
    const problem = checkBody(operation, request, text);
    if (problem) return { status: 400, why: problem };

    for (const [index, segment] of route.template.entries()) {
      const collection = route.template.slice(0, index);
      if (!/^\{[^{}]+\}$/.test(segment) || !collectionExists(collection) || isGiven(route, segment)) continue;
      const own = things.get(segments.slice(0, index).join('/')) ?? [];
      // `PUT /messages/pins/{message_id}` adds a message that `/messages` knows.
      const known = route.method === 'put' && index === segments.length - 1 ? [...own, ...itemsCalled(segment)] : own;
      if (!known.some((it) => it.has(segments[index] ?? '')))
        return { status: 404, why: `unknown ${segment} ${segments[index]}` };
    }
    if (route.method === 'put') {
      const parent = segments.slice(0, -1).join('/');
      things.set(parent, [...(things.get(parent) ?? []), new Set([segments.at(-1) ?? ''])]);
    }
    return act(route, segments, text);
  }

  function itemsCalled(segment: string): Set<string>[] {
    const collections = routes
      .filter(({ template }) => template.at(-1) === segment)
      .map((it) => it.template.slice(0, -1));
    return [...things].flatMap(([at, items]) =>
      collections.some(
        (it) =>
          it.length === at.split('/').length &&
          it.every((part, nth) => part.startsWith('{') || part === at.split('/')[nth]),
      )
        ? items
        : [],
    );
  }

  /** An enumeration, or an example where no operation lists or creates such things. */
  function isGiven(route: Route, segment: string): boolean {
    const name = segment.slice(1, -1);
    const parameter = [...(route.item.parameters ?? []), ...(route.operation.parameters ?? [])]
      .map(follow)
      .find((it) => it?.name === name);
    const schema = follow(parameter?.schema ?? parameter) ?? {};
    return schema.enum !== undefined || schema.const !== undefined;
  }

  function act(route: Route, segments: readonly string[], text: string): Answer {
    const at = segments.join('/');
    const responses = Object.entries<Json>(route.operation.responses ?? {}).filter(([status]) => /^2/.test(status));
    const [status = '200', response = {}] = responses[0] ?? [];
    const described = follow(response) ?? {};
    const offered = Object.entries<Json>(described.content ?? {});
    const [offered_type, media] = offered.find(([it]) => /json|\*/.test(it)) ?? offered[0] ?? [];
    const produced: string[] = [offered_type ?? route.operation.produces ?? document.produces ?? []].flat();
    const type = produced.some((it) => it.includes('*'))
      ? undefined
      : (produced.find((it) => /json/.test(it)) ?? produced[0]);
    const schema = described.schema ?? media?.schema;
    const sent = parse(text);
    const body = schema ? make(schema, route.method === 'get' ? undefined : sent) : undefined;
    const texts = new Set([...scalars(body), ...(route.method === 'get' ? [] : scalars(sent))]);
    if (route.method === 'post' || route.method === 'get') {
      // What an item of the collection may be called: `/users/by-name/{name}` too.
      things.set(at, [...(things.get(at) ?? []), texts]);
      if (route.method === 'post') created.set(texts, at);
    }
    if (route.method === 'delete') {
      const parent = segments.slice(0, -1).join('/');
      const gone = (things.get(parent) ?? []).filter((it) => it.has(segments.at(-1) ?? ''));
      things.set(
        parent,
        (things.get(parent) ?? []).filter((it) => !gone.includes(it)),
      );
      for (const it of gone) created.delete(it);
    }
    const has_location = Object.keys(described.headers ?? {}).some((it) => /^location$/i.test(it));
    if (has_location && route.method === 'post') {
      count += 1;
      texts.add(String(count));
      return { status: Number(status), body, ...(type ? { type } : {}), location: `/${at}/${count}` };
    }
    return { status: Number(status.replace(/XX/i, '00')) || 200, body, ...(type ? { type } : {}) };
  }

  function checkParameter(
    parameter: Json,
    params: Record<string, string>,
    url: URL,
    request: IncomingMessage,
    text: string,
  ): string | null {
    const { name, in: place, required } = parameter;
    const schema = parameter.schema ?? (parameter.type ? { ...parameter, required: undefined } : undefined);
    const what = `${place} ${name}`;
    const form = new URLSearchParams(text);
    const value = {
      path: params[name],
      query: url.searchParams.get(name),
      header: request.headers[String(name).toLowerCase()],
      formData: form.get(name),
    }[place as 'path'];
    if (place === 'body' || place === 'cookie') return null;
    const is_object = schema && (follow(schema)?.type === 'object' || follow(schema)?.properties);
    if (value === undefined || value === null)
      return required && !is_object && place !== 'formData' ? `${what} is missing` : null;
    if (!schema || is_object || follow(schema)?.type === 'array') return null;
    return check({ type: 'object', properties: { value: schema } }, { value }, what);
  }

  function checkBody(operation: Json, request: IncomingMessage, text: string): string | null {
    const parameter = (operation.parameters ?? []).map(follow).find((it: Json) => it?.in === 'body');
    const described = follow(operation.requestBody);
    const content = Object.entries<Json>(described?.content ?? {});
    const type = (request.headers['content-type'] ?? '').split(';')[0];
    const media = content.find(([name]) => name.split(';')[0] === type || name === '*/*')?.[1];
    const required = parameter?.required || described?.required;
    if (text === '') return required ? 'body is missing' : null;
    if (content.length > 0 && !media) return `type ${type} is not one of ${content.map(([name]) => name)}`;
    const schema = parameter?.schema ?? media?.schema;
    if (/^multipart/.test(type ?? '')) {
      const missing = (follow(schema)?.required ?? []).find((name: string) => !text.includes(`name="${name}"`));
      return missing ? `part ${missing} is missing` : null;
    }
    if (!schema || !/json/.test(type ?? '')) return null;
    const value = parse(text);
    return value === undefined ? 'body is no JSON' : check(schema, value, 'body');
  }

  function isLetIn(requirement: Json, request: IncomingMessage, url: URL): boolean {
    const schemes = document.components?.securitySchemes ?? document.securityDefinitions ?? {};
    return Object.keys(requirement).every((name) => {
      const scheme = follow(schemes[name]) ?? {};
      if (scheme.type === 'apiKey' && scheme.in === 'query') return Boolean(url.searchParams.get(scheme.name));
      if (scheme.type === 'apiKey' && scheme.in === 'cookie')
        return request.headers.cookie?.includes(`${scheme.name}=`);
      const header = request.headers[scheme.type === 'apiKey' ? scheme.name.toLowerCase() : 'authorization'];
      return /^(Bearer |Basic )?\S+/.test(String(header ?? ''));
    });
  }

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      let result: Answer;
      try {
        result = answer(request, Buffer.concat(parts).toString('utf8'));
      } catch (error) {
        result = { status: 500, why: String(error) };
      }
      const name = `${request.method} ${request.url}`;
      if (result.why === undefined) accepted.push(name);
      else refused.push(`${name}: ${result.status} ${result.why}`);
      const type = {
        ...(result.body === undefined ? {} : { 'Content-Type': result.type ?? BODY_TYPE }),
        ...(result.location === undefined ? {} : { Location: result.location }),
      };
      response
        .writeHead(result.status, type)
        .end(result.status === 204 || result.body === undefined ? '' : JSON.stringify(result.body));
    });
  });
  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    accepted,
    get left() {
      return [...created.values()];
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };

  /** Schemas stand alone for ajv: references lead into the document, which it knows as `document`. */
  function local(schema: Json): Json {
    return JSON.parse(JSON.stringify(schema), (key, value) =>
      key === '$ref' && typeof value === 'string' && value.startsWith('#') ? `document${value}` : value,
    );
  }
}

function makeAjv(document: Json): Ajv {
  const options = {
    strict: false,
    coerceTypes: true,
    validateSchema: false,
    validateFormats: true,
    logger: false,
  } as const;
  const is_31 = String(document.openapi ?? '').startsWith('3.1');
  const ajv = (is_31 ? new Ajv2020(options) : new Ajv(options)) as Ajv;
  addFormats.default(ajv);
  ajv.addSchema(adapt(document), 'document');
  return ajv;
}

/** OpenAPI 3.0's booleans beside `minimum` are numbers in JSON Schema. */
function adapt(document: Json): Json {
  return JSON.parse(JSON.stringify(document), (_, value) => {
    if (typeof value !== 'object' || value === null) return value;
    for (const [exclusive, bound] of [
      ['exclusiveMinimum', 'minimum'],
      ['exclusiveMaximum', 'maximum'],
    ] as const) {
      if (value[exclusive] === true && typeof value[bound] === 'number') value[exclusive] = value[bound];
      else if (typeof value[exclusive] === 'boolean') delete value[exclusive];
    }
    if (typeof value.required === 'boolean') delete value.required;
    // A request does not send what is read only.
    if (Array.isArray(value.required) && value.properties)
      value.required = value.required.filter((name: string) => !value.properties[name]?.readOnly);
    // A discriminator says which one it is, so that a value may satisfy others too.
    if (value.discriminator && Array.isArray(value.oneOf)) {
      value.anyOf = value.oneOf;
      delete value.oneOf;
    }
    // An example that is a schema would claim its address.
    for (const key of ['$id', 'id']) if (typeof value[key] === 'string') delete value[key];
    return value;
  });
}

function listRoutes(document: Json, base: string, follow: (value: Json) => Json): Route[] {
  return Object.entries<Json>(document.paths).flatMap(([path, value]) => {
    const item = follow(value);
    return METHODS.filter((method) => item?.[method]).map((method) => {
      const operation = follow(item[method]);
      const [own] = operation.servers ?? item.servers ?? [];
      const begin = own
        ? new URL(own.url.replace(/\{[^}]*\}/g, 'x'), 'http://server').pathname.replace(/\/$/, '')
        : base;
      return { method, template: `${begin}${path.split(/[?#]/)[0]}`.split('/').slice(1), item, operation };
    });
  });
}

function findRoute(routes: readonly Route[], method: string, segments: readonly string[]) {
  const matches = routes.flatMap((route) => {
    if (route.method !== method || route.template.length !== segments.length) return [];
    const params: Record<string, string> = {};
    const fits = route.template.every((part, index) => {
      const names = [...part.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name ?? '');
      if (names.length === 0) return decodeURIComponent(part) === segments[index];
      const literals = part.split(/\{[^{}]+\}/).map((it) => it.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      const match = new RegExp(`^${literals.join('(.+)')}$`, 's').exec(segments[index] ?? '');
      for (const [at, name] of names.entries()) params[name] = match?.[at + 1] ?? '';
      return match !== null;
    });
    return fits ? [{ route, params, count: Object.keys(params).length }] : [];
  });
  return matches.sort((a, b) => a.count - b.count)[0];
}

function sameTemplate(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((it, at) => it === b[at] || (it.startsWith('{') && b[at]?.startsWith('{')));
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text.includes('=') ? Object.fromEntries(new URLSearchParams(text)) : undefined;
  }
}

function scalars(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(scalars);
  return value === undefined || value === null ? [] : [String(value)];
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}
