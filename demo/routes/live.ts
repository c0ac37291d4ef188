import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { DEMO } from '../../contract/demo.ts';
import type { Faults } from '../faults/faults.ts';
import type { SlotUpdate } from '../state/calendar.ts';
import type { Clinic } from '../state/clinic.ts';
import { ERROR, object } from './schemas.ts';

/** Who reads so slowly that this much waits for him is cut off: his backlog must not fill the memory. */
const LONGEST_BACKLOG_BYTES = 1_048_576;
const SERVICE_QUERY = object({ service: { type: 'string', maxLength: 100 } }, []);

type WithService = FastifyRequest<{ Querystring: { service?: string } }>;

/** Slot updates as they happen, over WebSocket: first `{"type":"ready"}`, then one message a slot that changes hands. */
export function liveRoutes({ calendar }: Clinic, faults: Faults): FastifyPluginAsync {
  return async (app) => {
    app.route<{ Querystring: { service?: string } }>({
      method: 'GET',
      url: DEMO.live_path,
      schema: {
        description: 'WebSocket: JSON messages of slots that are taken or free again. Plain HTTP is answered 426.',
        querystring: SERVICE_QUERY,
        response: { 426: ERROR },
      },
      handler: async (_request, reply) =>
        await reply.code(426).header('upgrade', 'websocket').send({ error: 'expected a WebSocket' }),
      wsHandler(socket: WebSocket, { query }: WithService) {
        const tell = (update: SlotUpdate) => {
          if (query.service && query.service !== update.serviceId) return;
          // Latency that is injected into this route holds up its messages too.
          const { latency_ms } = faults.hit('GET', DEMO.live_path, Date.now());
          if (latency_ms === 0) send(socket, update);
          else setTimeout(send, latency_ms, socket, update);
        };
        calendar.updates.on('slot', tell);
        socket.on('close', () => calendar.updates.off('slot', tell));
        socket.on('error', () => socket.terminate());
        socket.send(JSON.stringify({ type: 'ready' }));
      },
    });
  };
}

function send(socket: WebSocket, update: SlotUpdate): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > LONGEST_BACKLOG_BYTES) socket.terminate();
  else socket.send(JSON.stringify({ type: 'slot', ...update }));
}
