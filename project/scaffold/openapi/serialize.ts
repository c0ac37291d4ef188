import { toLiteral, type Value } from '../draft.ts';
import { type Fields, toText } from './read.ts';
import { Unusable } from './unusable.ts';
import { describeParameter, type ExampleValue, isScalar } from './values.ts';

const COMMA = ',';
/** Between the items of a list. OpenAPI 3 has styles, and Swagger 2 collection formats. */
const SEPARATORS: Readonly<Record<string, string>> = {
  form: COMMA,
  simple: COMMA,
  spaceDelimited: ' ',
  pipeDelimited: '|',
  csv: COMMA,
  ssv: ' ',
  tsv: '\t',
  pipes: '|',
};

/** The text of a parameter in a path or a header. @throws Unusable for a style that the client cannot send */
export function serializeText(parameter: Fields, value: ExampleValue): Value {
  if (isScalar(value)) return toLiteral(String(value));
  if (!Array.isArray(value)) throw unsupported(parameter);
  return toLiteral(value.map(String).join(findSeparator(parameter, 'simple')));
}

/** Keys and values of a parameter in a query: a list that is exploded sends its key several times. @throws Unusable */
export function serializeQuery(parameter: Fields, value: ExampleValue): readonly [string, Value][] {
  const name = toText(parameter.name);
  if (isScalar(value)) return [[name, toLiteral(String(value))]];
  if (Array.isArray(value)) {
    if (isExploded(parameter)) return [[name, { kind: 'list', items: value.map((item) => toLiteral(String(item))) }]];
    return [[name, toLiteral(value.map(String).join(findSeparator(parameter, 'form')))]];
  }
  const fields = Object.entries(value).map(([key, field]) => [key, String(field)] as const);
  if (parameter.style === 'deepObject') return fields.map(([key, field]) => [`${name}[${key}]`, toLiteral(field)]);
  if (isExploded(parameter)) return fields.map(([key, field]) => [key, toLiteral(field)]);
  return [[name, toLiteral(fields.flat().join(findSeparator(parameter, 'form')))]];
}

/** OpenAPI 3 explodes lists unless it says otherwise, and Swagger 2, which has no schema here, does not. */
function isExploded({ schema, content, explode, style, collectionFormat }: Fields): boolean {
  if (typeof explode === 'boolean') return explode;
  if (schema === undefined && content === undefined) return collectionFormat === 'multi';
  return style === undefined || style === 'form';
}

function findSeparator(parameter: Fields, usual: string): string {
  const style = toText(parameter.style) || toText(parameter.collectionFormat) || usual;
  const separator = Object.hasOwn(SEPARATORS, style) ? SEPARATORS[style] : undefined;
  if (separator === undefined) throw unsupported(parameter);
  return separator;
}

function unsupported(parameter: Fields): Unusable {
  return new Unusable('has an example that Loadstar cannot write into a URL', `: ${describeParameter(parameter)}`);
}
