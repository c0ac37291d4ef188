import { parseJson } from '../../../lib/json.ts';
import { type DraftCall, hasLongNumber, toLiteral, type Value } from '../draft.ts';
import { findBody } from './chain.ts';
import { MULTIPART_TYPE, writeMultipart } from './multipart.ts';
import type { Description, Operation } from './operation.ts';
import { type Fields, isFields, toFields, toList, toText } from './read.ts';
import { Unusable } from './unusable.ts';

export interface Bodies {
  /** A value of another operation, or a unique one, for a field of a body. @param made what would be sent else */
  ofField(name: string, made: unknown, schema: Fields): Value | null;
  /** The id of something else that an operation gives. @param name of a field, such as `orgID` */
  ofReference(name: string, is_number: boolean): Value | null;
}

export interface ConvertedBody {
  readonly body: DraftCall['body'];
  /** Content type, if it is not the one that the client sends for such a body. */
  readonly type: string | null;
}

const NO_BODY: ConvertedBody = { body: null, type: null };

/** @throws Unusable if an operation needs a body that cannot be made */
export function convertBody(description: Description, operation: Operation, supply: Bodies): ConvertedBody {
  const form = convertFormParameters(description, operation, supply);
  if (form) return form;
  const found = findBody(operation, description.references);
  if (!found || operation.method === 'GET') return NO_BODY;
  const { type, schema, media, is_required } = found;
  const kind = kindOf(type);
  if (kind === null) {
    if (!is_required) return NO_BODY;
    throw new Unusable('sends a body of another type than JSON, a form or a text', `: ${type}`);
  }
  const flat = description.samples.flatten(schema);
  const value = makeBody(description, media, flat);
  if (value === undefined) {
    if (!is_required) return NO_BODY;
    throw new Unusable('sends a body of which the description gives no example');
  }
  const own_type = type.includes('*') || type === CONTENT_TYPES[kind] ? null : type;
  if (kind === 'text') return { body: { kind, value: toLiteral(toText(value)) }, type: own_type };
  const converted = convertFields(description, value, flat, supply);
  if (kind === 'multipart') return toMultipart(description, converted, flat);
  if (kind === 'form') return { body: { kind, value: converted }, type: null };
  if (!hasLongNumber(converted)) return { body: { kind, value: converted }, type: own_type };
  return { body: { kind: 'text', value: { kind: 'json_text', value: converted } }, type };
}

function toMultipart({ samples }: Description, converted: Value, schema: Fields): ConvertedBody {
  if (converted.kind !== 'record') throw new Unusable('sends a multipart form without fields');
  const properties = toFields(schema.properties);
  const schemaOf = (name: string) => samples.flatten(Object.hasOwn(properties, name) ? properties[name] : {});
  return { body: { kind: 'text', value: writeMultipart(converted.fields, schemaOf) }, type: MULTIPART_TYPE };
}

const CONTENT_TYPES = {
  multipart: MULTIPART_TYPE,
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  text: 'text/plain',
};

function kindOf(type: string): 'json' | 'form' | 'text' | 'multipart' | null {
  if (/[/+]json\b/i.test(type) || type === '*/*') return 'json';
  if (/x-www-form-urlencoded/i.test(type)) return 'form';
  if (/^multipart\/form-data/i.test(type)) return 'multipart';
  return /^text\//i.test(type) ? 'text' : null;
}

/** An example of the whole body counts before those of its schema. */
function makeBody({ references, samples }: Description, media: Fields, flat: Fields): unknown {
  const named = Object.values(toFields(media.examples)).map((it) => toFields(references.follow(it)).value);
  const [given] = [media.example, media['x-example'], ...named].filter((it) => it !== undefined && it !== null);
  const example = typeof given === 'string' && flat.type !== 'string' ? (parseJson(given) ?? given) : given;
  return samples.sample(example === undefined ? flat : { ...flat, example }) ?? example;
}

function convertFields({ samples, values }: Description, value: unknown, flat: Fields, supply: Bodies): Value {
  if (!isFields(value)) return values.toValue('body', value);
  const properties = toFields(flat.properties);
  const fields = Object.entries(value).map(([name, made]) => {
    const schema = Object.hasOwn(properties, name) ? samples.flatten(properties[name]) : {};
    const is_fixed = toList(schema.enum).length > 0 || schema.const !== undefined || typeof made === 'object';
    // One of an enumeration is no secret, whatever the field is called.
    if (toList(schema.enum).length > 0 && typeof made === 'string') return [name, toLiteral(made)] as const;
    return [name, (is_fixed ? null : supply.ofField(name, made, schema)) ?? values.toValue(name, made)] as const;
  });
  // Many products need the id of an organisation or a project without saying so.
  const more = Object.keys(properties).flatMap((name) => {
    const schema = samples.flatten(properties[name]);
    if (Object.hasOwn(value, name) || schema.readOnly === true) return [];
    const supplied = supply.ofReference(name, schema.type === 'integer' || schema.type === 'number');
    return supplied ? [[name, supplied] as const] : [];
  });
  return { kind: 'record', fields: new Map([...fields, ...more]) };
}

/** Swagger 2 describes the fields of a form as parameters. */
function convertFormParameters(description: Description, operation: Operation, supply: Bodies): ConvertedBody | null {
  const fields = operation.parameters.filter((it) => it.in === 'formData');
  if (fields.length === 0) return null;
  const types = toList(operation.fields.consumes ?? description.document.consumes).map(toText);
  const required = fields.filter((it) => it.required === true);
  const is_form = types.length === 0 || types.some((type) => /x-www-form-urlencoded/i.test(type));
  const is_multipart = !is_form || required.some((it) => it.type === 'file');
  const properties = Object.fromEntries(fields.map((field) => [toText(field.name), { ...field, required: undefined }]));
  const schema = { type: 'object', properties, required: required.map((it) => toText(it.name)) };
  const value = description.samples.sample(schema);
  if (value === undefined) throw new Unusable('sends a body of which the description gives no example');
  const converted = convertFields(description, value, schema, supply);
  if (is_multipart) return toMultipart(description, converted, schema);
  return { body: { kind: 'form', value: converted }, type: null };
}
