import type { AddressInfo } from 'node:net';
import type { Context } from '@opentelemetry/api';
import Fastify, { type FastifyInstance } from 'fastify';
import { Counter, Histogram, type Registry } from 'prom-client';
import { Pool } from 'undici';
import { SHORT_BUCKETS_S } from './metrics.ts';
import { addTraceContext, traceHeaders } from './trace-context.ts';
import { wait } from './wait.ts';

const LOOPBACK = '127.0.0.1';
const CONNECTIONS = 100;
const PATH = '/payments';

/** The provider of payments, as a server of its own that the clinic calls over HTTP. It takes as long as it is told. */
function createProvider(): FastifyInstance {
  const app = Fastify({ logger: false });
  addTraceContext(app);
  app.post<{ Body: { duration_ms: number } }>(PATH, async ({ body }) => {
    await wait(body.duration_ms);
    return { status: 'authorised' };
  });
  return app;
}

/** The clinic's client of its provider. */
export class Payments {
  readonly #provider = createProvider();
  readonly #seconds: Histogram;
  readonly #errors: Counter;
  #pool: Pool | null = null;

  constructor(registry: Registry) {
    this.#seconds = new Histogram({
      name: 'clinic_payments_duration_seconds',
      help: 'Time of a call to the payment provider.',
      buckets: SHORT_BUCKETS_S,
      registers: [registry],
    });
    this.#errors = new Counter({
      name: 'clinic_payments_errors_total',
      help: 'Calls to the payment provider that failed.',
      registers: [registry],
    });
  }

  /** On a port that is free. */
  async start(): Promise<void> {
    await this.#provider.listen({ host: LOOPBACK, port: 0 });
    const { port } = this.#provider.server.address() as AddressInfo;
    this.#pool = new Pool(`http://${LOOPBACK}:${port}`, { connections: CONNECTIONS });
  }

  async stop(): Promise<void> {
    await this.#pool?.destroy();
    this.#provider.server.closeAllConnections();
    await this.#provider.close();
  }

  /** A payment that fails is noted and collected later: the booking stands. @returns trace context of the provider's answer */
  async authorise(duration_ms: number, trace: Context): Promise<string | null> {
    const end = this.#seconds.startTimer();
    try {
      const answer = await this.#pool?.request({
        method: 'POST',
        path: PATH,
        headers: { 'content-type': 'application/json', ...traceHeaders(trace) },
        body: JSON.stringify({ duration_ms }),
      });
      if (answer?.statusCode !== 200) this.#errors.inc();
      await answer?.body.dump();
      return (answer?.headers.traceresponse as string | undefined) ?? null;
    } catch {
      this.#errors.inc();
      return null;
    } finally {
      end();
    }
  }
}
