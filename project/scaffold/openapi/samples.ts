import fc from 'fast-check';
import { LosslessNumber } from 'lossless-json';
import { type Fields, isFields, toFields, toList, toText } from './read.ts';
import type { References } from './references.ts';

/** A schema that refers to itself ends here. */
const DEEPEST = 12;
/** Where a schema requires no property, these name the thing that a body creates. */
const NAMES = /^(name|title|label|login|user_?name|e?mail|slug|key|type|kind|password)$/i;
const TEXT = 'loadstar';
/** https://spec.openapis.org/registry/format/ */
const FORMATS: Readonly<Record<string, string>> = {
  byte: 'bG9hZHN0YXI=',
  date: '2026-01-31',
  'date-time': '2026-01-31T12:00:00Z',
  duration: 'P1D',
  email: 'loadstar@example.com',
  hostname: 'example.com',
  'idn-email': 'loadstar@example.com',
  int32: '1',
  int64: '1',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  'json-pointer': '/a',
  password: 'Loadstar-2026',
  time: '12:00:00Z',
  uri: 'https://example.com/',
  'uri-reference': '/a',
  url: 'https://example.com/',
  uuid: '0b8f6c1e-7d2a-4c39-9f4e-2a6d5b1c8e70',
};
/** Tried for a pattern before a text is made from it. */
const COMMON_TEXTS = [TEXT, 'Loadstar', 'LOADSTAR', 'a', 'A', '1', '12345678', 'en', 'US', ...Object.values(FORMATS)];

/** Makes values that satisfy the schemas of a description: what they give themselves, or else what they allow. */
export class Samples {
  readonly #references: References;

  constructor(references: References) {
    this.#references = references;
  }

  /** @returns a value that a request may send; undefined: none was found. @throws Unusable for a broken reference */
  sample(schema: unknown, depth = 0): unknown {
    if (depth > DEEPEST) return undefined;
    const flat = this.flatten(schema);
    const given = listGiven(flat)
      .map((value) => coerce(value, flat))
      .find((value) => value !== undefined);
    if (given !== undefined && !isFields(given)) return given;
    return this.#sampleBranch(flat, depth) ?? this.#make(flat, isFields(given) ? given : {}, depth) ?? given;
  }

  /** The schema with what it refers to, and with all of its `allOf`. */
  flatten(schema: unknown, depth = 0): Fields {
    const { allOf, ...own } = toFields(this.#references.follow(schema));
    if (depth > DEEPEST || !Array.isArray(allOf)) return own;
    return allOf.map((part) => this.flatten(part, depth + 1)).reduceRight(merge, own);
  }

  #sampleBranch(flat: Fields, depth: number): unknown {
    const { oneOf, anyOf, discriminator, ...base } = flat;
    for (const branch of [...toList(oneOf), ...toList(anyOf)]) {
      const merged = merge(this.flatten(branch), base);
      const value = typesOf(merged)[0] === 'null' ? undefined : this.sample(merged, depth + 1);
      if (value !== undefined)
        return isFields(value) ? { ...value, ...discriminate(discriminator, branch, merged) } : value;
    }
    return undefined;
  }

  /** @param given an example of the whole object */
  #make(flat: Fields, given: Fields, depth: number): unknown {
    switch (findType(flat)) {
      case 'object':
        return this.#makeObject(flat, given, depth);
      case 'array':
        return this.#makeArray(flat, depth);
      case 'integer':
      case 'number':
        return makeNumber(flat);
      case 'boolean':
        return true;
      case 'string':
        return makeText(flat);
      default:
        return undefined;
    }
  }

  #makeObject(flat: Fields, given: Fields, depth: number): Fields | undefined {
    const properties = toFields(flat.properties);
    const is_closed = flat.additionalProperties === false;
    const made: Record<string, unknown> = {};
    const isSent = (name: string) => this.#of(properties, name).readOnly !== true;
    for (const [name, value] of Object.entries(given)) {
      if (!isSent(name) || (is_closed && !Object.hasOwn(properties, name))) continue;
      // An example of the whole may contradict the schema of a field.
      const fitting = this.#fit(value, this.#of(properties, name), depth);
      if (fitting !== undefined) define(made, name, fitting);
    }
    const required = toList(flat.required).map(toText).filter(isSent);
    for (const name of required) {
      if (Object.hasOwn(made, name)) continue;
      const value = Object.hasOwn(properties, name) ? this.sample(properties[name], depth + 1) : TEXT;
      if (value === undefined) return undefined;
      define(made, name, value);
    }
    const least = Number(toText(flat.minProperties) || 0);
    const has_own = Object.keys(made).length > 0 || depth > 1;
    for (const name of Object.keys(properties).filter(isSent)) {
      const property = this.#of(properties, name);
      const is_telling = !has_own && (NAMES.test(name) || listGiven(property).length > 0);
      if (Object.hasOwn(made, name) || !(is_telling || Object.keys(made).length < least)) continue;
      const value = this.sample(property, depth + 1);
      if (value !== undefined) define(made, name, value);
    }
    return made;
  }

  /** A part of an example, as far as its own schema allows it. */
  #fit(value: unknown, schema: Fields, depth: number): unknown {
    if (isFields(value) && schema.properties) return this.sample({ ...schema, example: value }, depth + 1);
    if (!Array.isArray(value) || schema.items === undefined) return coerce(value, schema);
    const item = this.flatten(schema.items);
    const fitting = value.map((one) => this.#fit(one, item, depth + 1)).filter((one) => one !== undefined);
    return fitting.length > 0 || value.length === 0 ? coerce(fitting, schema) : undefined;
  }

  #of(properties: Fields, name: string): Fields {
    return Object.hasOwn(properties, name) ? this.flatten(properties[name]) : {};
  }

  /** An empty list says little, so there is one item unless the schema wants more or none. */
  #makeArray({ items, minItems, maxItems, uniqueItems }: Fields, depth: number): readonly unknown[] | undefined {
    const least = Number(toText(minItems) || 0);
    const count = Math.min(Math.max(least, 1), Number(toText(maxItems) || Number.POSITIVE_INFINITY));
    const item = this.sample(items ?? {}, depth + 1) ?? (least === 0 ? undefined : TEXT);
    if (item === undefined) return least === 0 ? [] : undefined;
    const others = toList(this.flatten(items).enum);
    return Array.from({ length: count }, (_, index) => (uniqueItems && index > 0 ? vary(item, others, index) : item));
  }
}

function merge(schema: Fields, over: Fields): Fields {
  const lists = (name: string) => [...toList(schema[name]), ...toList(over[name])];
  return {
    ...schema,
    ...over,
    ...(schema.properties || over.properties
      ? { properties: { ...toFields(schema.properties), ...toFields(over.properties) } }
      : {}),
    ...(schema.required || over.required ? { required: lists('required') } : {}),
    ...(schema.oneOf && over.oneOf ? { oneOf: lists('oneOf') } : {}),
  };
}

/** What a schema gives itself. */
export function listGiven(schema: Fields): unknown[] {
  const { example, default: usual, const: only } = schema;
  const given = [example, schema['x-example'], ...toList(schema.examples), only, usual, ...toList(schema.enum)];
  return given.filter((value) => value !== undefined && value !== null);
}

/** @returns the value in the type that the schema wants; undefined if the schema refuses it */
function coerce(value: unknown, schema: Fields): unknown {
  const allowed = toList(schema.enum);
  const types = typesOf(schema);
  const typed = types.length === 0 || types.includes(typeOf(value)) ? value : convert(value, types);
  if (typed === undefined || typed === '') return undefined;
  if (allowed.length > 0 && !isFields(typed) && !Array.isArray(typed)) {
    return allowed.some((it) => toText(it) === toText(typed)) ? typed : undefined;
  }
  return typeof typed === 'string' && !isText(typed, schema) ? undefined : typed;
}

function convert(value: unknown, types: readonly string[]): unknown {
  const text = toText(value);
  if (text === '') return undefined;
  if (types.includes('string')) return text;
  if (types.includes('boolean') && /^(true|false)$/.test(text)) return text === 'true';
  if (types.includes('number') && Number.isFinite(Number(text))) return Number(text);
  return types.includes('integer') && Number.isInteger(Number(text)) ? Number(text) : undefined;
}

function typeOf(value: unknown): string {
  if (value instanceof LosslessNumber) return 'integer';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

/** An integer is a number too. */
function typesOf({ type }: Fields): string[] {
  const types = [type].flat().filter((it) => typeof it === 'string');
  return types.includes('number') ? [...types, 'integer'] : types;
}

function findType(schema: Fields): string | undefined {
  const type = typesOf(schema).find((it) => it !== 'null');
  if (type !== undefined) return type;
  if (schema.properties || schema.additionalProperties || Array.isArray(schema.required)) return 'object';
  if (schema.items) return 'array';
  return schema.minimum !== undefined || schema.maximum !== undefined ? 'number' : 'string';
}

function makeNumber(schema: Fields): number | undefined {
  const bound = (name: string) => (schema[name] === undefined ? Number.NaN : Number(toText(schema[name])));
  const is_integer = findType(schema) === 'integer';
  const step = bound('multipleOf') || (is_integer ? 1 : Number.NaN);
  // In OpenAPI 3.0, `exclusiveMinimum` is a boolean beside `minimum`.
  const isAbove = (value: number) =>
    !(value < bound('minimum') || value <= bound('exclusiveMinimum')) &&
    !(schema.exclusiveMinimum === true && value === bound('minimum'));
  const isBelow = (value: number) =>
    !(value > bound('maximum') || value >= bound('exclusiveMaximum')) &&
    !(schema.exclusiveMaximum === true && value === bound('maximum'));
  const low = Number.isNaN(bound('minimum')) ? bound('exclusiveMinimum') : bound('minimum');
  const high = Number.isNaN(bound('maximum')) ? bound('exclusiveMaximum') : bound('maximum');
  const candidates = [1, low, low + 1, high, high - 1, (low + high) / 2].filter(Number.isFinite);
  const stepped = Number.isNaN(step)
    ? candidates
    : candidates.flatMap((it) => [Math.ceil(it / step) * step, Math.floor(it / step) * step]);
  return [...stepped, 0].find((value) => isAbove(value) && isBelow(value));
}

function makeText(schema: Fields): string | undefined {
  const least = Number(toText(schema.minLength) || 0);
  const most = Number(toText(schema.maxLength) || Number.POSITIVE_INFINITY);
  const format = FORMATS[toText(schema.format)];
  if (format !== undefined && isText(format, schema)) return format;
  if (schema.pattern === undefined) {
    const text = TEXT.length < least ? TEXT.repeat(Math.ceil(Math.min(least, 1e6) / TEXT.length)) : TEXT;
    return text.slice(0, Math.max(Math.min(most, Math.max(TEXT.length, least)), 0));
  }
  const common = COMMON_TEXTS.find((text) => isText(text, schema));
  return common ?? fromPattern(toText(schema.pattern), least, most).find((text) => isText(text, schema));
}

const TRIES = 50;
/** So that a document gives one scenario, whenever it is read. */
const SEED = 1;

function fromPattern(pattern: string, minLength: number, most: number): string[] {
  const maxLength = Number.isFinite(most) ? most : minLength + 100;
  for (const form of [`^(?:${pattern})$`, pattern]) {
    const expression = toExpression(form);
    if (!expression) continue;
    try {
      return fc.sample(fc.stringMatching(expression, { maxLength }), { seed: SEED, numRuns: TRIES });
    } catch {
      // fast-check does not know all of regular expressions, such as looking ahead.
    }
  }
  return [];
}

function toExpression(pattern: string): RegExp | null {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(pattern, flags);
    } catch {
      // Patterns of other programs need not be ones of JavaScript.
    }
  }
  return null;
}

/** Formats that servers check, and that examples often do not have. */
const FORMS: Readonly<Record<string, RegExp>> = {
  date: /^\d{4}-\d\d-\d\d$/,
  'date-time': /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/i,
  email: /^\S+@\S+$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
};

/** Whether a text is as long as the schema wants, of its pattern and its format. */
function isText(text: string, { pattern, minLength, maxLength, format }: Fields): boolean {
  const form = FORMS[toText(format)];
  const expression = pattern === undefined ? null : toExpression(toText(pattern));
  return (
    text.length >= Number(toText(minLength) || 0) &&
    text.length <= Number(toText(maxLength) || Number.POSITIVE_INFINITY) &&
    (form === undefined || form.test(text)) &&
    (expression === null || expression.test(text))
  );
}

function vary(item: unknown, others: readonly unknown[], index: number): unknown {
  if (others.length > index) return others[index];
  if (typeof item === 'number') return item + index;
  return typeof item === 'string' ? `${item}${index}` : item;
}

/** The field that says which branch of `oneOf` a value is of. */
function discriminate(discriminator: unknown, branch: unknown, merged: Fields): Fields {
  const { propertyName, mapping } = toFields(discriminator);
  const name = toText(propertyName);
  const property = toFields(toFields(merged.properties)[name]);
  if (name === '' || listGiven(property).length > 0) return {};
  const reference = toText(toFields(branch).$ref);
  const short = reference.split('/').pop() ?? '';
  const key = Object.entries(toFields(mapping)).find(([, to]) => to === reference || to === short)?.[0] ?? short;
  return key ? { [name]: key } : {};
}

/** As a plain assignment, `__proto__` would set the prototype. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
