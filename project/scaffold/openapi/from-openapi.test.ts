/** API descriptions as products write them: what the scenario sends, and what it leaves out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listVariables } from '../draft.ts';
import { listSentRequests } from '../testing/sent-requests.ts';
import { draftFromOpenApi } from './from-openapi.ts';
import { parseYaml } from './yaml.ts';

const directory = mkdtempSync(join(tmpdir(), 'loadstar-openapi-'));
afterAll(() => rmSync(directory, { recursive: true }));

async function read(content: string | Uint8Array | object, with_auth = false) {
  const file = join(directory, 'api');
  const is_text = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(file, is_text ? content : JSON.stringify(content));
  const { draft, notes } = await draftFromOpenApi('x', file, with_auth);
  return { draft, notes, sent: await listSentRequests(draft) };
}

const pathsOf = async (content: string | Uint8Array | object) => (await read(content)).sent.map(({ path }) => path);

const OK = { responses: { 200: { description: '' } } };
const describePaths = (paths: object, more: object = {}) => ({ openapi: '3.1.0', paths, ...more });
const query = (more: object) => ({ get: { ...OK, parameters: [{ name: 'q', in: 'query', required: true, ...more }] } });
const good = { '/good': { get: OK } };

it.each([
  ['a mark', Buffer.from(`\ufeff${JSON.stringify(describePaths(good))}`)],
  ['UTF-16', Buffer.from(`\ufeff${JSON.stringify(describePaths(good))}`, 'utf16le')],
  ['a mark before YAML', '\ufeffopenapi: 3.0.3\npaths: {/good: {get: {}}}\n'],
  ['equal keys', 'openapi: 3.0.3\npaths: {/good: {get: {summary: a, summary: b}}}\n'],
  ['tags of other programs', 'openapi: 3.0.3\npaths: {/good: {get: {x: !Sub "a", y: !!binary aGk=, z: !If [a]}}}\n'],
])('is read with %s', async (_, content) => {
  expect(await pathsOf(content)).toEqual(['/good']);
});

describe('one odd path does not refuse the description', () => {
  const reference = ($ref: string) => ({ get: { ...OK, parameters: [{ $ref }] } });

  it.each([
    ['null', null, 'is empty'],
    ['an operation that is null', { get: null }, 'is empty'],
    ['a reference that leads nowhere', reference('#/components/no'), 'does not have: `#/components/no`'],
    ['a reference in a circle', reference('#/components/a'), 'refers to itself'],
    ['a parameter without a name', { get: { parameters: [{ in: 'query' }] } }, 'without a name'],
  ])('%s is left out, with the reason', async (_, odd, why) => {
    const components = { a: { $ref: '#/components/b' }, b: { $ref: '#/components/a' } };
    const { sent, notes } = await read(describePaths({ '/odd': odd, ...good }, { components }));
    expect(sent.map(({ path }) => path)).toEqual(['/good']);
    expect(notes).toEqual([expect.stringMatching(/^left out: (GET )?\/odd: /)]);
    expect(notes[0]).toContain(why);
  });

  it.each([
    ['the path', { $ref: 'two.json' }],
    ['the operation', { get: { $ref: 'two.json' } }],
    ['a parameter', reference('two.json#/p')],
    ['the schema of a parameter', query({ schema: { $ref: 'https://example.com/s.json' } })],
  ])('%s in another file is left out, with the remedy', async (_, external) => {
    const { sent, notes } = await read(describePaths({ '/odd': external, ...good }));
    expect(sent.map(({ path }) => path)).toEqual(['/good']);
    expect(notes).toEqual([
      expect.stringMatching(/^left out: (GET )?\/odd: refers to another file: `/),
      expect.stringContaining('redocly/cli bundle'),
    ]);
    await expect(read(describePaths({ '/odd': external }))).rejects.toMatchObject({
      exit_code: 2,
      next: expect.stringContaining('redocly/cli bundle'),
    });
  });

  it('names the first ones, and counts all others by their reasons', async () => {
    const readById = { get: { ...OK, parameters: [{ name: 'id', in: 'path', required: true }] } };
    const many = Array.from({ length: 15 }, (_, index) => [
      `/p${index}${index % 2 ? '' : '/{id}'}`,
      index % 2 ? null : readById,
    ]);
    const { notes } = await read(describePaths({ ...Object.fromEntries(many), ...good }));
    expect(notes).toHaveLength(11);
    expect(notes[10]).toBe('left out: 5 more: has no example or default (5)');
  });

  it('an answer that is described elsewhere may be asked for', async () => {
    const { draft } = await read(describePaths({ '/a': { get: { responses: { 200: { $ref: 'x.json' } } } } }));
    expect(draft.steps[0]?.calls).toMatchObject([{ statuses: [200], types: [] }]);
  });
});

describe('values', () => {
  const components = {
    examples: { one: { value: 'a1' } },
    schemas: {
      id: { type: 'string', example: 'a1' },
      loop: { anyOf: [{ $ref: '#/components/schemas/loop' }, { $ref: '#/components/schemas/loop' }] },
    },
  };
  const ref = (name: string) => ({ $ref: `#/components/${name}` });

  it.each([
    [{ example: 7 }, 'q=7'],
    [{ example: false }, 'q=false'],
    [{ 'x-example': 'x' }, 'q=x'],
    [{ examples: { a: ref('examples/one') } }, 'q=a1'],
    [{ schema: ref('schemas/id') }, 'q=a1'],
    [{ schema: { ...ref('schemas/id'), example: 'beside' } }, 'q=beside'],
    [{ schema: { const: 'c' } }, 'q=c'],
    [{ schema: { allOf: [ref('schemas/id'), { maxLength: 3 }] } }, 'q=a1'],
    [{ schema: { oneOf: [ref('schemas/loop'), { type: 'integer', enum: [4] }] } }, 'q=4'],
    [{ content: { 'application/json': { example: { a: [1] } } } }, 'q=%7B%22a%22%3A%5B1%5D%7D'],
    [{ schema: { type: 'array', items: { enum: ['open', 'done'] } } }, 'q=open'],
    [{ schema: { type: 'array' }, example: [1, 2] }, 'q=1&q=2'],
    [{ schema: { type: 'array' }, example: [1, 2], explode: false }, 'q=1%2C2'],
    [{ schema: {}, example: [1, 2], style: 'pipeDelimited' }, 'q=1%7C2'],
    [{ type: 'array', items: { enum: ['a'] }, default: ['a', 'b'] }, 'q=a%2Cb'],
    [{ type: 'array', default: ['a', 'b'], collectionFormat: 'multi' }, 'q=a&q=b'],
    [{ schema: {}, example: { a: 1, b: 'x' }, style: 'deepObject' }, 'q%5Ba%5D=1&q%5Bb%5D=x'],
    [{ schema: {}, example: { a: 1, b: 'x' } }, 'a=1&b=x'],
    [{ schema: {}, example: { a: 1 }, explode: false }, 'q=a%2C1'],
  ])('of %j', async (more, sent) => {
    expect(await pathsOf(describePaths({ '/a': query(more) }, { components }))).toEqual([`/a?${sent}`]);
  });

  it('keep the digits of long numbers', async () => {
    const json = JSON.stringify(describePaths({ '/a': query({ example: 'N' }) })).replace(
      '"N"',
      '12345678901234567890',
    );
    expect(await pathsOf(json)).toEqual(['/a?q=12345678901234567890']);
    const yaml = `openapi: 3.0.0
paths: {/a: {get: {parameters: [{name: q, in: query, required: true, example: 12345678901234567890}]}}}`;
    expect(await pathsOf(yaml)).toEqual(['/a?q=12345678901234567890']);
  });

  it('of headers are sent, and secrets are variables', async () => {
    const header = (name: string, more: object) => ({ name, in: 'header', required: true, ...more });
    const parameters = [header('X-Api-Version', { example: 2 }), header('X-Api-Key', {}), header('Accept', {})];
    const { draft, sent } = await read(describePaths({ '/a': { get: { ...OK, parameters } } }));
    expect(sent[0]?.headers).toEqual({ 'X-Api-Version': '2', 'X-Api-Key': 'X_X_API_KEY' });
    expect(listVariables(draft)).toEqual(['X_X_API_KEY']);
  });

  it('in a path are split by commas, and its own query is kept', async () => {
    const parameters = [{ name: 'a-b', in: 'path', required: true, schema: { items: { default: 1 } } }];
    expect(await pathsOf(describePaths({ '/x/{a-b}?v=2&w=%26#part': { get: { ...OK, parameters } } }))).toEqual([
      '/x/1?v=2&w=%26',
    ]);
  });
});

it('JSON inside of YAML may close at the margin, as in the description of Docker', () => {
  expect(parseYaml('a:\n  b: {\n    "x": [1,\n  ]\n  }\n  c: 1\n')).toEqual({ a: { b: { x: [1] }, c: 1 } });
});

it('merge keys of YAML are applied, and bounded', async () => {
  const yaml = `openapi: 3.0.0
x-get: &get
  parameters: [{name: q, in: query, required: true, example: 1}]
  responses: {"200": {description: ok}}
paths:
  /a: {get: {<<: *get}}
  /b: {get: {<<: [*get], parameters: []}}
`;
  expect(await pathsOf(yaml)).toEqual(['/a?q=1', '/b']);
  const wide = Array.from({ length: 10_000 }, (_, index) => `k${index}: 1`).join(', ');
  const many = Array.from({ length: 200 }, (_, index) => `p${index}: {<<: *a}`).join('\n');
  await expect(read(`a: &a {${wide}}\n${many}\n`)).rejects.toMatchObject({
    exit_code: 2,
    found: expect.stringContaining('merge keys exceeded'),
  });
});

describe('servers', () => {
  const two = (servers: readonly object[]) => ({ '/a': { get: { ...OK, servers } }, '/b': { servers, get: OK } });

  it.each([
    ['/v1', ['/v1/good']],
    ['../v3/', ['/v3/good']],
    ['api', ['/api/good']],
    ['https://h.test', ['/good']],
    ['https://{region}.h.test/api', ['/api/good']],
    [{ toString: null }, ['/good']],
  ])('%s gives the beginning of all paths', async (url, paths) => {
    expect(await pathsOf(describePaths(good, { servers: [{ url }] }))).toEqual(paths);
  });

  it('of a path and of an operation count before those of the document', async () => {
    const servers = [{ url: '/main' }];
    const paths = { ...two([{ url: 'https://h.test/other' }]), ...good };
    expect(await pathsOf(describePaths(paths, { servers }))).toEqual(['/other/a', '/other/b', '/main/good']);
  });

  it('on another host are left out', async () => {
    const servers = [{ url: 'https://h.test/main' }];
    const paths = { ...two([{ url: 'https://upload.test' }]), ...good };
    const { sent, notes } = await read(describePaths(paths, { servers }));
    expect(sent.map(({ path }) => path)).toEqual(['/main/good']);
    expect(notes[0]).toBe('left out: GET /a: is on another server: upload.test');
  });

  it('take the first of an enumeration for a variable without a default', async () => {
    const url = 'https://h.test/{tenant}/{version}';
    const variables = { tenant: { enum: ['blue', 'red'] }, version: { default: 2 } };
    expect(await pathsOf(describePaths(good, { servers: [{ url, variables }] }))).toEqual(['/blue/2/good']);
    await expect(read(describePaths(good, { servers: [{ url }] }))).rejects.toMatchObject({
      found: expect.stringContaining('variable without a value: `tenant`'),
    });
  });

  it('of Swagger 2 are its base path', async () => {
    expect(await pathsOf({ swagger: '2.0', basePath: '/v2/', host: 'h.test', paths: good })).toEqual(['/v2/good']);
  });
});

it('an answer that may be empty has no type to check', async () => {
  const json = { content: { 'application/hal+json; charset=utf-8': {}, 'text/csv': {} } };
  const { draft } = await read(
    describePaths({
      '/a': { get: { responses: { 200: json, 204: {} } } },
      '/b': { get: { responses: { 200: json, default: {} } } },
    }),
  );
  expect(draft.steps[0]?.calls).toMatchObject([
    { statuses: [200, 204], types: [] },
    { statuses: [200], types: ['application/hal+json', 'text/csv'] },
  ]);
});

it('a description without an operation is a usage error', async () => {
  await expect(read(describePaths({ '/a': {}, 'x-note': null }))).rejects.toMatchObject({
    exit_code: 2,
    found: 'none',
  });
});
