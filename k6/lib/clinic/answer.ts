import { type ApiResponse, json } from '../client.ts';

/** A response and its body, typed; `data` is undefined where the body is not what it should be. */
export interface Answer<T> {
  readonly response: ApiResponse;
  readonly data: T | undefined;
}

export function answer<T>(response: ApiResponse): Answer<T> {
  return { response, data: json<T>(response) };
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
