import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { Clinic } from '../state/clinic.ts';
import { withUser } from './auth.ts';
import { ERROR, list, object } from './schemas.ts';

const text = { type: 'string' } as const;
const whole = { type: 'integer' } as const;
const LIMIT_QUERY = object({ limit: { type: 'integer', minimum: 1, maximum: 50, default: 10 } }, []);

type WithLimit = FastifyRequest<{ Querystring: { limit: number } }>;

/** What the page shows that a patient sees after logging in: it asks for all of it at once. */
export function accountRoutes({ calendar, pharmacy, prescriptions, sessions }: Clinic): FastifyPluginAsync {
  return async (app) => {
    app.get(
      '/api/me',
      { schema: { response: { 200: object({ email: text, name: text }), 401: ERROR } } },
      withUser(sessions, (email) => ({ email, name: email.split('@')[0] ?? '' })),
    );
    app.get(
      '/api/dashboard',
      {
        schema: {
          response: { 200: object({ appointments: whole, orders: whole, prescriptions: whole }), 401: ERROR },
        },
      },
      withUser(sessions, (user) => ({
        appointments: calendar.appointments(user).length,
        orders: pharmacy.orders(user).length,
        prescriptions: prescriptions.files(user).length,
      })),
    );
    app.get<{ Querystring: { limit: number } }>(
      '/api/notifications',
      {
        schema: {
          querystring: LIMIT_QUERY,
          response: { 200: object({ notifications: list(object({ id: text, text })) }), 401: ERROR },
        },
      },
      withUser(sessions, (user, { query }: WithLimit) => {
        const booked = calendar.appointments(user).map(({ id }) => ({ id, text: 'Your appointment is confirmed.' }));
        const ordered = pharmacy.orders(user).map(({ id }) => ({ id, text: 'Your order is on its way.' }));
        return { notifications: [...booked, ...ordered].slice(-query.limit) };
      }),
    );
  };
}
