import type { Method } from '../../k6/runtime/client.ts';

/** A scenario to write. Its texts come from foreign files, and only render.ts turns them into code. */
export interface Draft {
  readonly title: string;
  readonly journey: string;
  readonly steps: readonly Step[];
}

export interface Step {
  /** A group in k6; null: none. */
  readonly group: string | null;
  readonly calls: readonly DraftCall[];
}

export interface DraftCall {
  readonly method: Method;
  readonly route: string;
  readonly params: ReadonlyMap<string, Value>;
  /** A list is a key that is sent several times. */
  readonly query: ReadonlyMap<string, Value>;
  readonly headers: ReadonlyMap<string, Value>;
  readonly body: { readonly kind: 'json' | 'form' | 'text'; readonly value: Value } | null;
  /** Values for later calls. A call that needs one that is not known is not sent. */
  readonly keeps: readonly Keep[];
  readonly statuses: readonly number[] | 'any 2xx';
  /** Accepted media types of the response; empty: not checked. */
  readonly types: readonly string[];
  /** Pause afterwards, seconds; 0: none. */
  readonly think_s: number;
}

/** A value that later calls send: `{ kind: 'kept' }`. */
export interface Keep {
  /** A variable of the code: letters and digits that the importer has chosen. */
  readonly name: string;
  /** Its place in the JSON of the response; the end of the header Location; another place; or a value that this call sends itself. */
  readonly from: readonly (string | number)[] | 'location' | Place | Value;
  /** Whether the response must have it: checked. */
  readonly is_required: boolean;
}

/** Where a response has a value. */
export type Place =
  | { readonly in: 'json'; readonly path: readonly (string | number)[] }
  | { readonly in: 'cookie'; readonly name: string }
  /** An attribute of the first tag that has another one: `value` of `<input name="csrf">`. */
  | { readonly in: 'attribute'; readonly by: readonly [string, string]; readonly name: string }
  | { readonly in: 'body' | 'url'; readonly cut: Cut }
  /** Null: the whole header. */
  | { readonly in: 'header'; readonly name: string; readonly cut: Cut | null };

/** A part of a text: between two others. `skip` is how many of the first come before it. */
export interface Cut {
  readonly before: string;
  readonly after: string;
  readonly skip: number;
}

/** A value in the code to be written. */
export type Value =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  /** A secret, which the file reads from `__ENV`. */
  | { readonly kind: 'variable'; readonly name: string }
  /** What an earlier call has kept. A number is one in JSON too. */
  | { readonly kind: 'kept'; readonly name: string; readonly is_number: boolean }
  /** A text that no other iteration sends. */
  | { readonly kind: 'unique'; readonly prefix: string }
  /** Values written one after the other. */
  | { readonly kind: 'joined'; readonly parts: readonly Value[] }
  | { readonly kind: 'base64'; readonly value: Value }
  /** A number that JavaScript would round. */
  | { readonly kind: 'number'; readonly digits: string }
  /** The JSON text of a value, in which such numbers keep their digits. */
  | { readonly kind: 'json_text'; readonly value: Value }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, Value> };

export const toLiteral = (value: string | number | boolean | null) =>
  ({ kind: 'literal', value }) as const satisfies Value;

/** Names of all variables in the values of a draft. */
export function listVariables({ steps }: Draft): string[] {
  const parts = steps.flatMap(({ calls }) => calls.flatMap(listParts));
  return [...new Set(parts.flatMap((part) => (part.kind === 'variable' ? [part.name] : [])))].sort();
}

/** Names of the kept values that a call sends. */
export function listNeeds(call: DraftCall): string[] {
  const own = new Set(call.keeps.filter(({ from }) => isValue(from)).map(({ name }) => name));
  const names = listParts(call).flatMap((part) => (part.kind === 'kept' ? [part.name] : []));
  return [...new Set(names)].filter((name) => !own.has(name));
}

export function isValue(from: Keep['from']): from is Value {
  return typeof from === 'object' && 'kind' in from;
}

/** All values of a call, with those inside of them. */
export function listParts({ params, query, headers, body, keeps }: DraftCall): Value[] {
  const values = [params, query, headers].flatMap((it) => [...it.values()]);
  const kept = keeps.flatMap(({ from }) => (isValue(from) ? [from] : []));
  return [...values, ...kept, ...(body ? [body.value] : [])].flatMap(withParts);
}

/** A value, and those inside of it. */
export function withParts(value: Value): Value[] {
  switch (value.kind) {
    case 'json_text':
    case 'base64':
      return [value, ...withParts(value.value)];
    case 'list':
      return [value, ...value.items.flatMap(withParts)];
    case 'joined':
      return [value, ...value.parts.flatMap(withParts)];
    case 'record':
      return [value, ...[...value.fields.values()].flatMap(withParts)];
    default:
      return [value];
  }
}

/** Whether a value has a number that JavaScript would round. */
export function hasLongNumber(value: Value): boolean {
  if (value.kind === 'number') return true;
  if (value.kind === 'list') return value.items.some(hasLongNumber);
  return value.kind === 'record' && [...value.fields.values()].some(hasLongNumber);
}

/** The defaults of a call. */
export const PLAIN_CALL: Omit<DraftCall, 'method' | 'route'> = {
  params: new Map(),
  query: new Map(),
  headers: new Map(),
  body: null,
  keeps: [],
  statuses: [200],
  types: [],
  think_s: 0,
};

/** The template: one page. */
export function createPlainDraft(name: string): Draft {
  return {
    title: makeTitle(name),
    journey: 'A visitor opens the first page.',
    steps: [{ group: null, calls: [{ ...PLAIN_CALL, method: 'GET', route: '/', think_s: 1 }] }],
  };
}

/** `browse-products` → `Browse products` */
export function makeTitle(name: string): string {
  const words = name.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
