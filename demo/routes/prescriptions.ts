import multipart from '@fastify/multipart';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { DEMO } from '../../contract/demo.ts';
import type { Clinic } from '../state/clinic.ts';
import { withUser } from './auth.ts';
import { ERROR, ID_PARAMS, list, NOTHING, object, PRESCRIPTION } from './schemas.ts';

type WithId = FastifyRequest<{ Params: { id: string } }>;
const NO_PRESCRIPTION = { error: 'no such prescription' };
const TYPES = DEMO.uploads.types.join(', ');

/** One file a request, of the types and up to the size that the contract says. */
export function prescriptionRoutes(clinic: Clinic): FastifyPluginAsync {
  const { prescriptions, sessions } = clinic;
  return async (app) => {
    await app.register(multipart, {
      limits: { files: 1, fields: 0, fileSize: DEMO.uploads.most_bytes },
      throwFileSizeLimit: false,
    });
    app.post(
      '/api/prescriptions',
      {
        schema: {
          description: `multipart/form-data with one file: ${TYPES}, at most ${DEMO.uploads.most_bytes} bytes`,
          consumes: ['multipart/form-data'],
          response: { 201: PRESCRIPTION, 400: ERROR, 401: ERROR, 413: ERROR, 415: ERROR },
        },
      },
      withUser(sessions, (user, request, reply) => upload(clinic, user, request, reply)),
    );
    app.get(
      '/api/prescriptions',
      { schema: { response: { 200: object({ prescriptions: list(PRESCRIPTION) }), 401: ERROR } } },
      withUser(sessions, (user) => ({ prescriptions: prescriptions.files(user) })),
    );
    app.get<{ Params: { id: string } }>(
      '/api/prescriptions/:id/file',
      { schema: { params: ID_PARAMS, produces: [...DEMO.uploads.types], response: { 401: ERROR, 404: ERROR } } },
      withUser(sessions, (user, { params }: WithId, reply) => {
        const file = prescriptions.file(user, params.id);
        return file ? reply.type(file.type).send(file.content) : reply.code(404).send(NO_PRESCRIPTION);
      }),
    );
    app.delete<{ Params: { id: string } }>(
      '/api/prescriptions/:id',
      { schema: { params: ID_PARAMS, response: { 204: NOTHING, 401: ERROR, 404: ERROR } } },
      withUser(sessions, (user, { params }: WithId, reply) =>
        prescriptions.remove(user, params.id) ? reply.code(204).send() : reply.code(404).send(NO_PRESCRIPTION),
      ),
    );
  };
}

async function upload(
  { prescriptions }: Clinic,
  user: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const part = request.isMultipart() ? await request.file() : undefined;
  if (!part) return reply.code(400).send({ error: 'expected one file as multipart/form-data' });
  const content = await part.toBuffer();
  if (part.file.truncated) {
    return reply.code(413).send({ error: `a file has at most ${DEMO.uploads.most_bytes} bytes` });
  }
  const file = prescriptions.add(user, part.filename, part.mimetype, content);
  if (!file) return reply.code(415).send({ error: `expected one of ${TYPES}, and content of that type` });
  return reply.code(201).send(file);
}
