import type { FastifyInstance } from 'fastify';
import { logNormal_ms, type Random } from '../state/random.ts';
import type { Faults } from './faults.ts';

/** How long a route takes; without an entry the default. Medians as small clinics' systems show them. */
interface ServiceTime {
  readonly median_ms: number;
  readonly sigma: number;
}

const DEFAULT_TIME: ServiceTime = { median_ms: 15, sigma: 0.4 };
const SERVICE_TIMES: Readonly<Record<string, ServiceTime>> = {
  'POST /api/auth/login': { median_ms: 70, sigma: 0.35 },
  'GET /api/services': { median_ms: 10, sigma: 0.4 },
  'GET /api/appointments/available': { median_ms: 30, sigma: 0.5 },
  'POST /api/appointments': { median_ms: 60, sigma: 0.5 },
  'PATCH /api/appointments/:id': { median_ms: 60, sigma: 0.5 },
  'GET /api/search': { median_ms: 40, sigma: 0.5 },
  'GET /api/dashboard': { median_ms: 40, sigma: 0.5 },
  'POST /api/carts/:id/checkout': { median_ms: 90, sigma: 0.5 },
  'POST /api/prescriptions': { median_ms: 50, sigma: 0.5 },
};
/** A log-normal has no end; a real server has a time-out. */
const LONGEST_MS = 2_000;
const API = '/api/';

/** Makes every API route take its time, and hit by the faults that are set. Waiting costs no CPU. */
export function addLatency(app: FastifyInstance, faults: Faults, random: Random | null): void {
  app.addHook('onRequest', async (request, reply) => {
    const route = request.routeOptions.url;
    if (!route?.startsWith(API)) return;
    const fault = faults.hit(request.method, route, Date.now());
    await wait(serviceTime_ms(`${request.method} ${route}`, random) + fault.latency_ms);
    if (fault.status > 0) await reply.code(fault.status).send({ error: 'injected fault' });
  });
}

/** @param random null: no latency of its own */
export function serviceTime_ms(route: string, random: Random | null): number {
  if (!random) return 0;
  const { median_ms, sigma } = SERVICE_TIMES[route] ?? DEFAULT_TIME;
  return Math.min(LONGEST_MS, logNormal_ms(random, median_ms, sigma));
}

async function wait(duration_ms: number): Promise<void> {
  if (duration_ms > 0) await new Promise((done) => setTimeout(done, duration_ms));
}
