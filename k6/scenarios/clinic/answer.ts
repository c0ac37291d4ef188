import { type ApiResponse, json } from '@loadstar-hq/loadstar/k6';

/** A response and its body, typed; `data` is undefined where the body is none, or tells of an error. */
export interface Answer<T> {
  readonly response: ApiResponse;
  readonly data: T | undefined;
}

const FIRST_SUCCESS = 200;
const LAST_SUCCESS = 299;

export function answer<T>(response: ApiResponse): Answer<T> {
  const ok = response.status >= FIRST_SUCCESS && response.status <= LAST_SUCCESS;
  return { response, data: ok ? json<T>(response) : undefined };
}

/** Statuses that are outcomes of business, and errors only where nobody expects them. */
export const STATUS = {
  not_modified: 304,
  /** Tokens expire, passwords are mistyped. */
  unauthorized: 401,
  not_found: 404,
  /** Another patient was faster. */
  conflict: 409,
  too_large: 413,
  unsupported_type: 415,
  upgrade_required: 426,
  too_many: 429,
} as const;
