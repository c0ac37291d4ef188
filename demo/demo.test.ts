import { propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { DEMO } from '../contract/demo.ts';
import { createDemo } from './app.ts';
import { Faults, LONGEST_QUEUE_MS, parseFault } from './faults/faults.ts';
import { serviceTime_ms } from './faults/latency.ts';
import { Payments } from './resources/payments.ts';
import { Calendar } from './state/calendar.ts';
import { seededRandom } from './state/random.ts';

let app: FastifyInstance;
const open = async (faults: string[] = []) => {
  await app?.close();
  app = await createDemo({ seed: 1, latency: false, faults });
  return app;
};
afterEach(() => app?.close());

const credentials = { email: 'user7@example.com', password: DEMO.users.password };
async function logIn(): Promise<{ authorization: string }> {
  const answer = await app.inject({ method: 'POST', url: '/api/auth/login', payload: credentials });
  return { authorization: `Bearer ${answer.json().token}` };
}

describe('booking', () => {
  it('takes a slot once, shows it to its owner alone, and frees it when cancelled', async () => {
    await open();
    const headers = await logIn();
    const { slots } = (await app.inject('/api/appointments/available?service=service-2&limit=3')).json();
    expect(slots).toHaveLength(3);
    expect(slots.every((slot: { serviceId: string }) => slot.serviceId === 'service-2')).toBe(true);
    const payload = { slotId: slots[0].id };
    const booked = await app.inject({ method: 'POST', url: '/api/appointments', headers, payload });
    expect(booked.statusCode).toBe(201);
    expect((await app.inject({ method: 'POST', url: '/api/appointments', headers, payload })).statusCode).toBe(409);

    const url = `/api/appointments/${booked.json().id}`;
    expect((await app.inject({ url, headers })).json().slotId).toBe(payload.slotId);
    expect((await app.inject({ url })).statusCode).toBe(401);
    expect((await app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(204);
    expect((await app.inject({ url, headers })).statusCode).toBe(404);
    expect((await app.inject({ method: 'POST', url: '/api/appointments', headers, payload })).statusCode).toBe(201);
  });

  it('refuses wrong credentials and malformed bodies', async () => {
    await open();
    const login = (payload: object) => app.inject({ method: 'POST', url: '/api/auth/login', payload });
    expect((await login({ ...credentials, password: 'x' })).statusCode).toBe(401);
    expect((await login({ ...credentials, email: 'user201@example.com' })).statusCode).toBe(401);
    expect((await login({ email: 'a' })).statusCode).toBe(400);
  });

  it('keeps a bounded number of bookings: the oldest makes room before the calendar is full', () => {
    const calendar = new Calendar(0);
    const bookings = Array.from({ length: 3_200 }, (_, index) =>
      calendar.book('u', `service-${(index % 8) + 1}-slot-${Math.floor(index / 8) + 1}`),
    );
    expect(bookings.every((booking) => typeof booking === 'object')).toBe(true);
    expect(calendar.available(calendar.roster(undefined), 10)).toHaveLength(10);
    expect(calendar.appointments('u').length).toBeLessThan(3_200);
    expect(calendar.book('u', 'service-1-slot-1')).not.toBe('taken');
  });

  it('moves to another slot, which is taken then, and frees the one before', async () => {
    await open();
    const headers = await logIn();
    const { slots } = (await app.inject('/api/appointments/available?service=service-2&limit=3')).json();
    const [before, after, others] = slots.map(({ id }: { id: string }) => ({ slotId: id }));
    const book = (payload: object) => app.inject({ method: 'POST', url: '/api/appointments', headers, payload });
    const url = `/api/appointments/${(await book(before)).json().id}`;
    const move = (payload: object) => app.inject({ method: 'PATCH', url, headers, payload });
    await book(others);
    expect((await move(others)).statusCode).toBe(409);
    expect((await move({ slotId: 'none' })).statusCode).toBe(404);
    const moved = await move(after);
    expect(moved.statusCode).toBe(200);
    expect(moved.json().slotId).toBe(after.slotId);
    expect((await book(after)).statusCode).toBe(409);
    expect((await book(before)).statusCode).toBe(201);
  });
});

describe('search', () => {
  const search = async (query: string) => (await app.inject(`/api/search?${query}`)).json();

  it('pages, and finds nothing for nonsense', async () => {
    await open();
    const first = await search('q=dr&page=1&size=5');
    const second = await search('q=dr&page=2&size=5');
    expect(first).toMatchObject({ total: 10, page: 1, size: 5, corrected: false });
    expect(second.hits).toHaveLength(5);
    expect(second.hits).not.toEqual(first.hits);
    expect(await search('q=unobtainium')).toMatchObject({ total: 0, hits: [], corrected: false });
    expect((await app.inject('/api/search')).statusCode).toBe(400);
  });

  it('forgives typos, and says so, but only where nothing has the term itself', async () => {
    await open();
    const meant = await search('q=vaccination');
    expect(meant).toMatchObject({ total: 2, corrected: false });
    expect(await search('q=vacination')).toMatchObject({ total: 2, corrected: true });
    expect((await search('q=paracetamol')).hits[0]).toMatchObject({ type: 'product' });
  });
});

describe('faults', () => {
  it('answer with their status on their route alone', async () => {
    await open(['GET /api/search status=503']);
    expect((await app.inject('/api/search?q=dr')).statusCode).toBe(503);
    expect((await app.inject('/api/services')).statusCode).toBe(200);
  });

  it('can be set and taken back while it runs; nonsense is refused by name', async () => {
    await open();
    const put = (payload: object) => app.inject({ method: 'PUT', url: DEMO.faults_path, payload });
    expect((await put([{ method: 'GET', route: '*', status: 500 }])).statusCode).toBe(200);
    expect((await app.inject('/api/services')).statusCode).toBe(500);
    expect((await app.inject(DEMO.health_path)).statusCode).toBe(200);
    expect((await app.inject({ method: 'DELETE', url: DEMO.faults_path })).statusCode).toBe(204);
    expect((await app.inject('/api/services')).statusCode).toBe(200);
    const refused = await put([{ method: 'GET', route: '*', rate: 2, status: 500 }]);
    expect(refused.statusCode).toBe(400);
    expect(refused.json().error).toContain('rate');
  });

  it.each([
    ['GET /api/nothing status=500', 'no route'],
    ['GET /a', 'no route'],
    ['GET /a capacity_rps=-1', 'capacity_rps'],
    ['GET /a speed=3', 'speed'],
    ['GET /a latency_ms=fast', 'latency_ms'],
    ['nonsense', 'no route'],
    ['POST *', 'no route'],
    ['GET /a', 'capacity_rps'],
    ['GET /a pool=2', 'all requests share pool'],
    ['* * pool=0', 'pool'],
    ['* * workers=1 rate=0.5', 'all requests share workers'],
    ['GET /a memory_mib=100', 'all requests share memory_mib'],
    ['GET /a cache=none', 'cache is off'],
  ])('refuse %s', (text, reason) => {
    expect(() => parseFault(text, reason === 'no route' ? ['GET /b'] : ['GET /a'])).toThrow(reason);
  });

  it('begin and end on time, and hit their share', () => {
    const faults = new Faults(seededRandom(1));
    faults.set([parseFault('GET /a latency_ms=100 rate=0.3 after_s=10 for_s=5', ['GET /a'])], 0);
    const share = (now_ms: number) =>
      Array.from({ length: 2_000 }, () => faults.hit('GET', '/a', now_ms)).filter((hit) => hit.latency_ms > 0).length /
      2_000;
    expect(share(9_999)).toBe(0);
    expect(share(12_000)).toBeCloseTo(0.3, 1);
    expect(share(15_000)).toBe(0);
  });

  it('of capacity serve so many a second, one queue for all that they cover, and refuse when it is too long', () => {
    const faults = new Faults(seededRandom(1));
    faults.set([parseFault('* * capacity_rps=100', ['GET /a', 'POST /b'])], 0);
    // As many as are served: nobody waits.
    const waits = Array.from({ length: 100 }, (_, index) => faults.hit('GET', '/a', index * 10).latency_ms);
    expect(Math.max(...waits)).toBe(0);
    // Twice as many for a second: the queue grows by the half that is too much.
    for (let index = 0; index < 200; index += 1) {
      faults.hit(index % 2 ? 'GET' : 'POST', index % 2 ? '/a' : '/b', 1_000 + index * 5);
    }
    expect(faults.hit('GET', '/a', 2_000).latency_ms).toBeCloseTo(1_000, -1);
    const flood = Array.from({ length: 4_000 }, () => faults.hit('GET', '/a', 2_000));
    expect(flood.at(-1)?.status).toBe(503);
    expect(Math.max(...flood.map((hit) => hit.latency_ms))).toBeLessThanOrEqual(LONGEST_QUEUE_MS);
    expect(faults.hit('GET', '/a', 40_000)).toMatchObject({ latency_ms: 0, status: 0 });
  });

  it('hold back the real answers of a route that has a capacity', async () => {
    await open(['GET /api/services capacity_rps=50']);
    const begun_ms = performance.now();
    const answers = await Promise.all(Array.from({ length: 26 }, () => app.inject('/api/services')));
    expect(answers.every(({ statusCode }) => statusCode === 200)).toBe(true);
    // The 26th waits for 25 others, 20 ms each.
    expect(performance.now() - begun_ms).toBeGreaterThan(480);
    expect(performance.now() - begun_ms).toBeLessThan(2_000);
  });
});

/** Value of a metric, as a scrape finds it. */
async function metric(name: string): Promise<number> {
  const { body } = await app.inject(DEMO.metrics_path);
  const line = body.split('\n').find((one) => one.startsWith(`${name} `));
  return line ? Number(line.split(' ')[1]) : Number.NaN;
}

describe('resources', () => {
  const booking = async () => {
    const headers = await logIn();
    const { slots } = (await app.inject('/api/appointments/available?limit=20')).json();
    return (index: number) =>
      app.inject({ method: 'POST', url: '/api/appointments', headers, payload: { slotId: slots[index].id } });
  };

  it('are metrics of their own beside those of the process', async () => {
    await open();
    expect(await metric('clinic_db_connections_max')).toBe(40);
    expect(await metric('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
    expect(await metric('nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
    await (await booking())(0);
    expect(await metric('clinic_payments_duration_seconds_count')).toBe(1);
    expect(await metric('clinic_db_query_duration_seconds_count')).toBeGreaterThan(2);
  });

  it('a small pool makes requests wait, and is given back with the fault', async () => {
    await app?.close();
    app = await createDemo({ seed: 1, latency: true, faults: ['* * pool=1'] });
    const answers = Promise.all(Array.from({ length: 20 }, () => app.inject('/api/products')));
    await expect.poll(() => metric('clinic_db_requests_waiting')).toBeGreaterThan(5);
    expect(await metric('clinic_db_connections_in_use')).toBe(1);
    await app.inject({ method: 'DELETE', url: DEMO.faults_path });
    expect(await metric('clinic_db_connections_max')).toBe(40);
    expect((await answers).every(({ statusCode }) => statusCode === 200)).toBe(true);
    expect(await metric('clinic_db_connections_in_use')).toBe(0);
  });

  it('a lock that is held longer makes those wait that write', async () => {
    await open(['* * lock_ms=40']);
    const book = await booking();
    const begun_ms = performance.now();
    const answers = Promise.all([0, 1, 2, 3].map(book));
    await expect.poll(() => metric('clinic_locks_waiting')).toBeGreaterThan(1);
    expect((await answers).map(({ statusCode }) => statusCode)).toEqual([201, 201, 201, 201]);
    expect(performance.now() - begun_ms).toBeGreaterThan(155);
  });

  it('a slow payment provider holds up what is paid alone', async () => {
    await open(['* * payments_ms=200']);
    const book = await booking();
    const begun_ms = performance.now();
    expect((await book(0)).statusCode).toBe(201);
    expect(performance.now() - begun_ms).toBeGreaterThan(195);
    expect(await metric('clinic_payments_duration_seconds_sum')).toBeGreaterThan(0.195);
    expect(await metric('clinic_payments_errors_total')).toBe(0);
  });

  it('a single worker fills the queue, and bookings wait for room in it', async () => {
    await app?.close();
    app = await createDemo({ seed: 1, latency: true, faults: ['* * workers=1'] });
    const book = await booking();
    const answers = Promise.all(Array.from({ length: 8 }, (_, index) => book(index)));
    await expect.poll(() => metric('clinic_worker_jobs_waiting'), { timeout: 5_000 }).toBeGreaterThan(3);
    expect(await metric('clinic_worker_jobs_active')).toBe(1);
    await app.inject({ method: 'DELETE', url: DEMO.faults_path });
    expect(await metric('clinic_worker_jobs_max')).toBe(32);
    expect((await answers).every(({ statusCode }) => statusCode === 201)).toBe(true);
  });

  it('the cache answers what it has; without it everything is a query', async () => {
    await open();
    await app.inject('/api/search?q=dental');
    expect(await metric('clinic_cache_misses_total')).toBe(0);
    await app.inject('/api/search?q=vacination');
    await app.inject('/api/search?q=vacination&page=2');
    expect(await metric('clinic_cache_misses_total')).toBe(1);
    expect(await metric('clinic_cache_hits_total')).toBe(2);
    await open(['GET /api/search cache=off']);
    await app.inject('/api/search?q=dental');
    await app.inject('/api/services');
    expect(await metric('clinic_cache_misses_total')).toBe(1);
    expect(await metric('clinic_cache_hits_total')).toBe(1);
  });

  it('CPU time that a request burns is its latency, and memory that is held is in the heap', async () => {
    await open(['GET /api/services cpu_ms=50']);
    const begun_ms = performance.now();
    await app.inject('/api/services');
    expect(performance.now() - begun_ms).toBeGreaterThan(49);
    const before = await metric('nodejs_heap_size_used_bytes');
    await open(['* * memory_mib=200']);
    await app.inject('/api/services');
    await expect
      .poll(() => metric('nodejs_heap_size_used_bytes'), { timeout: 10_000 })
      .toBeGreaterThan(before + 100 * 2 ** 20);
  });
});

describe('trace context', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  it('is taken, answered, and passed on to the payment provider', async () => {
    await open();
    expect((await app.inject({ url: '/api/services', headers: { traceparent } })).headers.traceresponse).toBe(
      traceparent,
    );
    expect((await app.inject('/api/services')).headers.traceresponse).toBeUndefined();
    const payments = new Payments(new Registry());
    await payments.start();
    const trace = propagation.extract(ROOT_CONTEXT, { traceparent });
    expect(await payments.authorise(0, trace)).toBe(traceparent);
    expect(await payments.authorise(0, ROOT_CONTEXT)).toBeNull();
    await payments.stop();
  });
});

describe('latency', () => {
  it('is seeded, skewed, and far within the limits of the SLOs', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 10_000 }, () => serviceTime_ms('GET /api/appointments/available', random));
    };
    expect(draw(1)).toEqual(draw(1));
    const sorted = draw(2).sort((a, b) => a - b);
    const quantile = (share: number) => sorted[Math.floor(share * sorted.length)] ?? 0;
    expect(quantile(0.5)).toBeGreaterThan(28);
    expect(quantile(0.5)).toBeLessThan(32);
    // 30 · e^(1.645 · 0.5) = 68 ms
    expect(quantile(0.95)).toBeGreaterThan(64);
    expect(quantile(0.95)).toBeLessThan(72);
  });
});
