import http from 'k6/http';
import { attributesOf } from '../../contract/html-entities.ts';
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

/**
 * The text between two others, such as a token in a script.
 * @param skip how many of the first of them come before it @returns '' if there is none
 */
export function textBetween(text: string | null | undefined, before: string, after: string, skip = 0): string {
  if (!text) return '';
  let start = text.indexOf(before);
  for (let count = 0; count < skip && start !== -1; count += 1) start = text.indexOf(before, start + before.length);
  if (start === -1) return '';
  const from = start + before.length;
  if (after === '') return text.slice(from);
  const end = text.indexOf(after, from);
  return end === -1 ? '' : text.slice(from, end);
}

const TAG = /<[a-z][^<>]*>/gi;

/**
 * An attribute of the first tag that has another one, such as `value` of `<input name="csrf">` or `content` of a meta tag.
 * @returns '' if there is none
 */
export function attributeOf(response: ApiResponse, [by, value]: readonly [string, string], name: string): string {
  for (const [tag] of (response.body ?? '').matchAll(TAG)) {
    if (!tag.includes(value)) continue;
    const attributes = attributesOf(tag);
    if (attributes.get(by) === value && attributes.has(name)) return attributes.get(name) ?? '';
  }
  return '';
}

/** The cookie that this VU has for the address of a response, decoded; '' if there is none. */
export function cookieOf(response: ApiResponse, name: string): string {
  const [value = ''] = http.cookieJar().cookiesForURL(response.url)[name] ?? [];
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Whether a response is of one of the media types, whatever their parameters. @param types as `application/json` */
export function hasType(response: ApiResponse, types: readonly string[]): boolean {
  const [type = ''] = (response.headers['Content-Type'] ?? '').split(';');
  return types.includes(type.trim().toLowerCase());
}
