import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEMO } from '../contract/demo.ts';
import { SCENARIOS } from '../contract/scenarios.ts';
import { createDemo } from './app.ts';
import { Pharmacy } from './state/pharmacy.ts';
import { Prescriptions } from './state/prescriptions.ts';
import { Sessions } from './state/sessions.ts';

let app: FastifyInstance;
beforeEach(async () => {
  app = await createDemo({ seed: 1, latency: false, faults: [] });
});
afterEach(() => app.close());

const password = DEMO.users.password;
const post = (url: string, payload: object = {}, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url, payload, headers });
async function logIn(email = 'user7@example.com') {
  const session = (await post('/api/auth/login', { email, password })).json();
  return { ...session, headers: { authorization: `Bearer ${session.token}` } };
}

describe('sessions', () => {
  it('are refreshed once by each refresh token, which ends the one before, and end with the logout', async () => {
    const first = await logIn();
    const refresh = (refreshToken: string) => post('/api/auth/refresh', { refreshToken });
    const second = (await refresh(first.refreshToken)).json();
    const me = (token: string) => app.inject({ url: '/api/me', headers: { authorization: `Bearer ${token}` } });
    expect((await me(first.token)).statusCode).toBe(401);
    expect((await me(second.token)).json()).toEqual({ email: 'user7@example.com', name: 'user7' });
    expect((await refresh(first.refreshToken)).statusCode).toBe(401);
    const headers = { authorization: `Bearer ${second.token}` };
    expect((await post('/api/auth/logout', {}, headers)).statusCode).toBe(204);
    expect((await me(second.token)).statusCode).toBe(401);
    expect((await refresh(second.refreshToken)).statusCode).toBe(401);
  });

  it('end by themselves', async () => {
    const sessions = new Sessions();
    const session = await sessions.login('user1@example.com', password, 0);
    if (session === 'wrong' || !('token' in session)) throw new Error('no session');
    expect(sessions.userOf(session.token, DEMO.login.token_life_s * 1_000 - 1)).toBe('user1@example.com');
    expect(sessions.userOf(session.token, DEMO.login.token_life_s * 1_000)).toBeNull();
  });

  it('are refused after too many wrong passwords, with the time to wait, for that account alone', async () => {
    const guess = (email: string) => post('/api/auth/login', { email, password: 'x' });
    for (let wrong = 0; wrong < DEMO.login.wrong_passwords; wrong += 1) {
      expect((await guess('user1@example.com')).statusCode).toBe(401);
    }
    const refused = await guess('user1@example.com');
    expect(refused.statusCode).toBe(429);
    const wait_s = Number(refused.headers['retry-after']);
    expect(wait_s).toBeGreaterThanOrEqual(1);
    expect(wait_s).toBeLessThanOrEqual(DEMO.login.window_s);
    expect((await post('/api/auth/login', { email: 'user1@example.com', password })).statusCode).toBe(429);
    expect((await logIn('user2@example.com')).token).toBeTruthy();
  });

  it('that begin forgive the mistakes before', async () => {
    for (let round = 0; round < DEMO.login.wrong_passwords * 2; round += 1) {
      await post('/api/auth/login', { email: 'user1@example.com', password: 'x' });
      expect((await logIn('user1@example.com')).token).toBeTruthy();
    }
  });
});

describe('services', () => {
  it('may be cached, and are not sent again to who has them', async () => {
    const first = await app.inject('/api/services');
    expect(first.headers['cache-control']).toContain('max-age');
    const again = await app.inject({
      url: '/api/services',
      headers: { 'if-none-match': first.headers.etag as string },
    });
    expect(again.statusCode).toBe(304);
    expect(again.body).toBe('');
    const other = await app.inject({
      url: '/api/services?category=teeth',
      headers: { 'if-none-match': first.headers.etag as string },
    });
    expect(other.statusCode).toBe(200);
    expect(other.json().services).toHaveLength(2);
    expect((await app.inject('/api/services/service-2')).json().name).toBe('Dental cleaning');
    expect((await app.inject('/api/services/none')).statusCode).toBe(404);
  });
});

describe('pharmacy', () => {
  it('adds carts up, sells them, and keeps them from others', async () => {
    const { headers } = await logIn();
    const cart = (await post('/api/carts', {}, headers)).json();
    const put = (product: string, quantity: number) =>
      app.inject({
        method: 'PUT',
        url: `/api/carts/${cart.id}/items/${product}`,
        headers,
        payload: { quantity },
      });
    expect((await post(`/api/carts/${cart.id}/checkout`, {}, headers)).statusCode).toBe(422);
    await put('product-1', 2);
    await put('product-3', 1);
    const filled = (await put('product-2', 1)).json();
    expect(filled).toMatchObject({ subtotal_cents: 2 * 399 + 554 + 709, delivery_cents: 490, total_cents: 2_551 });
    const less = await app.inject({ method: 'DELETE', url: `/api/carts/${cart.id}/items/product-3`, headers });
    expect(less.json().total_cents).toBe(2 * 399 + 554 + 490);
    expect((await put('product-2', 21)).statusCode).toBe(400);
    expect((await put('nothing', 1)).statusCode).toBe(404);

    const order = await post(`/api/carts/${cart.id}/checkout`, {}, headers);
    expect(order.statusCode).toBe(201);
    expect(order.json()).toMatchObject({ status: 'paid', total_cents: less.json().total_cents });
    expect((await app.inject({ url: `/api/carts/${cart.id}`, headers })).statusCode).toBe(404);
    const url = `/api/orders/${order.json().id}`;
    const stranger = await logIn('user8@example.com');
    expect((await app.inject({ url, headers: stranger.headers })).statusCode).toBe(404);
    expect((await app.inject({ url, headers })).json()).toEqual(order.json());
    expect((await app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(204);
    expect((await app.inject({ url, headers })).statusCode).toBe(404);
  });

  it('sells what it has and no more; cancelled and forgotten orders give their stock back', () => {
    const pharmacy = new Pharmacy();
    const stock = () => pharmacy.products().find(({ id }) => id === 'product-1')?.stock ?? 0;
    const all = stock();
    const buy = (quantity: number) => {
      const { id } = pharmacy.openCart('u');
      const put = pharmacy.put('u', id, 'product-1', quantity);
      return typeof put === 'string' ? put : pharmacy.checkOut('u', id);
    };
    const order = buy(all);
    expect(stock()).toBe(0);
    expect(buy(1)).toBe('sold out');
    expect(typeof order === 'object' && pharmacy.cancel('u', order.id)).toBe(true);
    expect(stock()).toBe(all);
    for (let count = 0; count < 2_500; count += 1) expect(typeof buy(3)).toBe('object');
    expect(stock()).toBeGreaterThan(0);
  });
});

/** A multipart body with one file, by hand: the one of the tests must not be made by what they test. */
function multipart(content: Buffer, type: string, filename = 'p.pdf') {
  const boundary = 'xxx';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: ${type}\r\n\r\n`;
  return {
    payload: Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  };
}

const pdf = (bytes: number) => Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(bytes - 9, 'x')]);

describe('prescriptions', () => {
  async function upload(content: Buffer, type: string) {
    const { headers } = await logIn();
    const body = multipart(content, type);
    const answer = await app.inject({
      method: 'POST',
      url: '/api/prescriptions',
      payload: body.payload,
      headers: { ...headers, ...body.headers },
    });
    return { answer, headers };
  }

  it('come back as they were sent, and are gone when deleted', async () => {
    const content = pdf(300_000);
    const { answer, headers } = await upload(content, 'application/pdf');
    expect(answer.statusCode).toBe(201);
    const { id, ...rest } = answer.json();
    expect(rest).toEqual({
      filename: 'p.pdf',
      type: 'application/pdf',
      size_bytes: 300_000,
      sha256: createHash('sha256').update(content).digest('hex'),
    });
    const url = `/api/prescriptions/${id}`;
    const file = await app.inject({ url: `${url}/file`, headers });
    expect(file.headers['content-type']).toBe('application/pdf');
    expect(file.rawPayload.equals(content)).toBe(true);
    expect((await app.inject({ url: '/api/prescriptions', headers })).json().prescriptions).toHaveLength(1);
    expect((await app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(204);
    expect((await app.inject({ url: `${url}/file`, headers })).statusCode).toBe(404);
  });

  it('are taken up to the limit, and refused above it, by type, by content and without a file', async () => {
    const status = async (content: Buffer, type: string) => (await upload(content, type)).answer.statusCode;
    expect(await status(pdf(DEMO.uploads.most_bytes), 'application/pdf')).toBe(201);
    expect(await status(pdf(DEMO.uploads.most_bytes + 1), 'application/pdf')).toBe(413);
    expect(await status(Buffer.from('hello'), 'text/plain')).toBe(415);
    expect(await status(Buffer.from('hello'), 'application/pdf')).toBe(415);
    const { headers } = await logIn();
    expect((await post('/api/prescriptions', {}, headers)).statusCode).toBe(400);
  });

  it('are forgotten, oldest first, before they fill the memory', () => {
    const prescriptions = new Prescriptions();
    const add = () => prescriptions.add('u', 'f', 'application/pdf', pdf(DEMO.uploads.most_bytes));
    const first = add();
    for (let count = 0; count < 70; count += 1) add();
    expect(prescriptions.bytes).toBeLessThanOrEqual(64 * DEMO.uploads.most_bytes);
    expect(prescriptions.file('u', first?.id ?? '')).toBeNull();
    expect(prescriptions.files('u')).toHaveLength(64);
  });
});

describe('what the page asks for at once', () => {
  it('agrees: counts, lists and notifications', async () => {
    const { headers } = await logIn();
    const { slots } = (await app.inject('/api/appointments/available?limit=1')).json();
    await post('/api/appointments', { slotId: slots[0].id }, headers);
    const get = async (url: string) => (await app.inject({ url, headers })).json();
    expect(await get('/api/dashboard')).toEqual({ appointments: 1, orders: 0, prescriptions: 0 });
    expect((await get('/api/appointments')).appointments).toHaveLength(1);
    expect((await get('/api/orders')).orders).toEqual([]);
    expect((await get('/api/notifications')).notifications).toHaveLength(1);
    for (const url of ['/api/me', '/api/dashboard', '/api/notifications', '/api/orders']) {
      expect((await app.inject(url)).statusCode).toBe(401);
    }
  });
});

describe('the page', () => {
  it('is HTML that names its own assets, and they are there', async () => {
    const page = await app.inject('/');
    expect(page.headers['content-type']).toContain('text/html');
    const assets = [...page.body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(assets).toHaveLength(2);
    for (const asset of assets) expect((await app.inject(asset)).statusCode).toBe(200);
  });
});

describe('live slot updates', () => {
  async function watch(query = '') {
    const seen: { type: string; slotId?: string; state?: string }[] = [];
    const socket = await app.injectWS(
      `${DEMO.live_path}${query}`,
      {},
      {
        onInit: (opening) => opening.on('message', (data) => seen.push(JSON.parse(String(data)))),
      },
    );
    const until = async (count: number) => {
      while (seen.length < count) await new Promise((done) => setTimeout(done, 5));
      return seen;
    };
    await until(1);
    return { socket, seen, until };
  }

  it('show who watches a service that a slot is taken, moved and free again', async () => {
    const { headers } = await logIn();
    const { slots } = (await app.inject('/api/appointments/available?service=service-3&limit=2')).json();
    const here = await watch('?service=service-3');
    const elsewhere = await watch('?service=service-4');
    const { id } = (await post('/api/appointments', { slotId: slots[0].id }, headers)).json();
    const url = `/api/appointments/${id}`;
    await app.inject({ method: 'PATCH', url, headers, payload: { slotId: slots[1].id } });
    await app.inject({ method: 'DELETE', url, headers });
    expect((await here.until(5)).map(({ type, slotId, state }) => [type, slotId, state])).toEqual([
      ['ready', undefined, undefined],
      ['slot', slots[0].id, 'taken'],
      ['slot', slots[1].id, 'taken'],
      ['slot', slots[0].id, 'free'],
      ['slot', slots[1].id, 'free'],
    ]);
    expect(elsewhere.seen).toHaveLength(1);
    here.socket.terminate();
    elsewhere.socket.terminate();
  });

  it('are a WebSocket: plain HTTP is told so; and faults hit the handshake as any route', async () => {
    expect((await app.inject(DEMO.live_path)).statusCode).toBe(426);
    const payload = [{ method: 'GET', route: DEMO.live_path, status: 503 }];
    await app.inject({ method: 'PUT', url: DEMO.faults_path, payload });
    await expect(app.injectWS(DEMO.live_path)).rejects.toThrow('503');
  });
});

describe('OpenAPI', () => {
  it('describes API routes, and no admin route', async () => {
    const { paths } = (await app.inject('/openapi.json')).json() as { paths: Record<string, object> };
    expect(Object.keys(paths)).toContain('/api/appointments/{id}');
    expect(Object.keys(paths).every((path) => path.startsWith('/api/'))).toBe(true);
  });

  it('is what the scenario api-contract asks for: every endpoint and no other', async () => {
    const { paths } = (await app.inject('/openapi.json')).json() as { paths: Record<string, object> };
    const endpoints = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(endpoints.sort()).toEqual([...SCENARIOS['api-contract'].requests].sort());
  });
});

describe('faults', () => {
  it('hit every route of the OpenAPI document', async () => {
    await app.inject({
      method: 'PUT',
      url: DEMO.faults_path,
      payload: [{ method: '*', route: '*', status: 503 }],
    });
    const { paths } = (await app.inject('/openapi.json')).json() as { paths: Record<string, Record<string, unknown>> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
    );
    expect(routes.length).toBeGreaterThan(25);
    for (const { path, method } of routes) {
      const answer = await app.inject({ method: method as 'GET', url: path.replace(/\{\w+\}/g, 'x') });
      expect(answer.statusCode, `${method} ${path}`).toBe(503);
    }
  });
});
