import type { Operation } from './operation.ts';
import { type Fields, isFields, toFields, toList, toText } from './read.ts';
import type { References } from './references.ts';
import type { Samples } from './samples.ts';
import { tryUsable } from './unusable.ts';

/** Where the value of a parameter comes from. */
export interface Provider {
  readonly operation: Operation;
  readonly from: Place | 'location' | { readonly body_field: string };
  /** Whether the operation creates what the value names; else it lists what is there. */
  readonly is_created: boolean;
}

type Place = readonly (string | number)[];

/** How deep the id of a response may be: `{ categories: { items: [{ id }] } }`. */
const DEEPEST = 5;

/**
 * Finds out which operations give the values that others need: what a POST of a collection creates, what a GET of it
 * lists, and what `links` of the description say.
 */
export class Chain {
  readonly #operations: readonly Operation[];
  readonly #references: References;
  readonly #samples: Samples;
  readonly #by_name = new Map<string, Provider>();
  readonly #places = new Map<Operation, Place[][]>();

  constructor(operations: readonly Operation[], references: References, samples: Samples) {
    this.#operations = operations;
    this.#references = references;
    this.#samples = samples;
    for (const operation of operations) {
      for (const [index, segment] of operation.segments.entries()) {
        const name = nameOfParam(segment);
        const provider = name === null ? null : this.#findByPath(operation, index, name);
        if (name === null || !provider) continue;
        const own = squash(name);
        const of_collection = singular(operation.segments.slice(0, index)) + (/^u?id$/.test(own) ? own : 'id');
        for (const key of [own, of_collection]) {
          const known = this.#by_name.get(key);
          if (!known || (provider.is_created && !known.is_created)) this.#by_name.set(key, provider);
        }
      }
    }
    // `POST /silences` creates what `/silence/{silenceID}` names.
    for (const operation of operations.filter(({ method }) => method === 'POST')) {
      const kind = singular(operation.segments);
      const provider = kind === '' ? null : this.#provide(operation, `${kind}id`, kind, true);
      if (provider && !this.#by_name.get(`${kind}id`)?.is_created) this.#by_name.set(`${kind}id`, provider);
    }
  }

  /** @param name of a parameter of the path. @returns null if no operation gives it */
  findForPath(operation: Operation, name: string): Provider | null {
    const linked = this.#findLink(operation, name);
    if (linked) return linked;
    const index = operation.segments.findIndex((segment) => nameOfParam(segment) === name);
    return (index < 0 ? null : this.#findByPath(operation, index, name)) ?? this.findByName(name);
  }

  /** @param name of a field or parameter that says whose id it is, such as `orgID` */
  findByName(name: string): Provider | null {
    const key = squash(name);
    return /.(id|key)$/.test(key) && !/^(id|uid|uuid|guid)$/.test(key) ? (this.#by_name.get(key) ?? null) : null;
  }

  /** The field of its own body that names what an operation creates, and whether it creates something with an id. */
  findCreated(operation: Operation): readonly Provider[] {
    if (operation.method !== 'POST') return [];
    const depth = operation.segments.length;
    return this.#operations.flatMap((other) => {
      if (!startsWith(other.segments, operation.segments)) return [];
      const index = other.segments.findIndex((segment, at) => at >= depth && nameOfParam(segment) !== null);
      const name = nameOfParam(other.segments[index] ?? '');
      const provider = name === null ? null : this.#findByPath(other, index, name);
      return provider?.operation === operation ? [provider] : [];
    });
  }

  #findByPath(operation: Operation, index: number, name: string): Provider | null {
    const collection = operation.segments.slice(0, index);
    // `/users/by-name/{name}` names what `/users` creates.
    const are_words = collection.slice(-2).filter((it) => nameOfParam(it) === null).length === 2;
    const collections = are_words ? [collection, collection.slice(0, -1)] : [collection];
    for (const segments of collections) {
      const creator = this.#at('POST', segments);
      const found = creator && this.#provide(creator, name, singular(segments), segments === collection);
      if (found) return found;
    }
    const list = this.#at('GET', collection);
    const place = list && this.#findInAnswer(list, name, singular(collection));
    return place ? { operation: list, from: place, is_created: false } : null;
  }

  #at(method: string, segments: readonly string[]): Operation | undefined {
    return this.#operations.find(
      (it) => it.method === method && it.segments.length === segments.length && startsWith(it.segments, segments),
    );
  }

  #provide(operation: Operation, name: string, kind: string, is_direct: boolean): Provider | null {
    const place = this.#findInAnswer(operation, name, is_direct ? kind : '');
    if (place) return { operation, from: place, is_created: true };
    const field = Object.keys(toFields(this.#bodySchema(operation).properties)).find(
      (it) => squash(it) === squash(name),
    );
    if (field !== undefined) return { operation, from: { body_field: field }, is_created: true };
    const has_location = this.#answers(operation).some((answer) =>
      Object.keys(toFields(answer.headers)).some((header) => /^location$/i.test(header)),
    );
    return has_location && is_direct ? { operation, from: 'location', is_created: true } : null;
  }

  #bodySchema(operation: Operation): Fields {
    return tryUsable(
      () => this.#samples.flatten(findBody(operation, this.#references)?.schema),
      () => ({}),
    );
  }

  #answers({ fields }: Operation): Fields[] {
    const good = Object.entries(toFields(fields.responses)).filter(([status]) =>
      /^(2(\d\d|XX)|default)$/i.test(status),
    );
    return good.map(([, answer]) =>
      tryUsable(
        () => toFields(this.#references.follow(answer)),
        () => ({}),
      ),
    );
  }

  #findInAnswer(operation: Operation, name: string, kind: string): Place | null {
    let answers = this.#places.get(operation);
    if (!answers) {
      const schemas = this.#answers(operation).flatMap(({ schema, content }) => [
        schema,
        ...Object.entries(toFields(content)).flatMap(([type, media]) =>
          /json|\*\/\*/i.test(type) ? [toFields(media).schema] : [],
        ),
      ]);
      answers = schemas.map((schema) =>
        tryUsable(
          () => this.#listPlaces(schema),
          () => [],
        ),
      );
      this.#places.set(operation, answers);
    }
    const wanted = wantedNames(squash(name), kind);
    for (const places of answers) {
      const found = wanted.map((one) => places.find((it) => squash(String(it.at(-1))) === one)).find((it) => it);
      if (found) return found;
    }
    return null;
  }

  /** Places of texts and numbers in a schema, those of the outer objects first. Of a list, the first item counts. */
  #listPlaces(schema: unknown): Place[] {
    const places: Place[] = [];
    let level: { schema: unknown; place: Place }[] = [{ schema, place: [] }];
    for (let depth = 0; depth <= DEEPEST && level.length > 0; depth += 1) {
      const next: typeof level = [];
      for (const one of level) {
        const flat = this.#samples.flatten(one.schema);
        const branches = [
          flat,
          ...[...toList(flat.oneOf), ...toList(flat.anyOf)].map((it) => this.#samples.flatten(it)),
        ];
        for (const { properties, items, type } of branches) {
          if (items !== undefined) next.push({ schema: items, place: [...one.place, 0] });
          else if (!properties && one.place.length > 0 && isTextType(type)) places.push(one.place);
          for (const [key, property] of Object.entries(toFields(properties))) {
            next.push({ schema: property, place: [...one.place, key] });
          }
        }
      }
      level = next;
    }
    return places;
  }

  /** https://spec.openapis.org/oas/v3.1.1.html#link-object */
  #findLink(operation: Operation, name: string): Provider | null {
    for (const source of this.#operations) {
      for (const answer of source === operation ? [] : this.#answers(source)) {
        for (const value of Object.values(toFields(answer.links))) {
          const link = tryUsable<Fields>(
            () => toFields(this.#references.follow(value)),
            () => ({}),
          );
          if (toText(link.operationId) === '' || link.operationId !== operation.fields.operationId) continue;
          const parameters = toFields(link.parameters);
          const expression = toText(parameters[name] ?? parameters[`path.${name}`]);
          const [, pointer] = /^\$response\.body#\/(.+)$/.exec(expression) ?? [];
          const from = pointer?.split('/').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
          if (from) return { operation: source, from, is_created: source.method === 'POST' };
        }
      }
    }
    return null;
  }
}

function isTextType(type: unknown): boolean {
  const types = [type].flat();
  return type === undefined || types.some((it) => it === 'string' || it === 'integer' || it === 'number');
}

/** The body of an operation, of OpenAPI 3 or Swagger 2: its media type, schema and examples. JSON comes first. */
export function findBody(
  { parameters, fields }: Operation,
  references: References,
): { type: string; schema: unknown; media: Fields; is_required: boolean } | null {
  const body = parameters.find((it) => it.in === 'body');
  if (body) return { type: 'application/json', schema: body.schema, media: body, is_required: body.required === true };
  const described = toFields(references.follow(fields.requestBody));
  const types = Object.entries(toFields(described.content));
  const preferred = [/[/+]json|^\*\/\*$/i, /x-www-form-urlencoded/i, /^text\//i, /./];
  const [type, media] = preferred.map((it) => types.find(([name]) => it.test(name))).find((it) => it) ?? [];
  return type === undefined || !isFields(media)
    ? null
    : { type, schema: media.schema, media, is_required: described.required === true };
}

/** `{id}` → `id` */
export function nameOfParam(segment: string): string | null {
  return /^\{([^{}]+)\}$/.exec(segment)?.[1] ?? null;
}

/** Whether a path is below another one, whatever its parameters are called. */
export function startsWith(segments: readonly string[], beginning: readonly string[]): boolean {
  return beginning.every((it, at) => {
    const other = segments[at];
    return other !== undefined && (it === other || (nameOfParam(it) !== null && nameOfParam(other) !== null));
  });
}

export function squash(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** What one item of a collection is called: `/api/policies` → `policy`. */
export function singular(segments: readonly string[]): string {
  const last = squash([...segments].reverse().find((it) => nameOfParam(it) === null) ?? '').replace(/json$/, '');
  return last
    .replace(/ies$/, 'y')
    .replace(/(ss|x|ch|sh)es$/, '$1')
    .replace(/([^s])s$/, '$1');
}

/** Names that the value of a parameter may have in a response, the likeliest first. */
function wantedNames(name: string, kind: string): string[] {
  const rest = kind !== '' && name.startsWith(kind) ? name.slice(kind.length) : '';
  const is_id = /id(entifier)?$/.test(name);
  return [
    name,
    ...(rest ? [rest] : []),
    ...(is_id ? ['id', 'uid', 'uuid', 'guid', 'sid', `${kind}id`] : []),
    ...(kind !== '' && (name === kind || name === `${kind}name`) ? ['name', 'login', 'slug', 'key', 'id'] : []),
  ];
}
