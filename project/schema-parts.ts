/** What several parts of the configuration's schema consist of. */
import { z } from 'zod';

/** Messages are what was expected; load-config.ts puts the field and what was found around them. */
export const VARIABLE = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]*$/, 'the name of an environment variable, such as STAGING_TOKEN (never its value)');
export const HEADER_NAME = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name, such as X-Api-Key');
export const TEXT = z.string().min(1, 'a text that is not empty');

/** An object that refuses unknown fields, with a message that lists the known ones. */
export function strictObject<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? `one of: ${Object.keys(shape).join(', ')}` : undefined),
  });
}
