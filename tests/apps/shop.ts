/** A small shop, which is not the demo: what a team's own app looks like to Loadstar. For tests and by hand. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export const SHOP_USERS = [
  { email: 'ann@example.com', password: 'correct-horse' },
  { email: 'bob@example.com', password: 'battery-staple' },
];

export interface Shop {
  readonly url: string;
  /** `METHOD /path?query` of every request so far. */
  readonly requests: readonly string[];
  /** Its OpenAPI document. */
  readonly openapi: object;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly html?: string;
}

const PRODUCTS = Array.from({ length: 30 }, (_, index) => ({
  id: 1000 + index,
  name: `Tea ${index + 1}`,
  category: index % 2 === 0 ? 'green' : 'black',
}));
const PAGE_SIZE = 10;
const ORDER = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';

/** @param latency_ms of every answer */
export async function startShop(latency_ms = 0): Promise<Shop> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    setTimeout(() => void serve(request, response), latency_ms);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    openapi: OPENAPI,
    close: () => closed(server),
  };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const { status, body: json, html } = reply(request, body);
  const type = html === undefined ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8';
  response.writeHead(status, { 'content-type': type }).end(html ?? (json === undefined ? '' : JSON.stringify(json)));
}

function reply(request: IncomingMessage, body: string): Reply {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://shop');
  const [, id] = /^\/api\/products\/(\d+)$/.exec(pathname) ?? [];
  const call = `${request.method} ${id ? '/api/products/:id' : pathname}`;
  switch (call) {
    case 'GET /':
      return { status: 200, html: '<h1>Tea</h1>' };
    case 'GET /api/products':
      return { status: 200, body: page(searchParams) };
    case 'GET /api/products/$count':
      return { status: 200, body: PRODUCTS.length };
    case 'GET /api/products/:id': {
      const product = PRODUCTS.find((it) => it.id === Number(id));
      return product ? { status: 200, body: product } : { status: 404, body: { error: 'no such product' } };
    }
    case 'POST /api/login':
      return login(JSON.parse(body) as { email: string; password: string });
    case 'POST /api/cart/items':
      return authorized(request, { status: 201, body: { ...(JSON.parse(body) as object), line: 1 } });
    case `GET /api/orders/${ORDER}`:
      return authorized(request, { status: 200, body: { id: ORDER, state: 'sent' } });
    case 'GET /openapi.json':
      return { status: 200, body: OPENAPI };
    default:
      return { status: 404, body: { error: 'no such page' } };
  }
}

function page(query: URLSearchParams) {
  const category = query.get('category');
  const found = PRODUCTS.filter((it) => category === null || it.category === category);
  const start = (Number(query.get('page') ?? 1) - 1) * PAGE_SIZE;
  return { total: found.length, items: found.slice(start, start + PAGE_SIZE) };
}

function login({ email, password }: { email: string; password: string }): Reply {
  const known = SHOP_USERS.some((user) => user.email === email && user.password === password);
  return known ? { status: 200, body: { session: { token: `token-of-${email}` } } } : { status: 401 };
}

function authorized(request: IncomingMessage, reply: Reply): Reply {
  return request.headers.authorization?.startsWith('Bearer token-of-') ? reply : { status: 401 };
}

const id = (example: unknown, type: string) => ({ name: 'id', in: 'path', required: true, example, schema: { type } });
const json = (description: string) => ({
  description,
  content: { 'application/json': { schema: { type: 'object' } } },
});

const LOGIN = {
  type: 'object',
  required: ['email', 'password'],
  properties: { email: { type: 'string', example: SHOP_USERS[0]?.email }, password: { type: 'string' } },
};

const OPENAPI = {
  openapi: '3.0.3',
  info: { title: 'Tea shop', version: '1.0.0' },
  servers: [{ url: '/api' }],
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    parameters: { page: { name: 'page', in: 'query', required: true, schema: { type: 'integer', default: 1 } } },
  },
  paths: {
    '/products': {
      get: {
        parameters: [
          { $ref: '#/components/parameters/page' },
          { name: 'category', in: 'query', schema: { type: 'string', enum: ['green', 'black'] } },
        ],
        responses: { 200: json('a page of products') },
      },
    },
    '/products/{id}': {
      get: { parameters: [id(1001, 'integer')], responses: { 200: json('a product'), 404: json('no such product') } },
    },
    '/reviews/{id}': {
      get: {
        parameters: [{ ...id(undefined, 'string'), example: undefined }],
        responses: { 200: json('a review, whose ids nobody knows') },
      },
    },
    '/orders/{id}': {
      get: { security: [{ bearer: [] }], parameters: [id(ORDER, 'string')], responses: { 200: json('an order') } },
    },
    '/login': {
      post: {
        requestBody: { required: true, content: { 'application/json': { schema: LOGIN } } },
        responses: { 200: json('a token') },
      },
    },
  },
};
