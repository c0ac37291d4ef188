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
  /** Sends the token that an earlier call returned. */
  readonly sends_token: boolean;
  /** Path of the token for later calls in the response. */
  readonly token_at: readonly (string | number)[] | null;
  readonly statuses: readonly number[] | 'any 2xx';
  /** Accepted media types of the response; empty: not checked. */
  readonly types: readonly string[];
  /** Pause afterwards, seconds; 0: none. */
  readonly think_s: number;
}

/** A value in the code to be written. */
export type Value =
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  /** A secret, which the file reads from `__ENV`. */
  | { readonly kind: 'variable'; readonly name: string }
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
  const values = steps.flatMap(({ calls }) =>
    calls.flatMap(({ params, query, headers, body }) => [
      ...[params, query, headers].flatMap((values) => [...values.values()]),
      ...(body ? [body.value] : []),
    ]),
  );
  return [...new Set(values.flatMap(findVariables))].sort();
}

function findVariables(value: Value): string[] {
  if (value.kind === 'variable') return [value.name];
  if (value.kind === 'json_text') return findVariables(value.value);
  if (value.kind === 'list') return value.items.flatMap(findVariables);
  return value.kind === 'record' ? [...value.fields.values()].flatMap(findVariables) : [];
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
  sends_token: false,
  token_at: null,
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
