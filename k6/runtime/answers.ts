import type { ApiResponse } from './client.ts';

/**
 * The text at a place in parsed JSON, such as a token to carry on with.
 * @returns '' where there is none, so that what depends on it fails by its own check
 */
export function textAt(value: unknown, path: readonly (string | number)[]): string {
  let place = value;
  for (const part of path) {
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, part)) return '';
    place = (place as Record<string | number, unknown>)[part];
  }
  return typeof place === 'string' || typeof place === 'number' ? String(place) : '';
}

/** The end of the path in the header Location, such as the id of what was created; '' where there is none. */
export function lastOfLocation(response: ApiResponse): string {
  const [path = ''] = (response.headers.Location ?? '').split(/[?#]/);
  return path.replace(/\/+$/, '').split('/').pop() ?? '';
}

/** Whether a response is of one of the media types, whatever their parameters. @param types as `application/json` */
export function hasType(response: ApiResponse, types: readonly string[]): boolean {
  const [type = ''] = (response.headers['Content-Type'] ?? '').split(';');
  return types.includes(type.trim().toLowerCase());
}
