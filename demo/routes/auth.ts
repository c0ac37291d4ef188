import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { ClinicState } from '../clinic.ts';
import { ERROR, object } from './schemas.ts';

const CREDENTIALS = object({ email: { type: 'string', maxLength: 200 }, password: { type: 'string', maxLength: 200 } });

export function authRoutes(state: ClinicState): FastifyPluginAsync {
  return async (app) => {
    app.post<{ Body: { email: string; password: string } }>(
      '/api/auth/login',
      { schema: { body: CREDENTIALS, response: { 200: object({ token: { type: 'string' } }), 401: ERROR } } },
      async (request, reply) => {
        const token = state.login(request.body.email, request.body.password);
        return token ? { token } : await reply.code(401).send({ error: 'wrong e-mail or password' });
      },
    );
  };
}

/** @returns the user behind the bearer token; null after answering 401 */
export async function requireUser(
  state: ClinicState,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<string | null> {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const user = token ? state.userOf(token) : null;
  if (!user) await reply.code(401).send({ error: 'log in first' });
  return user;
}
