import type { FastifyPluginAsync } from 'fastify';
import { DEMO } from '../../contract/demo.ts';
import type { Faults } from '../faults/faults.ts';
import type { Resources } from '../resources/resources.ts';

/** Metrics of the clinic and of its process, for Prometheus and Telegraf. No fault delays it. */
export function metricsRoutes(resources: Resources, faults: Faults): FastifyPluginAsync {
  return async (app) => {
    app.get(DEMO.metrics_path, { schema: { hide: true } }, async (_request, reply) => {
      resources.limit(faults.shared(Date.now()));
      return await reply.type(resources.content_type).send(await resources.metrics());
    });
  };
}
