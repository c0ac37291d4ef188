import { decodeUrlPart } from '../../lib/decode.ts';
/** A path split into its pattern and the values of its parameters. */
export interface Route {
  readonly route: string;
  readonly params: ReadonlyMap<string, string>;
  /** The part of the path before each parameter, as `orders` in `/orders/:id`. */
  readonly nouns: ReadonlyMap<string, string>;
}

/** Forms of ids: numbers, UUIDs, hashes, random texts, dates, mail addresses, and words that end in a longer number. */
const ID_FORMS: readonly RegExp[] = [
  /^\d+$/,
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  /^(?=.*\d)[0-9a-f]{8,}$/i,
  /^(?=.*\d)(?=.*[a-z])[a-z0-9_-]{16,}$/i,
  /^\d{4}-\d{2}-\d{2}/,
  /@|%40/,
  /[a-z][-_]?\d{3,}$/i,
];
/** From this number on, siblings that look like slugs are values of a parameter. */
const SLUGS = 5;
const SLUG_FORM = /[-_]|\d/;

/**
 * Route patterns of paths, so that the number of request names stays small whatever ids were recorded: `/orders/17` and
 * `/orders/18` are `/orders/:id`. The same path gives the same route.
 * @param paths as in URLs, percent-encoded
 * @param isValue texts that must not stay in a pattern, such as secrets. `index` is that of the path, `noun` the part before
 */
export function inferRoutes(
  paths: readonly string[],
  isValue: (text: string, index: number, noun: string) => boolean = () => false,
): Route[] {
  const slugs = findSlugPlaces(paths);
  return paths.map((path, path_index) => {
    const nouns = new Map<string, string>();
    const params = new Map<string, string>();
    const route = splitPath(path).map((segment, index, segments) => {
      const is_slug = slugs.has(placeKey(segments, index));
      const noun = segments.slice(0, index).findLast((part) => !isId(part)) ?? '';
      const is_id = isId(segment) || isValue(decodeUrlPart(segment), path_index, noun);
      if (!is_slug && !is_id) return escapeSegment(segment);
      const kind = is_id ? 'id' : 'slug';
      const name = params.has(kind) ? `${kind}${params.size + 1}` : kind;
      params.set(name, decodeUrlPart(segment));
      nouns.set(name, noun);
      return `:${name}`;
    });
    return { route: `/${route.join('/')}`, params, nouns };
  });
}

function splitPath(path: string): string[] {
  return path.replace(/^\//, '').split('/');
}

function isId(segment: string): boolean {
  return ID_FORMS.some((form) => form.test(segment));
}

/** Finds segments after the first that have many slugs while the rest of the path is equal. */
function findSlugPlaces(paths: readonly string[]): Set<string> {
  const seen = new Map<string, Set<string>>();
  for (const segments of paths.map(splitPath)) {
    for (let index = 1; index < segments.length; index += 1) {
      const key = placeKey(segments, index);
      seen.set(key, (seen.get(key) ?? new Set()).add(segments[index] ?? ''));
    }
  }
  const many = [...seen].filter(([, values]) => values.size >= SLUGS && [...values].every((it) => SLUG_FORM.test(it)));
  return new Set(many.map(([key]) => key));
}

function placeKey(segments: readonly string[], index: number): string {
  const others = segments.map((segment, at) => (at === index ? '*' : isId(segment) ? ':id' : segment));
  return others.join('/');
}

/** A colon would begin a parameter. */
export function escapeSegment(segment: string): string {
  return segment.replaceAll(':', '%3A');
}
