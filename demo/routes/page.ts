import { readFileSync } from 'node:fs';
import type { FastifyPluginAsync } from 'fastify';

const FILES = [
  { path: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/assets/style.css', file: 'style.css', type: 'text/css; charset=utf-8' },
  { path: '/assets/app.js', file: 'app.js', type: 'text/javascript; charset=utf-8' },
] as const;

/** The clinic's page: small enough to be held in memory. */
export const pageRoutes: FastifyPluginAsync = async (app) => {
  for (const { path, file, type } of FILES) {
    const content = readFileSync(new URL(`../page/${file}`, import.meta.url));
    app.get(path, { schema: { hide: true } }, async (_request, reply) => await reply.type(type).send(content));
  }
};
