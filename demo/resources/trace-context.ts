import { type Context, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the caller, to pass on. */
    trace: Context;
  }
}

propagation.setGlobalPropagator(new W3CTraceContextPropagator());

/** Answers say to which trace they belong: https://w3c.github.io/trace-context/#traceresponse-header */
const ANSWER_HEADER = 'traceresponse';

/** Takes the trace context of each request, and answers with it. Without one there is no trace. */
export function addTraceContext(app: FastifyInstance): void {
  app.decorateRequest('trace');
  app.addHook('onRequest', async (request, reply) => {
    request.trace = propagation.extract(ROOT_CONTEXT, request.headers);
    const { traceparent } = traceHeaders(request.trace);
    if (traceparent) reply.header(ANSWER_HEADER, traceparent);
  });
}

/** Headers that continue a trace in a call to another service. */
export function traceHeaders(trace: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(trace, headers);
  return headers;
}
