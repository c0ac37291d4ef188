import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { LockedTable } from '../resources/database.ts';
import type { Resources } from '../resources/resources.ts';
import { wait } from '../resources/wait.ts';
import { logNormal_ms, type Random } from '../state/random.ts';
import { burnCpu } from './burn.ts';
import type { Faults, Hit } from './faults.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the faults do to it. */
    hit: Hit;
  }
}

/** How long something takes. Medians as small clinics' systems show them. */
interface ServiceTime {
  readonly median_ms: number;
  readonly sigma: number;
}

/** What a route does with its time; without an entry the default. The rest of the time belongs to no resource. */
interface RouteWork extends ServiceTime {
  /** Share of the time that it holds a connection to the database. */
  readonly database: number;
  /** Share of the time that it waits for the payment provider. */
  readonly payments?: number;
  /** What it writes to. */
  readonly locks?: LockedTable;
  /** Whether a confirmation is sent when it has succeeded. */
  readonly confirms?: true;
}

const DEFAULT_WORK: RouteWork = { median_ms: 15, sigma: 0.4, database: 0.8 };
const ROUTES: Readonly<Record<string, RouteWork>> = {
  'POST /api/auth/login': { median_ms: 70, sigma: 0.35, database: 0.5 },
  // These two read from the cache.
  'GET /api/services': { median_ms: 10, sigma: 0.4, database: 0 },
  'GET /api/search': { median_ms: 40, sigma: 0.5, database: 0 },
  'GET /api/appointments/available': { median_ms: 30, sigma: 0.5, database: 0.8 },
  'POST /api/appointments': {
    ...{ median_ms: 60, sigma: 0.5, database: 0.5, payments: 0.3 },
    ...{ locks: 'calendar', confirms: true },
  },
  'PATCH /api/appointments/:id': { median_ms: 60, sigma: 0.5, database: 0.8, locks: 'calendar' },
  'DELETE /api/appointments/:id': { ...DEFAULT_WORK, locks: 'calendar' },
  'GET /api/dashboard': { median_ms: 40, sigma: 0.5, database: 0.8 },
  'POST /api/carts/:id/checkout': {
    ...{ median_ms: 90, sigma: 0.5, database: 0.4, payments: 0.4 },
    ...{ locks: 'stock', confirms: true },
  },
  'DELETE /api/orders/:id': { ...DEFAULT_WORK, locks: 'stock' },
  'POST /api/prescriptions': { median_ms: 50, sigma: 0.5, database: 0.6 },
};
/** Sends a message to the patient. */
const CONFIRMATION: ServiceTime = { median_ms: 250, sigma: 0.4 };
/** What the cache saves. */
const UNCACHED_QUERY: ServiceTime = { median_ms: 120, sigma: 0.4 };
/** A log-normal has no end; a real server has a time-out. */
const LONGEST_MS = 2_000;
const API = '/api/';
const FIRST_FAILURE = 400;

/** What durations are drawn from. */
export interface Draws {
  /** Of routes. */
  readonly routes: Random;
  /** Of what happens beside them: it must not change the times of the routes. */
  readonly beside: Random;
}

/** Makes every API route take its time with the resources that it uses, and hit by the faults that are set. */
export function addLatency(app: FastifyInstance, faults: Faults, resources: Resources, draws: Draws | null): void {
  app.decorateRequest('hit');
  app.addHook('onRequest', async (request, reply) => {
    const route = request.routeOptions.url;
    if (!route?.startsWith(API)) return;
    const now_ms = Date.now();
    resources.limit(faults.shared(now_ms));
    const hit = faults.hit(request.method, route, now_ms);
    request.hit = hit;
    const name = `${request.method} ${route}`;
    const { database, payments, locks } = workOf(name);
    const time_ms = serviceTime_ms(name, draws?.routes ?? null);

    burnCpu(hit.cpu_ms);
    resources.memory.turnOver();
    if (locks) await resources.database.lock(locks, hit.lock_ms);
    if (database > 0) await resources.database.query(time_ms * database);
    if (payments) await resources.payments.authorise(time_ms * payments + hit.payments_ms, request.trace);
    await wait(time_ms * (1 - database - (payments ?? 0)) + hit.latency_ms);
    if (hit.status > 0) await reply.code(hit.status).send({ error: 'injected fault' });
  });
  app.addHook('onSend', async (request, reply) => {
    if (!workOf(`${request.method} ${request.routeOptions.url}`).confirms || reply.statusCode >= FIRST_FAILURE) return;
    await resources.worker.enqueue(draw_ms(CONFIRMATION, draws?.beside ?? null));
  });
}

/** Reads through the cache: what it does not have is a query. */
export class CachedReads {
  readonly #resources: Resources;
  readonly #draws: Draws | null;

  /** @param draws null: a query takes no time */
  constructor(resources: Resources, draws: Draws | null) {
    this.#resources = resources;
    this.#draws = draws;
  }

  /** Before anybody asks, so that a clinic that has just started is no slower. */
  fill(key: string, value: unknown): void {
    this.#resources.cache.set(key, value);
  }

  /** Past the cache, where a fault says so. */
  async read<T>({ hit }: FastifyRequest, key: string, read: () => T): Promise<T> {
    const { cache, database } = this.#resources;
    return await cache.read(key, hit.is_cached, async () => {
      await database.query(draw_ms(UNCACHED_QUERY, this.#draws?.beside ?? null));
      return read();
    });
  }
}

/** @param random null: no latency of its own */
export function serviceTime_ms(route: string, random: Random | null): number {
  return draw_ms(workOf(route), random);
}

function workOf(route: string): RouteWork {
  return ROUTES[route] ?? DEFAULT_WORK;
}

function draw_ms({ median_ms, sigma }: ServiceTime, random: Random | null): number {
  return random ? Math.min(LONGEST_MS, logNormal_ms(random, median_ms, sigma)) : 0;
}
