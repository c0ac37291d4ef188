import { type DraftCall, toLiteral, type Value } from '../draft.ts';
import type { Values } from '../values.ts';
import { toCanonical } from './places.ts';
import type { HarEntry } from './recording.ts';

/**
 * Headers that do not belong to the journey: those of the connection and of the browser, those that k6 or the client
 * writes, conditions on the browser's cache, ids of recorded traces, and addresses of the recorded host.
 */
const LEFT_OUT = new RegExp(
  `^(:.*|${[
    'host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|http2-settings|expect',
    'content-length|content-type|accept-encoding|cookie2?|authorization',
    'user-agent|sec-.*|dnt|priority|upgrade-insecure-requests|save-data|purpose|x-client-data|x-devtools-.*',
    'pragma|cache-control|if-none-match|if-modified-since',
    'traceparent|tracestate|baggage|sentry-trace|b3|x-b3-.*|x-datadog-.*|newrelic|uber-trace-id|x-amzn-trace-id',
    'origin|referer|via|forwarded|x-forwarded-.*|x-real-ip',
  ].join('|')})$`,
  'i',
);
/** RFC 9110 §5.6.2. */
const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a line break would begin another header.
const CONTROL = /[\u0000-\u001f\u007f]/;
const CREDENTIALS = /^(basic|bearer|digest|negotiate|ntlm|token|aws4-\S+)\s/i;
const DEFAULT_TYPES = { json: 'application/json', form: 'application/x-www-form-urlencoded', text: 'text/plain' };

/** The headers of a recorded request that the app sees, with secrets as variables. */
export function convertHeaders(entry: HarEntry, body: DraftCall['body'], values: Values): Map<string, Value> {
  const kept = new Map<string, string>();
  const type = findContentType(entry);
  if (type !== '' && !isDefaultType(type, body)) kept.set('Content-Type', type);
  for (const { name, value } of entry.request.headers) {
    if (LEFT_OUT.test(name) || !NAME.test(name) || CONTROL.test(value) || value === '') continue;
    // Every client accepts everything.
    if (/^accept$/i.test(name) && value === '*/*') continue;
    const known = kept.get(toCanonical(name));
    kept.set(toCanonical(name), known === undefined ? value : `${known}, ${value}`);
  }
  const headers = new Map([...kept].map(([name, value]) => [name, toHeaderValue(name, value, values)]));
  const authorization = entry.request.headers.find(({ name }) => name.toLowerCase() === 'authorization');
  const [, scheme = '', token = ''] = /^(\S+\s+)(\S+)$/.exec(authorization?.value ?? '') ?? [];
  // Credentials that no answer of the recording brought belong to the target (`token_from_env`).
  const fresh = token === '' ? null : values.toFresh('token', token);
  return fresh ? headers.set('Authorization', { kind: 'joined', parts: [toLiteral(scheme), fresh] }) : headers;
}

/** Content type of the body: the header counts, because some programs normalise the other field. */
export function findContentType({ request }: HarEntry): string {
  const header = request.headers.find(({ name }) => name.toLowerCase() === 'content-type');
  const type = header?.value || request.postData?.mimeType || '';
  return CONTROL.test(type) ? '' : type.trim();
}

/** Whether the client sends this type by itself. UTF-8 is what it writes. */
function isDefaultType(type: string, body: DraftCall['body']): boolean {
  const plain = type.replace(/;\s*charset="?utf-?8"?\s*$/i, '').trim();
  return body !== null && plain.toLowerCase() === DEFAULT_TYPES[body.kind];
}

function toHeaderValue(name: string, value: string, values: Values): Value {
  const fresh = values.toFresh(name, value);
  if (fresh) return fresh;
  const is_secret = CREDENTIALS.test(value) || values.holdsKnownSecret(value);
  return is_secret ? values.toVariable(name) : values.toValue(name, value);
}
