import { usageError } from '../../../lib/errors.ts';
import { type DraftCall, makeTitle, PLAIN_CALL, toLiteral, type Value } from '../draft.ts';
import { escapeSegment } from '../routes.ts';
import type { Drafted } from '../source.ts';
import {
  type OpenApiDocument,
  type Operation,
  type Parameter,
  parseParameter,
  readOpenApi,
  type ValueSource,
} from './read.ts';

/** A longer tour should be split. */
const MOST_CALLS = 200;
const PAUSE_S = 1;
const SHOWN = 10;

/** The reason why an operation is left out. The message follows its path. */
class Unusable extends Error {}

/**
 * Converts an API description to a tour: every GET whose parameters the description provides, once per iteration.
 * @throws LoadstarError (usage) if the file is no description, or no GET can be sent
 */
export async function draftFromOpenApi(name: string, file: string, with_auth: boolean): Promise<Drafted> {
  const document = await readOpenApi(file);
  const calls: DraftCall[] = [];
  const left_out: string[] = [];
  for (const [path, { get, parameters }] of Object.entries(document.paths)) {
    if (!get) continue;
    try {
      if (!with_auth && needsAuth(document, get)) throw new Unusable('needs authentication (--with-auth keeps it)');
      calls.push(convertCall(document, path, get, parameters));
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      left_out.push(`left out: GET ${path}: ${error.message}`);
    }
  }
  const notes = [
    ...left_out.slice(0, SHOWN),
    ...(left_out.length > SHOWN ? [`left out: ${left_out.length - SHOWN} more`] : []),
  ];
  if (calls.length === 0) {
    throw usageError(
      'a description with a GET whose parameters have examples',
      left_out[0] ?? 'no GET',
      'add examples, or use --with-auth',
    );
  }
  if (calls.length > MOST_CALLS) notes.push(`left out: all but the first ${MOST_CALLS} of ${calls.length} requests`);
  const kept = calls.slice(0, MOST_CALLS);
  return {
    draft: {
      title: makeTitle(name),
      journey: 'A tour of the API: every GET that it describes.',
      steps: [
        {
          group: null,
          calls: kept.map((call, index) => ({ ...call, think_s: index === kept.length - 1 ? PAUSE_S : 0 })),
        },
      ],
    },
    notes,
    origin: null,
  };
}

function needsAuth(document: OpenApiDocument, { security }: Operation): boolean {
  const requirements = security ?? document.security ?? [];
  // An empty requirement allows anonymous access.
  return requirements.length > 0 && requirements.every((requirement) => Object.keys(requirement).length > 0);
}

function convertCall(
  document: OpenApiDocument,
  path: string,
  operation: Operation,
  shared: readonly unknown[],
): DraftCall {
  const parameters = mergeParameters([...shared, ...operation.parameters]);
  const required = parameters.filter((parameter) => parameter.required || parameter.in === 'path');
  const params = new Map<string, Value>();
  const query = new Map<string, Value>();
  for (const parameter of required) {
    if (parameter.in !== 'path' && parameter.in !== 'query') {
      throw new Unusable(`needs the ${parameter.in} parameter \`${parameter.name}\``);
    }
    const value = toLiteral(findValue(parameter));
    if (parameter.in === 'path') params.set(toParamName(parameter.name), value);
    else query.set(parameter.name, value);
  }
  return {
    ...PLAIN_CALL,
    method: 'GET',
    route: convertRoute(document, path, params),
    params,
    query,
    ...documentedAnswer(document, operation),
  };
}

/** Parameters of the operation override those of its path. */
function mergeParameters(values: readonly unknown[]): Parameter[] {
  const parameters = values.map((value) => {
    const parameter = parseParameter(value);
    if (!parameter) throw new Unusable('has a parameter that this file does not describe');
    return parameter;
  });
  return [...new Map(parameters.map((parameter) => [`${parameter.in} ${parameter.name}`, parameter])).values()];
}

function findValue(parameter: Parameter): string | number | boolean {
  const examples = Object.values(parameter.examples ?? {}).map((example) => example.value);
  const candidates = [
    ...examples,
    ...listValues({ ...parameter, examples: undefined }),
    ...listValues(parameter.schema),
  ];
  const value = candidates.find((it) => ['string', 'number', 'boolean'].includes(typeof it) && it !== '');
  if (value !== undefined) return value as string | number | boolean;
  throw new Unusable(`has no example or default for \`${parameter.name}\``);
}

function listValues(source: ValueSource | undefined): unknown[] {
  return source ? [source.example, ...(source.examples ?? []), source.default, ...(source.enum ?? [])] : [];
}

function toParamName(name: string): string {
  return name.replace(/\W/g, '_');
}

/** `/items/{item-id}` → `/api/items/:item_id` */
function convertRoute(document: OpenApiDocument, path: string, params: ReadonlyMap<string, Value>): string {
  const parts = path.split(/(\{[^{}]*\})/).map((part, index, all) => {
    if (!part.startsWith('{')) return encodePath(part);
    const name = toParamName(part.slice(1, -1));
    if (!params.has(name)) throw new Unusable(`does not describe \`${name}\``);
    // A parameter of a route ends with the word.
    if (/^\w/.test(all[index + 1] ?? '')) throw new Unusable(`has text right after \`${name}\``);
    return `:${name}`;
  });
  return serverPath(document) + parts.join('');
}

/** The path of the first server. */
function serverPath({ servers, basePath }: OpenApiDocument): string {
  const [server] = servers;
  const url = server
    ? server.url.replace(/\{([^{}]*)\}/g, (_, name: string) => serverVariable(server.variables, name))
    : (basePath ?? '');
  const base = 'http://server';
  return URL.canParse(url, base)
    ? new URL(url, base).pathname.split('/').map(escapeSegment).join('/').replace(/\/+$/, '')
    : '';
}

function serverVariable(variables: Readonly<Record<string, { default: string }>>, name: string): string {
  return Object.hasOwn(variables, name) ? (variables[name]?.default ?? '') : '';
}

function encodePath(text: string): string {
  // Lone surrogates are no text.
  return encodeURI(text.replace(/\p{Surrogate}/gu, '\uFFFD'))
    .replace(/[?#]/g, encodeURIComponent)
    .split('/')
    .map(escapeSegment)
    .join('/');
}

/** The documented successful responses. */
function documentedAnswer(document: OpenApiDocument, operation: Operation): Pick<DraftCall, 'statuses' | 'types'> {
  const good = Object.entries(operation.responses).filter(([status]) => /^2(\d\d|XX)$/i.test(status));
  const statuses = good.map(([status]) => Number(status));
  const in_content = good.flatMap(([, { content }]) => Object.keys(content ?? {}));
  const types = in_content.length > 0 ? in_content : (operation.produces ?? document.produces ?? []);
  if (types.some((type) => type.includes('event-stream'))) throw new Unusable('is a stream that does not end');
  const plain = types.map((type) => (type.split(';')[0] ?? '').trim().toLowerCase());
  return {
    statuses: statuses.length > 0 && statuses.every(Number.isInteger) ? statuses : 'any 2xx',
    types: plain.some((type) => type.includes('*')) ? [] : [...new Set(plain)],
  };
}
