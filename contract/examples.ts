/**
 * Examples of a run: requests and checks that failed, and the slowest requests. The `loadstar` output writes them
 * (LOADSTAR_EXAMPLES_FILE, k6/output/kept), `summary.json` repeats them with their secrets masked.
 */
import { z } from 'zod';
import { PROTOCOL_NAMES } from './k6-metrics.ts';

/** Where k6 spends the time of a request, ms. The first three are no part of its duration. */
const phases = z.strictObject({
  blocked: z.number(),
  connecting: z.number(),
  tls_handshaking: z.number(),
  sending: z.number(),
  waiting: z.number(),
  receiving: z.number(),
});

export const example = z.strictObject({
  protocol: z.enum(PROTOCOL_NAMES),
  /** Its `name` tag. */
  name: z.string(),
  /** Of a gRPC call that of its service; empty for a WebSocket. */
  method: z.string(),
  /** Without credentials and query. */
  url: z.string(),
  /** 0 where no answer came, and of a gRPC call that passed. */
  status: z.int(),
  /** k6's code; 0 if it has none. */
  error_code: z.int(),
  /** In k6's words, or in those of a gRPC server. */
  error: z.string().exactOptional(),
  /** The check that failed on its answer; left out if the request itself failed, or nothing did. */
  check: z.string().exactOptional(),
  began: z.iso.datetime(),
  duration_ms: z.number(),
  /** Left out where k6 knows none: only HTTP has them. */
  phases_ms: phases.exactOptional(),
  /** The first 2 KiB of the answer; left out if it is empty, no text, or the script discards it. */
  body: z.string().exactOptional(),
  body_bytes: z.int(),
  /** Of the request's trace, where the target was asked to record it. */
  trace_id: z.string().exactOptional(),
  /** Where to look at that trace. */
  trace_url: z.string().exactOptional(),
});

export const examples = z.strictObject({
  /** The first three of each request and answer, and of each check; in the order of time. */
  failed: z.array(example),
  /** The three slowest of each request, the slowest first. */
  slowest: z.array(example),
});

export type Example = z.infer<typeof example>;
export type Examples = z.infer<typeof examples>;
