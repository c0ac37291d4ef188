import type { FastifyPluginAsync } from 'fastify';
import type { ClinicState } from '../clinic.ts';
import { requireUser } from './auth.ts';
import { APPOINTMENT, ERROR, ID_PARAMS, list, object, SLOT } from './schemas.ts';

const AVAILABLE_QUERY = object(
  { service: { type: 'string' }, limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 } },
  [],
);
const BOOKING = object({ slotId: { type: 'string', maxLength: 100 } });

export function appointmentRoutes(state: ClinicState): FastifyPluginAsync {
  return async (app) => {
    app.get<{ Querystring: { service?: string; limit: number } }>(
      '/api/appointments/available',
      { schema: { querystring: AVAILABLE_QUERY, response: { 200: object({ slots: list(SLOT) }) } } },
      async ({ query: { service, limit } }) => ({ slots: state.available(service, limit) }),
    );
    app.get(
      '/api/appointments',
      { schema: { response: { 200: object({ appointments: list(APPOINTMENT) }), 401: ERROR } } },
      async (request, reply) => {
        const user = await requireUser(state, request, reply);
        return user ? { appointments: state.appointments(user) } : reply;
      },
    );
    app.post<{ Body: { slotId: string } }>(
      '/api/appointments',
      { schema: { body: BOOKING, response: { 201: APPOINTMENT, 401: ERROR, 404: ERROR, 409: ERROR } } },
      async (request, reply) => {
        const user = await requireUser(state, request, reply);
        if (!user) return reply;
        const booked = state.book(user, request.body.slotId);
        if (booked === 'unknown') return await reply.code(404).send({ error: 'no such slot' });
        if (booked === 'taken') return await reply.code(409).send({ error: 'the slot is taken' });
        return await reply.code(201).send(booked);
      },
    );
    app.get<{ Params: { id: string } }>(
      '/api/appointments/:id',
      { schema: { params: ID_PARAMS, response: { 200: APPOINTMENT, 401: ERROR, 404: ERROR } } },
      async (request, reply) => {
        const user = await requireUser(state, request, reply);
        if (!user) return reply;
        const found = state.appointment(user, request.params.id);
        return found ?? (await reply.code(404).send({ error: 'no such appointment' }));
      },
    );
    app.delete<{ Params: { id: string } }>(
      '/api/appointments/:id',
      { schema: { params: ID_PARAMS, response: { 204: { type: 'null' }, 401: ERROR, 404: ERROR } } },
      async (request, reply) => {
        const user = await requireUser(state, request, reply);
        if (!user) return reply;
        if (!state.cancel(user, request.params.id)) return await reply.code(404).send({ error: 'no such appointment' });
        return await reply.code(204).send();
      },
    );
  };
}
