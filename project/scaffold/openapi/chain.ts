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
        const kind = singular(operation.segments.slice(0, index));
        for (const key of [own, of_collection]) {
          // What `POST /stages` creates may be named by a `channel_id`, but it is no channel.
          const of_key = { ...provider, is_created: provider.is_created && isOfKind(key, kind) };
          const known = this.#by_name.get(key);
          if (!known || (of_key.is_created && !known.is_created)) this.#by_name.set(key, of_key);
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

  /** The same, but only of what is there. @returns null if nothing lists it */
  findListed(operation: Operation, name: string): Provider | null {
    const index = operation.segments.findIndex((segment) => nameOfParam(segment) === name);
    return index < 0 ? null : this.#findInList(operation, index, name);
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
    return this.#findInList(operation, index, name);
  }

  #findInList(operation: Operation, index: number, name: string): Provider | null {
    const collection = operation.segments.slice(0, index);
    const list = this.#at('GET', collection);
    const parameter = operation.parameters.find((it) => it.in === 'path' && it.name === name) ?? {};
    const { type } = tryUsable<Fields>(
      () => this.#samples.flatten(parameter.schema ?? parameter),
      () => ({}),
    );
    const may_be_text = type !== 'integer' && type !== 'number';
    const place = list && this.#findInAnswer(list, name, singular(collection), may_be_text);
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
    const all = Object.entries(toFields(fields.responses));
    const successes = all.filter(([status]) => /^2(\d\d|XX)$/i.test(status));
    // Beside answers of success, the default one describes errors.
    const good = successes.length > 0 ? successes : all.filter(([status]) => status === 'default');
    return good.map(([, answer]) =>
      tryUsable(
        () => toFields(this.#references.follow(answer)),
        () => ({}),
      ),
    );
  }

  #findInAnswer(operation: Operation, name: string, kind: string, may_be_text = false): Place | null {
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
    const { ids, names } = wantedNames(squash(name), kind, may_be_text);
    const isNamed = (place: Place, one: string) => squash(String(place.at(-1))) === one;
    const rank = (place: Place) => ids.findIndex((one) => isNamed(place, one));
    // `id` is the thing itself, and `reference.order_id` another one: the outer one counts.
    const found = answers.flatMap((places) =>
      places
        .filter((place) => ids.some((one) => isNamed(place, one)))
        .sort((a, b) => a.length - b.length || rank(a) - rank(b))
        .slice(0, 1),
    );
    const named = answers.flatMap((places) =>
      names.map((one) => places.find((place) => isNamed(place, one))).filter((it) => it !== undefined),
    );
    const texts = may_be_text ? answers.flatMap((places) => places.filter((place) => isListOf(place, kind))) : [];
    return [...found, ...named, ...texts][0] ?? null;
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

/** Whether a name such as `orderId` may be the id of a thing of this kind. */
function isOfKind(name: string, kind: string): boolean {
  const stem = squash(name).replace(/(uu|gu|u)?id$|key$/, '');
  return kind.includes(stem) || stem.includes(kind);
}

/** Whether a place is the first text of a list that is called as the collection, or of a list that is the whole answer. */
function isListOf(place: Place, kind: string): boolean {
  const list = place.at(-2);
  return place.at(-1) === 0 && (place.length === 1 || (typeof list === 'string' && singular([list]) === kind));
}

/** Names that the value of a parameter may have in a response, the likeliest first; `names` count where no id is. */
function wantedNames(name: string, kind: string, may_be_text: boolean): { ids: string[]; names: string[] } {
  const rest = kind !== '' && name.startsWith(kind) ? name.slice(kind.length) : '';
  const is_id = /id(entifier)?$/.test(name);
  const is_name = kind !== '' && (name === kind || name === `${kind}name`);
  return {
    ids: [name, ...(rest ? [rest] : []), ...(is_id ? ['id', 'uid', 'uuid', 'guid', 'sid', `${kind}id`] : [])],
    names: is_name ? ['name', 'login', 'slug', 'key', 'id'] : is_id && may_be_text ? ['name', 'slug', 'key'] : [],
  };
}
