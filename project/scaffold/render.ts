import { K6_MODULE } from '../../contract/package-name.ts';
import { requestName } from '../../contract/request-name.ts';
import {
  type Cut,
  type Draft,
  type DraftCall,
  isValue,
  type Keep,
  listNeeds,
  listParts,
  listVariables,
  type Place,
  type Step,
  toLiteral,
  type Value,
  withParts,
} from './draft.ts';

const INDENT = '  ';
/** Functions that read a value from a response. */
const PLACE_FUNCTIONS = ['attributeOf', 'cookieOf', 'json', 'lastOfLocation', 'textAt', 'textBetween'];

/** First guesses that the team replaces. */
const SLOS = `[
    { indicator: 'p95_ms', limit: 500, reason: 'a first guess: people call half a second fast' },
    { indicator: 'error_rate', limit: 0.01, reason: 'a first guess: one failed request in a hundred' },
    { indicator: 'checks_rate', limit: 0.99, reason: 'an answer with the wrong content is no answer' },
  ]`;

/**
 * The TypeScript of a scenario. Every text of the draft goes through JSON.stringify, and none into a comment or a name:
 * whatever a recording or a description holds, it stays data.
 */
export function render(draft: Draft): string {
  const shared = findSharedHeaders(draft);
  const calls = draft.steps.flatMap((step) => step.calls);
  const names = [...new Set(calls.map(nameOf))];
  const ungrouped = draft.steps.flatMap((step) => (step.group === null ? step.calls : []));
  const steps = draft.steps.flatMap((step) => renderStep(step, shared, ungrouped.length > 1));
  const kept = [...new Set(calls.flatMap(({ keeps }) => keeps.map(({ name }) => name)))];
  const body = [...kept.map((name) => `let ${name} = '';`), ...steps];
  const secrets = listVariables(draft);
  return `// Written by \`loadstar new scenario\`, and yours from here on: docs/own-app.md
${renderImports(draft).join('\n')}
${shared.size > 0 ? `\n/** Sent with every request. */\nconst HEADERS = ${renderRecord(shared, renderText)};\n` : ''}
export default defineScenario({
  title: ${quote(draft.title)},
  journey: ${quote(draft.journey)},
  requests: [
${indentLines(
  names.map((name) => `${quote(name)},`),
  2,
)}
  ],
${secrets.length > 0 ? `  secrets: [${secrets.map(quote).join(', ')}],\n` : ''}  slos: ${SLOS},
  run({ client }) {
${indentLines(body, 2)}
  },
});
`;
}

/** The name that the client will give the request. */
export function nameOf({ method, route, query, body }: DraftCall): string {
  const fields = { kind: 'record', fields: query } as const;
  return requestName({
    method,
    route,
    query: toPlain(fields) as Record<string, unknown>,
    body: body?.kind === 'json' ? toPlain(body.value) : null,
  });
}

/** The value as data; what the environment will hold is not known. */
function toPlain(value: Value): unknown {
  if (value.kind === 'literal') return value.value;
  if (value.kind === 'number') return value.digits;
  if (value.kind === 'list') return value.items.map(toPlain);
  return value.kind === 'record' ? Object.fromEntries([...value.fields].map(([key, it]) => [key, toPlain(it)])) : '';
}

function renderImports({ steps }: Draft): string[] {
  const calls = steps.flatMap((step) => step.calls);
  const parts = calls.flatMap(listParts);
  const reads = calls.flatMap(({ keeps }) => keeps.flatMap((keep) => renderKeep(keep) ?? []));
  const has_groups = steps.some((step) => step.group !== null);
  const own = [
    'defineScenario',
    ...(calls.some((call) => call.types.length > 0) ? ['hasType'] : []),
    ...PLACE_FUNCTIONS.filter((name) => reads.some((code) => new RegExp(`\\b${name}\\(`).test(code))),
    ...(calls.some((call) => call.think_s > 0) ? ['think'] : []),
    ...(parts.some(({ kind }) => kind === 'unique') ? ['uniqueText'] : []),
  ];
  return [
    ...(parts.some(({ kind }) => kind === 'base64') ? ["import { b64encode } from 'k6/encoding';"] : []),
    `import { check${has_groups ? ', group' : ''} } from 'k6';`,
    `import { ${own.join(', ')} } from '${K6_MODULE}';`,
  ];
}

/** @param in_blocks whether calls outside of groups are several: each then keeps its `response` to itself */
function renderStep({ group, calls }: Step, shared: DraftCall['headers'], in_blocks: boolean): string[] {
  const needs_blocks = group === null ? in_blocks : calls.length > 1;
  const body = calls.flatMap((call) => {
    const lines = renderCall(call, shared);
    return needs_blocks ? ['{', ...lines.map(indent), '}'] : lines;
  });
  return group === null ? body : [`group(${quote(group)}, () => {`, ...body.map(indent), '});'];
}

function renderCall(call: DraftCall, shared: DraftCall['headers']): string[] {
  const name = nameOf(call);
  const checks = [
    `${quote(`${name}: ${statusWords(call)}`)}: (answer) => ${renderStatusTest(call)},`,
    ...(call.types.length > 0
      ? [`${quote(`${name}: type as documented`)}: (answer) => hasType(answer, ${JSON.stringify(call.types)}),`]
      : []),
    ...call.keeps.flatMap((keep) => {
      const code = renderKeep(keep);
      return keep.is_required && code !== null
        ? [`${quote(`${name}: ${keep.name} is there`)}: () => ${keep.name} !== '',`]
        : [];
    }),
  ];
  const needs = listNeeds(call);
  const lines = [
    ...call.keeps.flatMap(({ name: kept, from }) => (isValue(from) ? [`${kept} = ${renderText(from)};`] : [])),
    ...renderRequest(call, shared),
    ...call.keeps.flatMap((keep) => renderKeep(keep) ?? []),
    'check(response, {',
    ...checks.map(indent),
    '});',
    ...(call.think_s > 0 ? [`think(${call.think_s});`] : []),
  ];
  return needs.length > 0 ? [`if (${needs.join(' && ')}) {`, ...lines.map(indent), '}'] : lines;
}

function renderKeep({ name, from }: Keep): string | null {
  if (isValue(from)) return null;
  if (from === 'location') return `${name} = lastOfLocation(response);`;
  return `${name} = ${renderPlace('in' in from ? from : { in: 'json', path: from })};`;
}

function renderPlace(place: Place): string {
  switch (place.in) {
    case 'json':
      return `textAt(json(response), ${JSON.stringify(place.path)})`;
    case 'cookie':
      return `cookieOf(response, ${quote(place.name)})`;
    case 'attribute':
      return `attributeOf(response, ${JSON.stringify(place.by)}, ${quote(place.name)})`;
    case 'body':
    case 'url':
      return renderCut(`response.${place.in}`, place.cut);
    case 'header': {
      const header = `response.headers[${quote(place.name)}]`;
      return place.cut ? renderCut(header, place.cut) : `${header} ?? ''`;
    }
  }
}

function renderCut(text: string, { before, after, skip }: Cut): string {
  return `textBetween(${[text, quote(before), quote(after), ...(skip > 0 ? [skip] : [])].join(', ')})`;
}

const LONGEST_LINE = 100;

function renderRequest(call: DraftCall, shared: DraftCall['headers']): string[] {
  const fields = [
    `method: ${quote(call.method)}`,
    `route: ${quote(call.route)}`,
    ...(call.params.size > 0 ? [`params: ${renderRecord(call.params, renderText)}`] : []),
    ...(call.query.size > 0 ? [`query: ${renderRecord(call.query, renderText)}`] : []),
    ...renderHeaders(call, shared),
    ...(call.body ? [`${BODY_FIELD[call.body.kind]}: ${renderBody(call.body)}`] : []),
  ];
  const line = `const response = client.request({ ${fields.join(', ')} });`;
  if (line.length <= LONGEST_LINE) return [line];
  return ['const response = client.request({', ...fields.map((field) => `${INDENT}${field},`), '});'];
}

const BODY_FIELD = { json: 'body', form: 'form', text: 'text' } as const;

/** A form holds texts. */
function renderBody({ kind, value }: NonNullable<DraftCall['body']>): string {
  return kind === 'form' && value.kind === 'record' ? renderRecord(value.fields, renderText) : renderValue(value);
}

function renderHeaders({ headers }: DraftCall, shared: DraftCall['headers']): string[] {
  const own = new Map([...headers].filter(([name]) => !shared.has(name)));
  if (shared.size === 0) return own.size > 0 ? [`headers: ${renderRecord(own, renderText)}`] : [];
  return own.size > 0 ? [`headers: { ...HEADERS, ${renderPairs(own, renderText)} }`] : ['headers: HEADERS'];
}

/** Headers that every call of several sends with one value, so that the file holds them once. */
function findSharedHeaders({ steps }: Draft): DraftCall['headers'] {
  const [first, ...others] = steps.flatMap(({ calls }) => calls);
  if (!first || others.length === 0) return new Map();
  const isShared = ([name, value]: [string, Value]) =>
    !withParts(value).some(({ kind }) => kind === 'kept' || kind === 'unique') &&
    others.every(({ headers }) => {
      const other = headers.get(name);
      return other !== undefined && renderText(other) === renderText(value);
    });
  return new Map([...first.headers].filter(isShared));
}

function statusWords({ statuses }: DraftCall): string {
  return statuses === 'any 2xx' ? 'status is 2xx' : `status is ${statuses.join(' or ')}`;
}

function renderStatusTest({ statuses }: DraftCall): string {
  if (statuses === 'any 2xx') return 'answer.status >= 200 && answer.status < 300';
  const [only] = statuses;
  return statuses.length === 1 ? `answer.status === ${only}` : `${JSON.stringify(statuses)}.includes(answer.status)`;
}

function renderValue(value: Value): string {
  switch (value.kind) {
    case 'literal':
      return JSON.stringify(value.value);
    case 'variable':
      return `__ENV[${quote(value.name)}] ?? ''`;
    case 'kept':
      return value.is_number ? `Number(${value.name})` : value.name;
    case 'unique':
      return `uniqueText(${quote(value.prefix)})`;
    case 'joined':
      return value.parts
        .map((part) => (part.kind === 'variable' ? `(${renderText(part)})` : renderText(part)))
        .join(' + ');
    case 'base64':
      return `b64encode(${renderText(value.value)})`;
    case 'number':
      return quote(value.digits);
    case 'json_text':
      return renderJsonText(value.value);
    case 'list':
      return `[${value.items.map(renderValue).join(', ')}]`;
    case 'record':
      return renderRecord(value.fields, renderValue);
  }
}

/** Parts of a URL, a form or a header are texts, or lists of them. */
function renderText(value: Value): string {
  if (value.kind === 'list') return `[${value.items.map(renderText).join(', ')}]`;
  if (value.kind === 'kept') return value.name;
  return value.kind === 'literal' ? quote(String(value.value)) : renderValue(value);
}

/** Code for the JSON text of a value: literals, joined with the variables between them. */
function renderJsonText(value: Value): string {
  const parts: { code: string; text: string | null }[] = [];
  for (const part of listJsonParts(value)) {
    const last = parts.at(-1);
    if (part.kind !== 'literal') parts.push({ code: `JSON.stringify(${renderValue(part)})`, text: null });
    else if (last && last.text !== null) last.text += String(part.value);
    else parts.push({ code: '', text: String(part.value) });
  }
  return parts.map(({ code, text }) => (text === null ? code : quote(text))).join(' + ');
}

type JsonPart = Extract<Value, { kind: 'literal' | 'variable' | 'kept' | 'unique' | 'joined' | 'base64' }>;

function listJsonParts(value: Value): JsonPart[] {
  switch (value.kind) {
    case 'literal':
      return [toLiteral(JSON.stringify(value.value))];
    case 'variable':
    case 'kept':
    case 'unique':
    case 'joined':
    case 'base64':
      return [value];
    case 'number':
      return [toLiteral(value.digits)];
    case 'json_text':
      return listJsonParts(value.value);
    case 'list':
      return [...joinParts('[', value.items.map(listJsonParts), ']')];
    case 'record': {
      const fields = [...value.fields].map(([name, it]) => [
        toLiteral(`${JSON.stringify(name)}:`),
        ...listJsonParts(it),
      ]);
      return [...joinParts('{', fields, '}')];
    }
  }
}

function joinParts(open: string, parts: readonly JsonPart[][], close: string): JsonPart[] {
  const joined = parts.flatMap((part, index) => (index === 0 ? part : [toLiteral(','), ...part]));
  return [toLiteral(open), ...joined, toLiteral(close)];
}

function renderRecord(fields: ReadonlyMap<string, Value>, valueCode: (value: Value) => string): string {
  const pairs = renderPairs(fields, valueCode);
  return pairs ? `{ ${pairs} }` : '{}';
}

function renderPairs(fields: ReadonlyMap<string, Value>, valueCode: (value: Value) => string): string {
  // As a plain key, __proto__ would set the prototype.
  const key = (name: string) => (name === '__proto__' ? '["__proto__"]' : quote(name));
  return [...fields].map(([name, value]) => `${key(name)}: ${valueCode(value)}`).join(', ');
}

/** A string literal. Since ES2019 every JSON string is one. */
function quote(value: string): string {
  return JSON.stringify(value);
}

function indentLines(texts: readonly string[], depth: number): string {
  return texts.map((line) => INDENT.repeat(depth) + line).join('\n');
}

function indent(line: string): string {
  return INDENT + line;
}
