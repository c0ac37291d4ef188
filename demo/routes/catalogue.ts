import type { FastifyPluginAsync } from 'fastify';
import type { ClinicState } from '../clinic.ts';
import { HIT, list, object, SERVICE } from './schemas.ts';

interface SearchQuery {
  q: string;
  page: number;
  size: number;
}

const SEARCH_QUERY = object(
  {
    q: { type: 'string', minLength: 1, maxLength: 100 },
    page: { type: 'integer', minimum: 1, default: 1 },
    size: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
  },
  ['q'],
);
const whole = { type: 'integer' } as const;

export function catalogueRoutes(state: ClinicState): FastifyPluginAsync {
  return async (app) => {
    app.get(
      '/api/services',
      { schema: { response: { 200: object({ services: list(SERVICE) }) } } },
      async (_request, reply) => {
        reply.header('cache-control', 'public, max-age=60');
        return { services: state.services };
      },
    );
    app.get<{ Querystring: SearchQuery }>(
      '/api/search',
      {
        schema: {
          querystring: SEARCH_QUERY,
          response: { 200: object({ total: whole, page: whole, size: whole, hits: list(HIT) }) },
        },
      },
      async ({ query: { q, page, size } }) => ({ ...state.search(q, page, size), page, size }),
    );
  };
}
