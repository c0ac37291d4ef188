import { LosslessNumber } from 'lossless-json';
import { requireShallow } from '../../../lib/bounded.ts';
import { LoadstarError, messageOf, usageError } from '../../../lib/errors.ts';
import { parseExactJson } from '../exact-json.ts';
import { type Documents, readDocuments } from './documents.ts';
import { parseYaml } from './yaml.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof LosslessNumber);
}

/** @returns {} for what has no fields */
export function toFields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** @returns '' for what is no text, number or boolean */
export function toText(value: unknown): string {
  if (value instanceof LosslessNumber) return value.value;
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
}

const EXPECTED = '--from-openapi to name an OpenAPI document';

/**
 * @param source file or address
 * @returns the document, with its references as they are, and the files that it refers to
 * @throws LoadstarError (usage) if it is no OpenAPI 3 or Swagger 2 document
 */
export async function readOpenApi(source: string): Promise<Documents & { readonly document: Fields }> {
  try {
    const documents = await readDocuments(source, EXPECTED, parse);
    const { document } = documents;
    if (!isFields(document)) throw new Error('no object');
    if (document.openapi === undefined && document.swagger === undefined) {
      throw new Error('neither `openapi` nor `swagger`');
    }
    if (!isFields(document.paths)) throw new Error('no `paths`');
    return { ...documents, document };
  } catch (error) {
    if (error instanceof LoadstarError) throw error;
    throw usageError(
      EXPECTED,
      `${source}: ${messageOf(error)}`,
      'pass a document of OpenAPI 3 or Swagger 2, as JSON or YAML',
    );
  }
}

function parse(text: string): unknown {
  // JSON is also YAML, but the YAML parser is slower.
  const value = /^\s*\{/.test(text) ? parseJsonDocument(text) : parseYaml(text);
  // An alias of YAML may contain itself.
  requireShallow(value, EXPECTED);
  return value;
}

function parseJsonDocument(text: string): unknown {
  // JSON.parse is not recursive, so it shows whether the exact parser may be.
  requireShallow(JSON.parse(text), EXPECTED);
  return parseExactJson(text);
}
