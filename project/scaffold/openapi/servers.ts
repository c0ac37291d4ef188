import { escapeSegment } from '../routes.ts';
import { type Fields, isFields, toFields, toList, toText } from './read.ts';
import { Unusable } from './unusable.ts';

/** Servers of the document, of a path or of an operation: the nearest ones count. */
export interface Server {
  /** Without a slash at its end. */
  readonly path: string;
  /** null: the host that the document comes from. */
  readonly host: string | null;
}

/** @param url of the document. @param holders from the nearest one. @throws Unusable if a variable in the path has no value */
export function findServer(url: string, ...holders: readonly Fields[]): Server {
  const [server] = holders.map(({ servers }) => toList(servers).find(isFields)).filter(isFields);
  if (server) return readServer(toText(server.url), toFields(server.variables), url);
  // Swagger 2.
  const { basePath, host } = holders.at(-1) ?? {};
  const { path } = readServer(toText(basePath) || '/', {}, url);
  return { path, host: typeof host === 'string' ? host : null };
}

function readServer(template: string, variables: Fields, document_url: string): Server {
  const url = template.replace(/\{([^{}]*)\}/g, (whole, name: string) => findDefault(variables, name) ?? whole);
  const path = /^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/]*(.*)$/is.exec(url)?.[1] ?? url;
  const [, missing] = /\{([^{}]*)\}/.exec(path) ?? [];
  if (missing !== undefined)
    throw new Unusable('has a server whose path has a variable without a value', `: \`${missing}\``);
  const base = document_url.startsWith('file:') ? 'http://server' : document_url;
  const address = path.startsWith('/') ? new URL(base).origin + path : path;
  if (!URL.canParse(address, base)) return { path: '', host: null };
  const { pathname } = new URL(address, base);
  const host = URL.canParse(url) ? new URL(url).host : null;
  return { path: pathname.split('/').map(escapeSegment).join('/').replace(/\/+$/, ''), host };
}

/** Where the API is, if the document says so, or was read from there; null: unknown. */
export function findOrigin(url: string, document: Fields): string | null {
  const [server] = toList(document.servers).filter(isFields);
  const { host, schemes } = document;
  const stated = server ? toText(server.url) : host ? `${toText(toList(schemes)[0]) || 'http'}://${toText(host)}` : '/';
  const base = url.startsWith('file:') ? undefined : url;
  const origin = URL.canParse(stated, base) ? new URL(stated, base).origin : 'null';
  return /^https?:/.test(origin) ? origin : null;
}

/** An enumeration names the values that a server has. */
function findDefault(variables: Fields, name: string): string | undefined {
  const variable = toFields(Object.hasOwn(variables, name) ? variables[name] : undefined);
  return [variable.default, ...toList(variable.enum)].map(toText).find((it) => it !== '');
}
