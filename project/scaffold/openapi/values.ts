import { LosslessNumber, stringify } from 'lossless-json';
import { type Fields, isFields, toFields, toList } from './read.ts';
import type { References } from './references.ts';
import { tryUsable, Unusable } from './unusable.ts';

export type Scalar = string | number | boolean | LosslessNumber;
export type ExampleValue = Scalar | readonly Scalar[] | Readonly<Record<string, Scalar>>;

const COMBINED = ['allOf', 'oneOf', 'anyOf'];
/** A longer example does not fit into a URL. */
const MOST_ITEMS = 100;

/**
 * The value that the description gives for a parameter: the first of its examples, default, constants and enumeration.
 * @throws Unusable if it gives none
 */
export function findValue(parameter: Fields, references: References): ExampleValue {
  let problem: Unusable | null = null;
  for (const candidate of listCandidates(parameter, references, (error) => {
    problem ??= error;
  })) {
    if (isExampleValue(candidate)) return candidate;
  }
  throw problem ?? new Unusable('has no example or default', ` for ${describeParameter(parameter)}`);
}

export function describeParameter({ in: place, name }: Fields): string {
  return place === 'path' || place === 'query' ? `\`${name}\`` : `the ${place} parameter \`${name}\``;
}

type Report = (error: Unusable) => void;

function* listCandidates(parameter: Fields, references: References, report: Report): Generator<unknown> {
  const seen = new Set<unknown>();
  yield* listExamples(parameter, references, report);
  yield* listSchemaValues(parameter.schema, references, report, seen);
  // In Swagger 2, the parameter is the schema.
  yield* listSchemaValues(parameter, references, report, seen);
  const [[type, media] = []] = Object.entries(toFields(parameter.content));
  const in_media = toFields(media);
  for (const value of [
    ...listExamples(in_media, references, report),
    ...listSchemaValues(in_media.schema, references, report, seen),
  ]) {
    yield type?.includes('json') && isSmall(value) ? stringify(value) : value;
  }
}

function* listExamples(holder: Fields, references: References, report: Report): Generator<unknown> {
  yield holder.example;
  yield holder['x-example'];
  if (Array.isArray(holder.examples)) yield* holder.examples;
  else {
    for (const example of Object.values(toFields(holder.examples))) {
      yield toFields(follow(example, references, report)).value;
    }
  }
}

/** @param seen each schema counts once, however often it refers to itself */
function* listSchemaValues(
  schema: unknown,
  references: References,
  report: Report,
  seen: Set<unknown>,
): Generator<unknown> {
  if (seen.has(schema)) return;
  seen.add(schema);
  const fields = toFields(follow(schema, references, report));
  yield fields.example;
  yield fields['x-example'];
  yield* toList(fields.examples);
  yield fields.default;
  yield fields.const;
  yield* toList(fields.enum);
  for (const part of COMBINED.flatMap((name) => toList(fields[name]))) {
    yield* listSchemaValues(part, references, report, seen);
  }
  for (const item of listSchemaValues(fields.items, references, report, seen)) yield [item];
}

function follow(value: unknown, references: References, report: Report): unknown {
  return tryUsable(() => references.follow(value), report);
}

/** @returns null for what a URL or header cannot hold */
export function toExampleValue(parameter: Fields, value: unknown): ExampleValue | null {
  const [[type] = []] = Object.entries(toFields(parameter.content));
  const text = type?.includes('json') ? stringify(value) : value;
  return isExampleValue(text) ? text : null;
}

function isExampleValue(value: unknown): value is ExampleValue {
  if (isScalar(value)) return value !== '';
  const items = Array.isArray(value) ? value : isFields(value) ? Object.values(value) : [];
  return items.length > 0 && items.length <= MOST_ITEMS && items.every(isScalar);
}

export function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'boolean'].includes(typeof value) || value instanceof LosslessNumber;
}

/** Whether a value is short when it is written: an alias of YAML may hold one object many times. */
function isSmall(value: unknown): boolean {
  const left: unknown[] = [value];
  for (let count = 0; left.length > 0; count += 1) {
    if (count > MOST_ITEMS) return false;
    const one = left.pop();
    if (typeof one === 'object' && one !== null) {
      const children = Object.values(one);
      if (children.length > MOST_ITEMS) return false;
      left.push(...children);
    }
  }
  return value !== undefined;
}
