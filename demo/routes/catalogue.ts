import etag from '@fastify/etag';
import type { FastifyPluginAsync } from 'fastify';
import type { CachedReads } from '../faults/latency.ts';
import { SERVICES } from '../state/catalogue.ts';
import type { Clinic } from '../state/clinic.ts';
import { ERROR, HIT, ID_PARAMS, list, object, SERVICE } from './schemas.ts';

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
const CATEGORY_QUERY = object({ category: { type: 'string', maxLength: 50 } }, []);
const CACHED = 'public, max-age=60';

/** What the public reads, and caches: with ETags, and 304 for who has it already. */
export function catalogueRoutes(cached: CachedReads): FastifyPluginAsync {
  const servicesOf = (category?: string) => SERVICES.filter((service) => !category || service.category === category);
  const servicesKey = (category?: string) => `services of ${category ?? 'all'}`;
  for (const category of [undefined, ...SERVICES.map((service) => service.category)]) {
    cached.fill(servicesKey(category), servicesOf(category));
  }
  return async (app) => {
    await app.register(etag);
    app.get<{ Querystring: { category?: string } }>(
      '/api/services',
      { schema: { querystring: CATEGORY_QUERY, response: { 200: object({ services: list(SERVICE) }) } } },
      async (request, reply) => {
        const { category } = request.query;
        reply.header('cache-control', CACHED);
        return { services: await cached.read(request, servicesKey(category), () => servicesOf(category)) };
      },
    );
    app.get<{ Params: { id: string } }>(
      '/api/services/:id',
      { schema: { params: ID_PARAMS, response: { 200: SERVICE, 404: ERROR } } },
      async ({ params }, reply) => {
        const found = SERVICES.find(({ id }) => id === params.id);
        if (!found) return await reply.code(404).send({ error: 'no such service' });
        reply.header('cache-control', CACHED);
        return found;
      },
    );
  };
}

export function searchRoutes({ search }: Clinic, cached: CachedReads): FastifyPluginAsync {
  const hitsKey = (text: string) => `hits of ${text.toLowerCase()}`;
  for (const word of search.words()) cached.fill(hitsKey(word), search.find(word));
  return async (app) => {
    app.get<{ Querystring: SearchQuery }>(
      '/api/search',
      {
        schema: {
          querystring: SEARCH_QUERY,
          response: {
            200: object({ total: whole, page: whole, size: whole, corrected: { type: 'boolean' }, hits: list(HIT) }),
          },
        },
      },
      async (request) => {
        const { q, page, size } = request.query;
        const found = await cached.read(request, hitsKey(q), () => search.find(q));
        return { ...found, hits: found.hits.slice((page - 1) * size, page * size), page, size };
      },
    );
  };
}
