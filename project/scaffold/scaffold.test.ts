/** Scenarios from recordings and descriptions, run against stubs of k6: what they would send, and that texts stay data. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPlainDraft, listVariables } from './draft.ts';
import { draftFromHar } from './har/from-har.ts';
import { draftFromOpenApi } from './openapi/from-openapi.ts';
import { nameOf, render } from './render.ts';
import type { Drafted } from './source.ts';
import { importOnStubs } from './testing/sent-requests.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'loadstar-scaffold-'));
afterAll(() => rmSync(directory, { recursive: true }));
const SHOP_HAR = join(root, 'tests', 'apps', 'shop.har');
const EVERYTHING = { hosts: [], with_assets: false };

function file(name: string, content: unknown): string {
  const path = join(directory, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

type Call = Record<string, unknown>;

/** Runs a scenario once on stubs. @returns the calls that its client got */
async function callsOf(code: string): Promise<Call[]> {
  const scenario = (await importOnStubs(code)) as { run(context: object): void };
  const calls: Call[] = [];
  const client = {
    request(call: Call) {
      calls.push(call);
      const items = [{ id: 7000 }, { id: 7001 }, { id: 7002 }];
      return { status: 200, headers: {}, json: () => ({ session: { token: 'fresh' }, items }) };
    },
  };
  scenario.run({ client });
  return calls;
}

beforeEach(() => {
  vi.stubGlobal('__ENV', { BUY_PASSWORD: 'from-env' });
});

it('the template asks for the first page', async () => {
  expect(await callsOf(render(createPlainDraft('home')))).toEqual([{ method: 'GET', route: '/' }]);
});

describe('from a HAR recording', () => {
  it('makes the journey: own host, no assets, patterns, fresh ids and a fresh token, no secret', async () => {
    const { draft, notes, origin } = await draftFromHar('buy', SHOP_HAR, EVERYTHING);
    const code = render(draft);
    expect(await callsOf(code)).toEqual([
      { method: 'GET', route: '/' },
      { method: 'GET', route: '/api/products', query: { category: 'green', page: '1' } },
      { method: 'GET', route: '/api/products/:id', params: { id: '7001' } },
      { method: 'GET', route: '/api/products/:id', params: { id: '7002' } },
      { method: 'POST', route: '/api/login', body: { email: 'ann@example.com', password: 'from-env' } },
      {
        method: 'POST',
        route: '/api/cart/items',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a recorded text that looks like code.
        body: { productId: 7001, quantity: 2, note: 'gift "wrap" ${x} `y`' },
        headers: { Authorization: 'Bearer fresh' },
      },
      {
        method: 'GET',
        route: '/api/orders/:id',
        params: { id: 'f47ac10b-58cc-4372-a567-0e02b2c3d479' },
        headers: { Authorization: 'Bearer fresh' },
      },
    ]);
    expect(code).not.toMatch(/correct-horse|token-of-|s3cr3t|analytics|Mozilla/);
    expect(code.match(/group\("[^"]*"/g)).toEqual([
      'group("/"',
      'group("/products/:id"',
      'group("/login"',
      'group("/checkout"',
    ]);
    expect(code.match(/think\([\d.]+\)/g)).toEqual([
      'think(2.4)',
      'think(1.7)',
      'think(3.1)',
      'think(0.9)',
      'think(1.2)',
      'think(1)',
    ]);
    expect(listVariables(draft)).toEqual(['BUY_PASSWORD']);
    expect(notes.join('\n')).toContain('static files');
    expect(origin).toBe('http://localhost:4000');
  });

  it('keeps assets and other hosts where they are asked for', async () => {
    const hosts = ['localhost:4000', 'analytics.example.com'];
    const { draft } = await draftFromHar('buy', SHOP_HAR, { hosts, with_assets: true });
    const routes = draft.steps.flatMap(({ calls }) => calls.map(({ route }) => route));
    expect(routes).toContain('/assets/logo.svg');
    expect(routes).toContain('/collect');
    await expect(draftFromHar('buy', SHOP_HAR, { hosts: ['shop.com'], with_assets: false })).rejects.toMatchObject({
      exit_code: 2,
      next: 'its hosts are: localhost:4000, analytics.example.com',
    });
  });

  const entry = (url: string, more: object = {}, response: object = {}) => ({
    startedDateTime: '2026-11-24T10:00:00.000Z',
    time: 1,
    request: { method: 'GET', url, headers: [], cookies: [], ...more },
    response: { status: 200, redirectURL: '', content: { mimeType: 'application/json' }, ...response },
  });
  const har = (...entries: unknown[]) => file('x.har', { log: { entries } });
  const draftOf = async (...entries: unknown[]) => (await draftFromHar('x', har(...entries), EVERYTHING)).draft;

  it('takes a redirect and what followed it for one request, as the client does', async () => {
    const { steps } = await draftOf(
      entry(
        'http://a/login',
        { method: 'POST', postData: { mimeType: 'application/x-www-form-urlencoded', text: 'user=ann&password=x' } },
        { status: 302, redirectURL: '/home' },
      ),
      entry('http://a/home', {}, { status: 200 }),
      entry('http://a/cached', {}, { status: 304 }),
    );
    expect(steps[0]?.calls.map(({ route, statuses }) => [route, statuses])).toEqual([
      ['/login', [200]],
      ['/cached', [200]],
    ]);
    const [login] = await callsOf(render({ title: '', journey: '', steps }));
    expect(login).toMatchObject({ form: { user: 'ann', password: '' } });
  });

  it('names each operation of a GraphQL endpoint', async () => {
    const post = (body: object) =>
      entry('http://a/graphql', {
        method: 'POST',
        postData: { mimeType: 'application/json', text: JSON.stringify(body) },
      });
    const draft = await draftOf(
      post({ operationName: 'GetPatient', query: 'query GetPatient { patient { id } }', variables: { id: 'x' } }),
      post({ query: 'mutation SaveNote { save { id } }' }),
    );
    const names = draft.steps.flatMap(({ calls }) => calls.map(nameOf));
    expect(names).toEqual(['POST /graphql GetPatient', 'POST /graphql SaveNote']);
    for (const name of names) expect(render(draft)).toContain(`    ${JSON.stringify(name)},\n`);
  });

  it('leaves out what cannot be told again: failures, sockets, uploads', async () => {
    const { draft, notes } = await draftFromHar(
      'x',
      har(
        entry('http://a/ok'),
        entry('http://a/bad', {}, { status: 500 }),
        entry('ws://a/socket'),
        entry('http://a/events', {}, { content: { mimeType: 'text/event-stream' } }),
        entry('http://a/upload', {
          method: 'POST',
          postData: { mimeType: 'multipart/form-data; boundary=x', text: 'x' },
        }),
      ),
      EVERYTHING,
    );
    expect(draft.steps.flatMap(({ calls }) => calls.map(({ route }) => route))).toEqual(['/ok']);
    expect(notes).toHaveLength(4);
  });

  it('puts no secret into the file, whatever its field is called', async () => {
    const cookie = 'abcdefghij-cookie';
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';
    const draft = await draftOf(
      entry(`http://a/reset/${jwt}?api_key=hunter2&state=${cookie}`, {
        method: 'POST',
        cookies: [{ value: cookie }],
        headers: [{ name: 'Authorization', value: 'Bearer sometoken123' }],
        postData: {
          mimeType: 'application/json',
          text: JSON.stringify({
            a: [{ cardNumber: 4111111111111111, pin: 'hunter2' }],
            b: 'sometoken123',
            author: 'Ann',
          }),
        },
      }),
    );
    const code = render(draft);
    expect(code).not.toMatch(/hunter2|abcdefghij|eyJ|sometoken|4111/);
    expect(code).toContain('Ann');
    expect(listVariables(draft)).toEqual(['X_API_KEY', 'X_B', 'X_CARD_NUMBER', 'X_ID', 'X_PIN', 'X_STATE']);
  });

  it.each([
    ['no JSON', 'which is no JSON'],
    ['[]', 'expected object'],
    ['{"log":{"entries":[]}}', 'no request'],
    ['{"log":{"entries":[{"startedDateTime":"yesterday"}]}}', 'without a readable request (1)'],
    ['{"log":{"entries":{}}}', 'log.entries'],
  ])('refuses what is none: %s', async (content, found) => {
    await expect(draftFromHar('x', file('bad.har', content), EVERYTHING)).rejects.toMatchObject({
      exit_code: 2,
      found: expect.stringContaining(found),
    });
  });

  it('refuses a file that is too large, or none at all', async () => {
    const large = file('large.har', ' '.repeat(65 * 2 ** 20));
    await expect(draftFromHar('x', large, EVERYTHING)).rejects.toMatchObject({
      found: expect.stringContaining('65 MiB'),
    });
    await expect(draftFromHar('x', directory, EVERYTHING)).rejects.toMatchObject({ exit_code: 2 });
    await expect(draftFromHar('x', join(directory, 'nothing'), EVERYTHING)).rejects.toMatchObject({ exit_code: 2 });
  });
});

/** Tries to leave a string, a template, a comment and a key. */
const HOSTILE = `"'\`});globalThis.pwned=1;//*/\${globalThis.pwned=1}</script>\u2028globalThis.pwned=1;\\`;

describe('hostile texts stay data', () => {
  it('in a recording', async () => {
    const body = JSON.parse(`{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}`);
    const at = '2026-11-24T10:00:00.000Z';
    const entries = [
      {
        startedDateTime: at,
        pageref: 'p',
        request: {
          method: 'POST',
          url: `http://a/${encodeURIComponent(HOSTILE)}/:x::y/1?${encodeURIComponent(HOSTILE)}=${encodeURIComponent(HOSTILE)}&__proto__=1`,
          postData: {
            mimeType: 'application/json',
            text: JSON.stringify({ ...body, [HOSTILE]: HOSTILE }).replace('{', '{"__proto__":{"polluted":1},'),
          },
        },
        response: { status: 200, content: { mimeType: 'application/json' } },
      },
    ];
    const path = file(
      'hostile.har',
      JSON.stringify({ log: { pages: [{ id: 'p', title: HOSTILE }], entries } }).replace(
        '{',
        '{"__proto__":{"polluted":1},',
      ),
    );
    const { draft } = await draftFromHar('x', path, EVERYTHING);
    const [call] = await callsOf(render(draft));
    expect(call).toMatchObject({ params: { id: '1' }, query: { [HOSTILE]: HOSTILE } });
    const sent = call?.body as Record<string, unknown>;
    expect(sent[HOSTILE]).toBe(HOSTILE);
    expect(Object.hasOwn(sent, '__proto__')).toBe(true);
    expect(sent.polluted).toBeUndefined();
    expect(String(call?.route)).not.toContain('::');
    expectUnharmed();
  });

  it('in a description', async () => {
    const document = {
      openapi: '3.0.0',
      info: { title: HOSTILE, version: '1' },
      // Braces would be variables and parameters.
      servers: [{ url: `/{v}/${HOSTILE.replace(/[{}]/g, '')}`, variables: { v: { default: 'v1' } } }],
      paths: {
        [`/${HOSTILE.replace(/[{}]/g, '')}/{id}`]: {
          get: {
            parameters: [
              { name: 'id', in: 'path', required: true, example: HOSTILE, schema: { type: 'string' } },
              { name: HOSTILE, in: 'query', required: true, schema: { type: 'string', default: HOSTILE } },
              { name: '__proto__', in: 'query', required: true, schema: { type: 'string', default: 'x' } },
            ],
            responses: { 200: { description: 'x', content: { [HOSTILE]: {} } } },
          },
        },
        '/refs': {
          get: {
            parameters: [{ $ref: 'file:///etc/passwd' }, { $ref: 'http://127.0.0.1:1/x' }],
            responses: {},
          },
        },
      },
    };
    const { draft, notes } = await draftFromOpenApi('x', file('hostile.json', document), false);
    const [call] = await callsOf(render(draft));
    expect(call).toMatchObject({ params: { id: HOSTILE }, query: { [HOSTILE]: HOSTILE } });
    expect(notes.join()).toContain('/refs');
    expectUnharmed();
  });

  function expectUnharmed(): void {
    expect(Reflect.get(globalThis, 'pwned')).toBeUndefined();
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  }
});

describe('from an OpenAPI document', () => {
  const tour = (document: unknown, with_auth = false): Promise<Drafted> =>
    draftFromOpenApi('tour', file('api.json', document), with_auth);

  const path = (get: object) => ({
    openapi: '3.1.0',
    info: { title: 'T', version: '1' },
    paths: { '/a/{id}': { get: { responses: {}, ...get } } },
  });
  const id = (more: object) => ({ parameters: [{ name: 'id', in: 'path', required: true, ...more }] });

  it.each([
    [{ example: 7 }, '7'],
    [{ examples: { one: { value: 'x' } } }, 'x'],
    [{ schema: { default: 'd' } }, 'd'],
    [{ schema: { enum: ['e', 'f'] } }, 'e'],
    [{ schema: { examples: ['s'] } }, 's'],
  ])('takes values from %j', async (more, value) => {
    const { draft } = await tour(path(id(more)));
    expect(await callsOf(render(draft))).toEqual([{ method: 'GET', route: '/a/:id', params: { id: value } }]);
  });

  it.each([
    [id({ schema: { type: 'string' } }), 'no example or default'],
    [id({ example: { deep: 1 } }), 'cannot write into a URL: `id`'],
    [id({ example: { deep: { deeper: 1 } } }), 'no example or default'],
    [{ ...id({ example: 1 }), security: [{ key: [] }] }, 'authentication'],
    [{}, 'does not describe'],
    [
      { ...id({ example: 1 }), responses: { 200: { description: '', content: { 'text/event-stream': {} } } } },
      'does not end',
    ],
  ])('leaves out what it cannot ask: %j', async (get, why) => {
    await expect(tour(path(get))).rejects.toMatchObject({ exit_code: 2, found: expect.stringContaining(why) });
  });

  it('takes what needs authentication where it is told to', async () => {
    const security = (scheme: object) =>
      tour(
        {
          ...path({ ...id({ example: 1 }), security: [{ key: [] }] }),
          components: { securitySchemes: { key: scheme } },
        },
        true,
      );
    const { draft } = await security({ type: 'http', scheme: 'basic' });
    expect(listVariables(draft)).toEqual(['TOUR_KEY']);
    expect(render(draft)).toContain('"Authorization": "Basic " + b64encode(__ENV["TOUR_KEY"] ?? \'\')');
    await expect(security({ type: 'mutualTLS' })).rejects.toMatchObject({
      found: expect.stringContaining('needs authentication that'),
    });
  });

  it('reads YAML, Swagger 2, and references within the document, in circles too', async () => {
    const yaml = `
swagger: "2.0"
info: { title: T, version: "1" }
basePath: /v2
produces: [application/json]
parameters: { page: { name: page, in: query, required: true, type: integer, default: 1 } }
definitions: { Node: { type: object, properties: { child: { $ref: "#/definitions/Node" } } } }
paths:
  /nodes:
    get:
      parameters: [{ $ref: "#/parameters/page" }]
      responses: { 200: { description: ok, schema: { $ref: "#/definitions/Node" } } }
`;
    const { draft } = await draftFromOpenApi('tour', file('api.yaml', yaml), false);
    expect(draft.steps[0]?.calls).toMatchObject([{ route: '/v2/nodes', statuses: [200], types: ['application/json'] }]);
  });

  it.each([
    ['[1]', 'no object'],
    ['<!DOCTYPE html><html></html>', 'no object'],
    ['openapi: "3.0.0"', 'paths'],
    ['{ "asyncapi": "2.6.0", "channels": {} }', 'neither `openapi` nor `swagger`'],
    ['openapi: 3.0.0\npaths:\n\t/a: {}', 'tab characters .* line 3'],
    ['{ "openapi": ', 'JSON'],
    ['&a [*a, *a]', 'deeper nesting'],
    [
      '{ "openapi": "3.0.0", "paths": { "/a": { "get": { "parameters": [{ "$ref": "#/__proto__/x" }] } } } }',
      '__proto__',
    ],
    [
      `a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n${'cdefg'
        .split('')
        .map((k, i) => `${k}: &${k} [${`*${'bcdef'[i]}, `.repeat(8)}]`)
        .join('\n')}`,
      'neither `openapi` nor `swagger`',
    ],
  ])('refuses what is none (%#)', async (content, found) => {
    await expect(draftFromOpenApi('x', file('bad.yaml', content), false)).rejects.toMatchObject({
      exit_code: 2,
      found: expect.stringMatching(new RegExp(found, 'i')),
    });
  });
});
