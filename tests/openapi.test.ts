/** Scenarios made from API descriptions, run once in real k6 against a server made from the same description. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { draftFromOpenApi } from '../project/scaffold/openapi/from-openapi.ts';
import { nameOf, render } from '../project/scaffold/render.ts';
import { startDocumentServer } from './lib/document-server.ts';
import { draftBench, runDraft } from './lib/run-draft.ts';

const bench = draftBench('openapi');
const { directory } = bench;

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const answer = (schema: object, more: object = {}) => ({
  description: '',
  content: { 'application/json': { schema } },
  ...more,
});
const sends = (schema: object, more: object = {}) => ({
  requestBody: { required: true, content: { 'application/json': { schema, ...more } } },
});
const inPath = (name: string, schema: object) => ({ name, in: 'path', required: true, schema });
const query = (name: string, schema: object) => ({ name, in: 'query', required: true, schema });
const gone = { responses: { 204: { description: '' } } };

const SHOP = {
  openapi: '3.0.3',
  info: { title: 'Shop', version: '1' },
  servers: [{ url: '/v1' }],
  security: [{ key: [] }],
  components: {
    securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Shop-Key' } },
    schemas: {
      Order: {
        type: 'object',
        required: ['id'],
        properties: {
          id: { type: 'integer', readOnly: true },
          customer_id: { type: 'integer' },
          note: { type: 'string' },
        },
      },
      NewOrder: {
        allOf: [
          ref('Order'),
          {
            required: ['customer_id', 'code', 'size', 'born', 'lines'],
            properties: {
              code: { type: 'string', pattern: '^[A-Z]{3}-\\d{4}$' },
              size: { type: 'number', minimum: 2, exclusiveMinimum: true, multipleOf: 0.5 },
              born: { type: 'string', format: 'date' },
              lines: {
                type: 'array',
                minItems: 2,
                uniqueItems: true,
                items: { type: 'string', minLength: 12, maxLength: 14 },
              },
            },
          },
        ],
      },
      Kind: {
        oneOf: [{ type: 'object', required: ['kind'], properties: { kind: { enum: ['tea'] } } }],
        discriminator: { propertyName: 'kind' },
      },
    },
  },
  paths: {
    '/customers/{customerId}': {
      parameters: [inPath('customerId', { type: 'integer' })],
      get: { responses: { 200: answer({ type: 'object', properties: { id: { type: 'integer' } } }) } },
      delete: gone,
    },
    '/customers': {
      post: {
        ...sends({
          type: 'object',
          required: ['name', 'email'],
          properties: { name: { type: 'string', maxLength: 20 }, email: { type: 'string', format: 'email' } },
        }),
        responses: {
          201: answer({
            type: 'object',
            properties: { data: { type: 'object', properties: { id: { type: 'integer' } } } },
          }),
        },
      },
    },
    '/orders': {
      get: {
        parameters: [
          query('limit', { type: 'integer', minimum: 5, maximum: 9 }),
          query('since', { type: 'string', format: 'date-time' }),
        ],
        responses: { 200: answer({ type: 'array', items: ref('Order') }) },
      },
      post: { ...sends(ref('NewOrder')), responses: { 201: answer(ref('Order')) } },
      delete: gone,
    },
    '/orders/{id}': {
      parameters: [inPath('id', { type: 'integer' })],
      get: { responses: { 200: answer(ref('Order')) } },
      put: {
        ...sends({ type: 'object', properties: { note: { type: 'string', example: 'gift' } } }),
        responses: { 200: answer(ref('Order')) },
      },
      patch: { ...sends(ref('Kind')), responses: { 200: answer(ref('Order')) } },
      delete: gone,
    },
    '/orders/{id}/notes': {
      post: {
        parameters: [inPath('id', { type: 'integer' })],
        ...sends({ type: 'object', required: ['text'], properties: { text: { type: 'string' } } }),
        responses: { 201: answer({ type: 'object', properties: { uuid: { type: 'string', format: 'uuid' } } }) },
      },
    },
    '/orders/{id}/notes/{uuid}': {
      delete: { parameters: [inPath('id', { type: 'integer' }), inPath('uuid', { type: 'string' })], ...gone },
    },
    // Nothing creates shops: what exists is read, and stays.
    '/shops': {
      get: {
        responses: {
          200: answer({
            type: 'object',
            properties: {
              items: { type: 'array', items: { type: 'object', properties: { slug: { type: 'string' } } } },
            },
          }),
        },
      },
    },
    '/shops/{slug}': {
      parameters: [inPath('slug', { type: 'string' })],
      get: { responses: { 200: answer({ type: 'object' }) } },
      put: { responses: { 200: answer({ type: 'object' }) } },
      delete: gone,
    },
  },
};

const SWAGGER = {
  swagger: '2.0',
  info: { title: 'Users', version: '1' },
  basePath: '/api',
  consumes: ['application/json'],
  produces: ['application/json'],
  securityDefinitions: { login: { type: 'basic' } },
  security: [{ login: [] }],
  definitions: {
    User: {
      type: 'object',
      required: ['username', 'email'],
      properties: { username: { type: 'string' }, email: { type: 'string', example: 'ann@example.com' } },
    },
  },
  paths: {
    '/user': {
      post: {
        parameters: [{ name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/User' } }],
        responses: { 200: { description: '' } },
      },
    },
    '/user/{username}': {
      parameters: [{ name: 'username', in: 'path', required: true, type: 'string' }],
      get: { responses: { 200: { description: '', schema: { $ref: '#/definitions/User' } } } },
      put: {
        parameters: [{ name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/User' } }],
        responses: { 200: { description: '' } },
      },
      delete: { responses: { 204: { description: '' } } },
    },
    '/login': {
      post: {
        consumes: ['application/x-www-form-urlencoded'],
        parameters: [{ name: 'remember', in: 'formData', required: true, type: 'boolean' }],
        responses: { 200: { description: '' } },
      },
    },
  },
};

const LINKED = {
  openapi: '3.1.0',
  info: { title: 'Jobs', version: '1' },
  paths: {
    '/submit': {
      post: {
        ...sends({ type: ['object', 'null'], properties: { kind: { const: 'index' } } }),
        responses: {
          200: answer(
            { type: 'object', properties: { ticket: { type: 'string' } } },
            { links: { status: { operationId: 'readStatus', parameters: { job: '$response.body#/ticket' } } } },
          ),
        },
      },
    },
    '/status/{job}': {
      get: {
        operationId: 'readStatus',
        parameters: [inPath('job', { type: 'string' })],
        responses: { 200: answer({ type: 'object' }) },
      },
    },
  },
};

const text = { type: 'string' };
/** What public descriptions do: uploads, the id of another thing beside the own one, errors as default, contradictions. */
const ODD = {
  openapi: '3.0.0',
  info: { title: 'Odd', version: '1' },
  components: {
    schemas: {
      Note: {
        type: 'object',
        properties: {
          reference: { type: 'object', properties: { note_id: text } },
          id: text,
        },
      },
      Error: { type: 'object', properties: { error: { type: 'object', properties: { id: text } } } },
      Mail: { type: 'object', required: ['way', 'to'], properties: { way: text, to: { ...text, format: 'email' } } },
      Call: { type: 'object', required: ['way'], properties: { way: { enum: ['call'] } } },
    },
  },
  paths: {
    '/notes': {
      post: {
        requestBody: {
          required: true,
          content: {
            'application/json': {
              // An example of the whole contradicts its fields.
              schema: {
                type: 'object',
                required: ['lines', 'tokenization', 'by'],
                properties: {
                  lines: { type: 'array', items: text },
                  tokenization: { type: 'string', enum: ['word'] },
                  by: { type: 'object', properties: { kind: { enum: ['user'] }, key: { ...text, format: 'uuid' } } },
                },
                example: { lines: '', by: { kind: 'nobody', key: '5' } },
              },
            },
          },
        },
        responses: { 201: answer(ref('Note')), default: answer(ref('Error')) },
      },
    },
    '/notes/{note_id}': {
      parameters: [inPath('note_id', text)],
      get: { responses: { 200: answer(ref('Note')) } },
      delete: gone,
    },
    '/notes/{note_id}/files': {
      post: {
        parameters: [inPath('note_id', text)],
        requestBody: {
          required: true,
          content: {
            'multipart/form-data': {
              schema: {
                type: 'object',
                required: ['file', 'title', 'tags', 'meta'],
                properties: {
                  file: { ...text, format: 'binary' },
                  title: text,
                  tags: { type: 'array', items: text },
                  meta: { type: 'object', properties: { size: { type: 'integer', example: 3 } } },
                },
              },
            },
          },
        },
        responses: { 200: { description: '' } },
      },
    },
    '/send': {
      post: {
        ...sends({
          oneOf: [ref('Mail'), ref('Call')],
          discriminator: { propertyName: 'way', mapping: { mail: '#/components/schemas/Mail' } },
        }),
        responses: { 200: { description: '', content: { 'text/plain': { schema: text } } } },
      },
    },
    // What creates a preset cannot be called: one that is there is read.
    '/presets': {
      get: { responses: { 200: answer({ type: 'array', items: { type: 'object', properties: { name: text } } }) } },
      post: { requestBody: { required: true, content: { 'image/png': {} } }, responses: { 201: answer(ref('Note')) } },
    },
    '/presets/{presetId}': {
      get: { parameters: [inPath('presetId', text)], responses: { 200: answer({ type: 'object' }) } },
    },
    '/words': {
      get: { responses: { 200: answer({ type: 'object', properties: { words: { type: 'array', items: text } } }) } },
    },
    '/words/{wordId}': {
      get: { parameters: [inPath('wordId', text)], responses: { 200: answer({ type: 'object' }) } },
    },
    // A stage is named by a channel, but creating it creates no channel.
    '/stages': {
      post: {
        ...sends({ type: 'object' }),
        responses: { 201: answer({ type: 'object', properties: { channel_id: text } }) },
      },
    },
    '/stages/{channel_id}': { delete: { parameters: [inPath('channel_id', text)], ...gone } },
    '/channels/{channel_id}': { delete: { parameters: [inPath('channel_id', text)], ...gone } },
    '/presets/prune': { post: { responses: { 200: { description: '' } } } },
    '/sessions': { post: { summary: 'Delete sessions', responses: { 200: { description: '' } } } },
  },
};
const ODD_LEFT_OUT = [
  'POST /presets: sends a body of another type',
  'DELETE /channels/{channel_id}: deletes what',
  'POST /presets/prune: may delete',
  'POST /sessions: may delete',
];

it.each([
  ['what public descriptions do', ODD, '', ODD_LEFT_OUT],
  ['OpenAPI 3.0', SHOP, '/v1', ['DELETE /orders: ', 'PUT /shops/{slug}: ', 'DELETE /shops/{slug}: ']],
  ['Swagger 2', SWAGGER, '/api', []],
  ['OpenAPI 3.1 with links', LINKED, '', []],
])('%s: what the scenario creates it reads, changes and deletes', async (name, document, base, left_out) => {
  const file = join(directory, `${name}.json`);
  writeFileSync(file, JSON.stringify(document));
  const { draft, notes } = await draftFromOpenApi('tour', file, true);
  for (const text of left_out) expect(notes).toContainEqual(expect.stringContaining(text));
  const server = await startDocumentServer(document, base);
  try {
    const { failed, output } = await runDraft(draft, bench.k6, server.url);
    expect(server.refused, output).toEqual([]);
    expect(failed).toEqual([]);
    const calls = draft.steps.flatMap((step) => step.calls);
    expect(server.accepted).toHaveLength(calls.length);
    const operations = Object.values(document.paths).flatMap((item) =>
      Object.keys(item).filter((it) => it !== 'parameters'),
    );
    expect(calls.map(nameOf)).toHaveLength(operations.length - left_out.length);
    // What nothing deletes, stays.
    expect(server.left.filter((it) => !/submit$|login$|send$|files$/.test(it))).toEqual([]);
  } finally {
    await server.close();
  }
});

it('a description in several files is read from disk and from an address, and nothing outside of it', async () => {
  const files: Record<string, string> = {
    'api/openapi.yaml':
      'openapi: 3.0.3\nservers: [{url: ../v2}]\npaths:\n  /items: {$ref: paths/items.yaml}\n  /odd: {get: {parameters: [{$ref: ../../secret.yaml}]}}\n',
    'api/paths/items.yaml':
      'post:\n  requestBody: {content: {application/json: {schema: {$ref: "../schemas.json#/Item"}}}}\n  responses: {"201": {description: ""}}\n',
    'api/schemas.json':
      '{"Item": {"type": "object", "required": ["self"], "properties": {"self": {"$ref": "#/Text"}}}, "Text": {"type": "string", "default": "tea"}}',
    '../secret.yaml': 'name: q\nin: query\n',
  };
  const root = join(directory, 'site');
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  mkdirSync(join(root, '.git'));
  const asked: string[] = [];
  const site = createServer((request, response) => {
    asked.push(request.url ?? '');
    const text = files[(request.url ?? '').slice(1)];
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  try {
    const from_disk = await draftFromOpenApi('tour', join(root, 'api', 'openapi.yaml'), true);
    const from_address = await draftFromOpenApi('tour', `${origin}/api/openapi.yaml`, true);
    for (const { draft, notes } of [from_disk, from_address]) {
      expect(draft.steps[0]?.calls).toMatchObject([{ method: 'POST', route: '/v2/items', body: { kind: 'json' } }]);
      expect(render(draft)).toContain('"self": "tea"');
      expect(notes[0]).toContain('refers to another file');
    }
    expect(from_address.origin).toBe(origin);
    await expect(draftFromOpenApi('tour', `${origin}/none.yaml`, true)).rejects.toMatchObject({
      exit_code: 2,
      found: expect.stringContaining('status 404'),
    });
  } finally {
    await new Promise((resolve) => site.close(resolve));
  }
});
