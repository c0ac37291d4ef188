/** Scenarios made from recordings, run in real k6 against a server that is made from the same recording. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { draftFromHar } from '../project/scaffold/har/from-har.ts';
import { type Dynamic, startRecordingServer } from './lib/recording-server.ts';
import { draftBench, runDraft } from './lib/run-draft.ts';

const HOST = 'shop.example';
const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const bench = draftBench('har');
const { directory } = bench;

type Pairs = Readonly<Record<string, string>>;
interface Asked {
  readonly body?: string;
  readonly type?: string;
  readonly headers?: Pairs;
  readonly more?: object;
}
interface Answered {
  readonly status?: number;
  readonly text?: string;
  readonly type?: string;
  readonly headers?: Pairs;
  readonly encoding?: string;
}

const toList = (pairs: Pairs) => Object.entries(pairs).map(([name, value]) => ({ name, value }));

function entry(call: string, asked: Asked, { status = 200, text, type = 'text/html', ...answered }: Answered) {
  const [method = '', path = ''] = call.split(' ');
  const content_type: Pairs = asked.type ? { 'Content-Type': asked.type } : {};
  return {
    startedDateTime: '2026-03-01T10:00:00.000Z',
    time: 1,
    request: {
      method,
      url: path.includes('//') ? path : `https://${HOST}${path}`,
      headers: toList({ ...content_type, ...asked.headers }),
      ...(asked.body === undefined ? {} : { postData: { mimeType: asked.type ?? '', text: asked.body } }),
    },
    response: {
      status,
      headers: toList(answered.headers ?? {}),
      redirectURL: answered.headers?.Location ?? '',
      content: { mimeType: type, text, encoding: answered.encoding },
    },
    ...asked.more,
  };
}

const json = (value: unknown, more: Answered = {}): Answered => ({
  text: JSON.stringify(value),
  type: JSON_TYPE,
  ...more,
});
const sent = (value: unknown, headers: Pairs = {}): Asked => ({
  body: JSON.stringify(value),
  type: JSON_TYPE,
  headers,
});
const field = (name: string, value: string) => `<form><input type="hidden" name="${name}" value="${value}"></form>`;
const cookie = (value: string) => ({ Cookie: `sid=${value}` });

interface Recorded {
  readonly entries: readonly object[];
  readonly dynamics?: readonly Dynamic[];
  /** How many of the entries are requests of the journey, redirects included. */
  readonly requests: number;
  readonly secrets: readonly string[];
}

/** Pages of a server: a token in each form, a session that the login renews, an id in a redirect, an upload. */
const PAGES: Recorded = {
  entries: [
    entry(
      'GET /login',
      {},
      { text: field('_csrf', 'aB3dE5gH7jK9'), headers: { 'Set-Cookie': 'sid=guest0a1b2c3d; Path=/' } },
    ),
    entry(
      'POST /login',
      { body: '_csrf=aB3dE5gH7jK9&user=ann&password=hunter2', type: FORM, headers: cookie('guest0a1b2c3d') },
      { status: 302, headers: { Location: '/notes', 'Set-Cookie': 'sid=user9z8y7x6w; Path=/; HttpOnly; Secure' } },
    ),
    entry('GET /notes', { headers: cookie('user9z8y7x6w') }, { text: field('_csrf', 'qW2eR4tY6uI8') }),
    entry(
      'POST /notes',
      { body: '_csrf=qW2eR4tY6uI8&text=tea+%26+milk', type: FORM, headers: cookie('user9z8y7x6w') },
      { status: 303, headers: { Location: `https://${HOST}/notes/7/edit` } },
    ),
    entry(
      'GET /notes/7/edit',
      { headers: cookie('user9z8y7x6w') },
      { text: `${field('_csrf', 'zX1cV3bN5mA7')}<a href="/notes/7">see</a>` },
    ),
    entry(
      'POST /notes/7/files',
      {
        body: '--b0undary\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\nzX1cV3bN5mA7\r\n--b0undary\r\nContent-Disposition: form-data; name="doc"; filename="list.csv"\r\nContent-Type: text/csv\r\n\r\ntea,2\nmilk,1\r\n--b0undary--\r\n',
        type: 'multipart/form-data; boundary=b0undary',
        headers: cookie('user9z8y7x6w'),
      },
      { status: 201, text: 'stored' },
    ),
    entry(
      'DELETE /notes/7',
      { headers: { ...cookie('user9z8y7x6w'), 'X-CSRF-Token': 'zX1cV3bN5mA7' } },
      { status: 204 },
    ),
  ],
  dynamics: [
    ...['aB3dE5gH7jK9', 'qW2eR4tY6uI8', 'zX1cV3bN5mA7', 'guest0a1b2c3d', 'user9z8y7x6w'].map((value) => ({ value })),
    { value: '7', after: ['/notes/'] },
  ],
  requests: 7,
  secrets: ['TOUR_PASSWORD'],
};

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl0';
const bearer = { Authorization: `Bearer ${TOKEN}` };
/** An app of one page: a token of JSON in a header, ids in GraphQL and paths, content as proxies keep it, and what is no journey. */
const ONE_PAGE: Recorded = {
  entries: [
    entry(
      'GET /app',
      { headers: { ':method': 'GET', ':authority': HOST, ':path': '/app' } },
      { text: '<div id="root">' },
    ),
    entry('GET data:image/png;base64,//AAAA', {}, { type: 'image/png' }),
    entry(`GET blob:https://${HOST}/0b8f6c1e-7d2a-4c39-9f4e-2a6d5b1c8e70`, {}, { type: 'text/plain' }),
    entry(`GET wss://${HOST}/live`, { more: { _resourceType: 'websocket' } }, { status: 101 }),
    entry('GET /app/main.1f2e3d4c.js', {}, { type: 'application/javascript', text: 'run()' }),
    entry('GET https://stats.example/collect?id=77aa88bb99', {}, { type: 'image/gif' }),
    entry('POST /api/session', sent({ email: 'ann@shop.example', password: 'hunter2' }), json({ access_token: TOKEN })),
    {
      ...entry(
        'GET /api/carts',
        { headers: bearer },
        json({
          carts: [
            { id: 3, owner: { id: 42 } },
            { id: 5, owner: { id: 42 } },
          ],
        }),
      ),
      _fetchedViaServiceWorker: true,
    },
    entry(
      'POST /graphql',
      sent(
        { query: 'mutation($cart: ID!) { add(cart: $cart) { line { id } } }', variables: { cart: 5, sku: 'tea' } },
        bearer,
      ),
      json({ data: { add: { line: { id: 'L-90210x77' } } } }),
    ),
    entry('PATCH /api/carts/5/lines/L-90210x77', sent({ count: 2 }, bearer), {
      text: Buffer.from('{"etag":"W-55aa66bb77","count":2}').toString('base64'),
      encoding: 'base64',
      type: JSON_TYPE,
      headers: { 'Content-Encoding': 'gzip' },
    }),
    entry('PUT /api/carts/5', sent({ etag: 'W-55aa66bb77', paid: true }, bearer), {
      text: brotliCompressSync('{"done":true}').toString('base64'),
      encoding: 'base64',
      type: JSON_TYPE,
      headers: { 'Content-Encoding': 'br' },
    }),
    entry('HEAD /api/carts/5', { headers: bearer }, { type: JSON_TYPE }),
    entry('OPTIONS /api/carts/5', {}, { status: 204 }),
    entry('GET /api/carts/5/pdf', { headers: bearer }, { type: 'application/pdf' }),
    { request: { method: 'GET' } },
  ],
  dynamics: [
    { value: TOKEN },
    { value: 'L-90210x77' },
    { value: 'W-55aa66bb77' },
    { value: '5', after: ['"id":', '"cart":', '/carts/'] },
  ],
  requests: 8,
  secrets: ['TOUR_PASSWORD'],
};

/** OAuth: the state of the browser stays, the code of a redirect is fresh, and the token comes from its exchange. */
const OAUTH: Recorded = {
  entries: [
    entry(
      'GET /authorize?client_id=web&state=st4te77xyz&response_type=code',
      {},
      { status: 302, headers: { Location: '/consent?challenge=ch41lenge99' } },
    ),
    entry('GET /consent?challenge=ch41lenge99', {}, { text: '<button>Allow</button>' }),
    entry(
      'POST /consent',
      { body: 'challenge=ch41lenge99&accept=1', type: FORM },
      { status: 302, headers: { Location: '/callback?code=c0de5521aa&state=st4te77xyz' } },
    ),
    entry('GET /callback?code=c0de5521aa&state=st4te77xyz', {}, { text: 'signed in' }),
    entry(
      'POST /token',
      { body: 'grant_type=authorization_code&code=c0de5521aa', type: FORM },
      json({ access_token: 'acc35stok3n', refresh_token: 'ref7esh0t0k3n' }),
    ),
    entry('GET /me', { headers: { Authorization: 'Bearer acc35stok3n' } }, json({ id: 'u-77bb88cc' })),
    entry(
      'POST /token',
      { body: 'grant_type=refresh_token&refresh_token=ref7esh0t0k3n', type: FORM },
      json({ access_token: 'sec0ndt0ken' }),
    ),
    entry('GET /users/u-77bb88cc', { headers: { Authorization: 'Bearer sec0ndt0ken' } }, json({ name: 'Ann' })),
  ],
  requests: 8,
  secrets: [],
};

it.each([
  ['pages of a server', PAGES],
  ['an app of one page', ONE_PAGE],
  ['OAuth', OAUTH],
])('%s: two iterations pass, with fresh values, and with each request', async (_, recorded) => {
  const { entries, dynamics, requests, secrets } = recorded;
  const file = join(directory, 'x.har');
  writeFileSync(file, JSON.stringify({ log: { entries } }));
  const { draft } = await draftFromHar('tour', file, { hosts: [], with_assets: false });
  const server = await startRecordingServer(entries, HOST, dynamics);
  try {
    const { failed, output, variables } = await runDraft(draft, bench.k6, server.url, {}, 2);
    expect(server.refused, output).toEqual([]);
    expect(failed).toEqual([]);
    expect(server.accepted).toHaveLength(2 * requests);
    expect(variables).toEqual(secrets);
    // What is recorded has expired: the server is no replay of constants.
    const stale = await fetch(`${server.url}/notes/7`, { method: 'DELETE' });
    expect([403, 404]).toContain(stale.status);
  } finally {
    await server.close();
  }
});
