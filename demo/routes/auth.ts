import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { DEMO } from '../../contract/demo.ts';
import type { Clinic } from '../state/clinic.ts';
import type { Session } from '../state/sessions.ts';
import { ERROR, NOTHING, object, SESSION } from './schemas.ts';

const CREDENTIALS = object({ email: { type: 'string', maxLength: 200 }, password: { type: 'string', maxLength: 200 } });
const REFRESH = object({ refreshToken: { type: 'string', maxLength: 100 } });
const RETRY_AFTER = { ...ERROR, headers: { 'retry-after': { type: 'integer', description: 'seconds' } } };

export function authRoutes({ sessions }: Clinic): FastifyPluginAsync {
  return async (app) => {
    app.post<{ Body: { email: string; password: string } }>(
      '/api/auth/login',
      { schema: { body: CREDENTIALS, response: { 200: SESSION, 401: ERROR, 429: RETRY_AFTER } } },
      async ({ body: { email, password } }, reply) => {
        const outcome = await sessions.login(email, password, Date.now());
        if (outcome === 'wrong') return await reply.code(401).send({ error: 'wrong e-mail or password' });
        if ('token' in outcome) return shown(outcome);
        reply.header('retry-after', outcome.retry_after_s);
        return await reply.code(429).send({ error: 'too many wrong passwords: try again later' });
      },
    );
    app.post<{ Body: { refreshToken: string } }>(
      '/api/auth/refresh',
      { schema: { body: REFRESH, response: { 200: SESSION, 401: ERROR } } },
      async (request, reply) => {
        const session = sessions.refresh(request.body.refreshToken, Date.now());
        return session ? shown(session) : await reply.code(401).send({ error: 'log in again' });
      },
    );
    app.post(
      '/api/auth/logout',
      { schema: { response: { 204: NOTHING, 401: ERROR } } },
      withUser(sessions, async (_user, request, reply) => {
        sessions.logout(bearer(request));
        return await reply.code(204).send();
      }),
    );
  };
}

function shown({ token, refreshToken }: Session) {
  return { token, refreshToken, expires_in_s: DEMO.login.token_life_s };
}

function bearer(request: FastifyRequest): string {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
}

/** A handler for those who are logged in; all others are answered 401. */
export function withUser<R extends FastifyRequest>(
  sessions: Clinic['sessions'],
  handler: (user: string, request: R, reply: FastifyReply) => unknown,
): (request: R, reply: FastifyReply) => Promise<unknown> {
  return async (request, reply) => {
    const user = sessions.userOf(bearer(request), Date.now());
    if (!user) return await reply.code(401).send({ error: 'log in first' });
    return await handler(user, request, reply);
  };
}
