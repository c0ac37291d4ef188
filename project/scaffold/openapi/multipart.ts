import { toLiteral, type Value } from '../draft.ts';
import { type Fields, toText } from './read.ts';

const BOUNDARY = 'loadstar-part';
export const MULTIPART_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
/** What an uploaded file holds, and its name. */
const FILE = { name: 'loadstar.txt', type: 'text/plain', text: 'loadstar' };

/**
 * The text of a multipart form: a part for each field, and for each item of a list.
 * @param schemaOf the schema of a field, without references
 */
export function writeMultipart(fields: ReadonlyMap<string, Value>, schemaOf: (name: string) => Fields): Value {
  const parts = [...fields].flatMap(([name, value]) => {
    if (isFile(schemaOf(name))) {
      return writePart(`name="${name}"; filename="${FILE.name}"\r\nContent-Type: ${FILE.type}`, toLiteral(FILE.text));
    }
    const values = value.kind === 'list' ? value.items : [value];
    return values.flatMap((one) =>
      one.kind === 'record' || one.kind === 'list'
        ? writePart(`name="${name}"\r\nContent-Type: application/json`, { kind: 'json_text', value: one })
        : writePart(`name="${name}"`, one.kind === 'joined' ? one : { kind: 'joined', parts: [one] }),
    );
  });
  return { kind: 'joined', parts: [...parts, toLiteral(`--${BOUNDARY}--\r\n`)] };
}

function writePart(head: string, value: Value): Value[] {
  const values = value.kind === 'joined' ? value.parts : [value];
  return [
    toLiteral(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    ...values.map((it) => (it.kind === 'literal' ? toLiteral(String(it.value)) : it)),
    toLiteral('\r\n'),
  ];
}

/** OpenAPI 3.0 says `format: binary`, 3.1 names a media type or says nothing, and Swagger 2 has a type of its own. */
export function isFile({ type, format, contentMediaType, items }: Fields): boolean {
  if (type === 'file' || contentMediaType !== undefined) return true;
  if (type === 'array') return isFile((items ?? {}) as Fields);
  return /^(binary|byte)$/.test(toText(format));
}
