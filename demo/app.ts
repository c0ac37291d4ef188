import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyInstance } from 'fastify';
import { DEMO } from '../contract/demo.ts';
import { type Fault, Faults, parseFault } from './faults/faults.ts';
import { addLatency, CachedReads, type Draws } from './faults/latency.ts';
import { Resources } from './resources/resources.ts';
import { addTraceContext } from './resources/trace-context.ts';
import { accountRoutes } from './routes/account.ts';
import { adminRoutes } from './routes/admin.ts';
import { appointmentRoutes } from './routes/appointments.ts';
import { authRoutes } from './routes/auth.ts';
import { catalogueRoutes, searchRoutes } from './routes/catalogue.ts';
import { liveRoutes } from './routes/live.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { pageRoutes } from './routes/page.ts';
import { cartRoutes, orderRoutes } from './routes/pharmacy.ts';
import { prescriptionRoutes } from './routes/prescriptions.ts';
import { Clinic } from './state/clinic.ts';
import { seededRandom } from './state/random.ts';

export interface DemoOptions {
  readonly seed: number;
  /** false: answers as fast as it can. */
  readonly latency: boolean;
  /** In the notation of demo/faults.ts. */
  readonly faults: readonly string[];
}

/** Keep-alive must outlive a virtual user's think time, or every request pays for a new connection. */
const KEEP_ALIVE_MS = 60_000;
/** Nobody has to tell the live updates anything. */
const MOST_FROM_CLIENT_BYTES = 1_024;
/** The faults draw from their own sequence: setting one must not change the latencies of the rest. */
const FAULT_SEED_OFFSET = 1;
const BESIDE_SEED_OFFSET = 2;

/** The clinic, ready to listen. @throws FaultError for a fault that it does not understand */
export async function createDemo(options: DemoOptions): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, keepAliveTimeout: KEEP_ALIVE_MS });
  const clinic = new Clinic(Date.now());
  const faults = new Faults(seededRandom(options.seed + FAULT_SEED_OFFSET));
  const resources = new Resources();
  const draws: Draws | null = options.latency
    ? { routes: seededRandom(options.seed), beside: seededRandom(options.seed + BESIDE_SEED_OFFSET) }
    : null;
  const cached = new CachedReads(resources, draws);
  const routes: string[] = [];

  await app.register(swagger, {
    openapi: { info: { title: 'Loadstar demo clinic', version: '1.0.0' }, openapi: '3.0.3' },
  });
  await app.register(websocket, { options: { maxPayload: MOST_FROM_CLIENT_BYTES } });
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) if (one !== 'HEAD' && url.startsWith('/api/')) routes.push(`${one} ${url}`);
  });
  addTraceContext(app);
  addLatency(app, faults, resources, draws);
  app.addHook('onReady', async () => await resources.payments.start());
  app.addHook('onClose', async () => {
    await resources.payments.stop();
    resources.memory.resize(0);
  });

  const parts = [authRoutes, accountRoutes, cartRoutes, orderRoutes, prescriptionRoutes];
  for (const part of parts) await app.register(part(clinic));
  for (const part of [searchRoutes, appointmentRoutes]) await app.register(part(clinic, cached));
  await app.register(catalogueRoutes(cached));
  await app.register(liveRoutes(clinic, faults));
  await app.register(adminRoutes(faults, routes));
  await app.register(metricsRoutes(resources, faults));
  await app.register(pageRoutes);
  app.get(DEMO.health_path, { schema: { hide: true } }, async () => ({ status: 'ok' }));
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());

  const parsed: Fault[] = options.faults.map((text) => parseFault(text, routes));
  await app.ready();
  faults.set(parsed, Date.now());
  return app;
}
