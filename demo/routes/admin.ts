import type { FastifyPluginAsync } from 'fastify';
import { DEMO } from '../../contract/demo.ts';
import { checkFault, FaultError, type Faults } from '../faults/faults.ts';

const schema = { hide: true };

/** Reads and sets the faults. Only a demo has such a thing. @param routes filled as routes are registered */
export function adminRoutes(faults: Faults, routes: readonly string[]): FastifyPluginAsync {
  return async (app) => {
    app.get(DEMO.faults_path, { schema }, async () => faults.list());
    app.put<{ Body: unknown }>(DEMO.faults_path, { schema }, async ({ body }, reply) => {
      try {
        if (!Array.isArray(body)) throw new FaultError('the body is a JSON list of faults');
        faults.set(
          body.map((one: Record<string, unknown>) => checkFault(one, routes)),
          Date.now(),
        );
        return faults.list();
      } catch (error) {
        if (!(error instanceof FaultError)) throw error;
        return await reply.code(400).send({ error: error.message });
      }
    });
    app.delete(DEMO.faults_path, { schema }, async (_request, reply) => {
      faults.set([], Date.now());
      return await reply.code(204).send();
    });
  };
}
