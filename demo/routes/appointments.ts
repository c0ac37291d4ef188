import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { CachedReads } from '../faults/latency.ts';
import type { Appointment } from '../state/calendar.ts';
import { SERVICES } from '../state/catalogue.ts';
import type { Clinic } from '../state/clinic.ts';
import { withUser } from './auth.ts';
import { APPOINTMENT, ERROR, ID_PARAMS, list, NOTHING, object, SLOT } from './schemas.ts';

const AVAILABLE_QUERY = object(
  { service: { type: 'string' }, limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 } },
  [],
);
const WANTED = object({ slotId: { type: 'string', maxLength: 100 } });
const NO_APPOINTMENT = { error: 'no such appointment' };

type WithSlot = FastifyRequest<{ Body: { slotId: string } }>;
type WithId = FastifyRequest<{ Params: { id: string } }>;
type WithBoth = FastifyRequest<{ Body: { slotId: string }; Params: { id: string } }>;

export function appointmentRoutes({ calendar, sessions }: Clinic, cached: CachedReads): FastifyPluginAsync {
  const rosterKey = (service: string | undefined) => `roster of ${service ?? 'all'}`;
  for (const id of [undefined, ...SERVICES.map((service) => service.id)])
    cached.fill(rosterKey(id), calendar.roster(id));
  return async (app) => {
    app.get<{ Querystring: { service?: string; limit: number } }>(
      '/api/appointments/available',
      { schema: { querystring: AVAILABLE_QUERY, response: { 200: object({ slots: list(SLOT) }) } } },
      async (request) => {
        const { service, limit } = request.query;
        const roster = await cached.read(request, rosterKey(service), () => calendar.roster(service));
        return { slots: calendar.available(roster, limit) };
      },
    );
    app.get(
      '/api/appointments',
      { schema: { response: { 200: object({ appointments: list(APPOINTMENT) }), 401: ERROR } } },
      withUser(sessions, (user) => ({ appointments: calendar.appointments(user) })),
    );
    app.post<{ Body: { slotId: string } }>(
      '/api/appointments',
      { schema: { body: WANTED, response: { 201: APPOINTMENT, 401: ERROR, 404: ERROR, 409: ERROR } } },
      withUser(sessions, (user, { body }: WithSlot, reply) => booked(calendar.book(user, body.slotId), 201, reply)),
    );
    app.get<{ Params: { id: string } }>(
      '/api/appointments/:id',
      { schema: { params: ID_PARAMS, response: { 200: APPOINTMENT, 401: ERROR, 404: ERROR } } },
      withUser(
        sessions,
        (user, { params }: WithId, reply) =>
          calendar.appointment(user, params.id) ?? reply.code(404).send(NO_APPOINTMENT),
      ),
    );
    app.patch<{ Body: { slotId: string }; Params: { id: string } }>(
      '/api/appointments/:id',
      {
        schema: { params: ID_PARAMS, body: WANTED, response: { 200: APPOINTMENT, 401: ERROR, 404: ERROR, 409: ERROR } },
      },
      withUser(sessions, (user, { body, params }: WithBoth, reply) => {
        const moved = calendar.reschedule(user, params.id, body.slotId);
        return moved === null ? reply.code(404).send(NO_APPOINTMENT) : booked(moved, 200, reply);
      }),
    );
    app.delete<{ Params: { id: string } }>(
      '/api/appointments/:id',
      { schema: { params: ID_PARAMS, response: { 204: NOTHING, 401: ERROR, 404: ERROR } } },
      withUser(sessions, (user, { params }: WithId, reply) =>
        calendar.cancel(user, params.id) ? reply.code(204).send() : reply.code(404).send(NO_APPOINTMENT),
      ),
    );
  };
}

function booked(outcome: Appointment | 'taken' | 'unknown', code: 200 | 201, reply: FastifyReply): FastifyReply {
  if (outcome === 'unknown') return reply.code(404).send({ error: 'no such slot' });
  if (outcome === 'taken') return reply.code(409).send({ error: 'the slot is taken' });
  return reply.code(code).send(outcome);
}
