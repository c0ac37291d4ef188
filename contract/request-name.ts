/** How requests are named: the `name` tag of their samples, which SLOs, panels and reports know them by. */

export interface NamedRequest {
  readonly method: string;
  /** Route pattern, as `/api/appointments/:id`. */
  readonly route: string;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  /** What is sent as JSON. */
  readonly body?: unknown;
}

/**
 * `GET /api/appointments/:id`. Operations of GraphQL and JSON-RPC share one route, so the name of the operation follows:
 * `POST /graphql GetPatient`.
 */
export function requestName({ method, route, query, body }: NamedRequest): string {
  const operation = operationName(body) ?? operationName(query);
  return [method, route, operation].filter(Boolean).join(' ');
}

/** A batch has the names of its operations, once each. */
function operationName(message: unknown): string | null {
  if (Array.isArray(message)) {
    const names = new Set(message.map(operationName));
    return names.size > 0 && !names.has(null) ? [...names].join('+') : null;
  }
  if (typeof message !== 'object' || message === null) return null;
  const { operationName: stated, query, extensions, jsonrpc, method } = message as Record<string, unknown>;
  if (jsonrpc !== undefined) return isName(method, RPC_METHOD) ? method : null;
  const document = typeof query === 'string' && query.includes('{') ? query : null;
  // A persisted query has no document.
  if (document === null && extensions === undefined) return null;
  return isName(stated, GRAPHQL_NAME) ? stated : (OPERATION.exec(document ?? '')?.[1] ?? null);
}

/** https://spec.graphql.org/October2021/#Name */
const GRAPHQL_NAME = /^[_A-Za-z]\w{0,99}$/;
/** The first operation of a document: fragments may precede it, and strings or comments are no operation. */
const OPERATION = /(?:^|[}\s])(?:query|mutation|subscription)\s+([_A-Za-z]\w{0,99})\s*[({@]/;
const RPC_METHOD = /^[\w./-]{1,100}$/;

function isName(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value);
}
