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

const BASE = 'http://server';

/** @param holders from the nearest one. @throws Unusable if a variable in the path has no value */
export function findServer(...holders: readonly Fields[]): Server {
  const [server] = holders.map(({ servers }) => toList(servers).find(isFields)).filter(isFields);
  if (server) return readServer(toText(server.url), toFields(server.variables));
  // Swagger 2.
  const { basePath, host } = holders.at(-1) ?? {};
  const { path } = readServer(toText(basePath), {});
  return { path, host: typeof host === 'string' ? host : null };
}

function readServer(template: string, variables: Fields): Server {
  const url = template.replace(/\{([^{}]*)\}/g, (whole, name: string) => findDefault(variables, name) ?? whole);
  const path = /^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/]*(.*)$/is.exec(url)?.[1] ?? url;
  const [, missing] = /\{([^{}]*)\}/.exec(path) ?? [];
  if (missing !== undefined)
    throw new Unusable('has a server whose path has a variable without a value', `: \`${missing}\``);
  if (!URL.canParse(path, BASE)) return { path: '', host: null };
  const { pathname } = new URL(path.startsWith('/') ? BASE + path : path, BASE);
  const host = URL.canParse(url) ? new URL(url).host : null;
  return { path: pathname.split('/').map(escapeSegment).join('/').replace(/\/+$/, ''), host };
}

/** An enumeration names the values that a server has. */
function findDefault(variables: Fields, name: string): string | undefined {
  const variable = toFields(Object.hasOwn(variables, name) ? variables[name] : undefined);
  return [variable.default, ...toList(variable.enum)].map(toText).find((it) => it !== '');
}
