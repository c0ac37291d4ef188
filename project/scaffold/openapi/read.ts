import { dereference } from '@readme/openapi-parser';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { requireShallow, requireShallowYaml } from '../../../lib/bounded.ts';
import { LoadstarError, messageOf, usageError } from '../../../lib/errors.ts';
import { readSource } from '../source.ts';

const SCALAR = z.union([z.string(), z.number(), z.boolean()]);
/** Other examples, such as objects, do not fit into a URL. */
const maybe = SCALAR.optional().catch(undefined);

const SCHEMA = z.object({
  example: maybe,
  examples: z.array(z.unknown()).optional().catch(undefined),
  default: maybe,
  enum: z.array(z.unknown()).optional().catch(undefined),
});

/** OpenAPI 3 has values in `schema`, Swagger 2 in the parameter itself. */
const PARAMETER = SCHEMA.omit({ examples: true }).extend({
  name: z.string(),
  in: z.string(),
  required: z.boolean().catch(false),
  examples: z
    .record(z.string(), z.object({ value: z.unknown() }))
    .optional()
    .catch(undefined),
  schema: SCHEMA.optional().catch(undefined),
});

const REQUIREMENTS = z.array(z.record(z.string(), z.unknown()));

const OPERATION = z.object({
  parameters: z.array(z.unknown()).catch([]),
  responses: z
    .record(z.string(), z.object({ content: z.record(z.string(), z.unknown()).optional().catch(undefined) }))
    .catch({}),
  security: REQUIREMENTS.optional().catch(undefined),
  /** Swagger 2. */
  produces: z.array(z.string()).optional().catch(undefined),
});

const DOCUMENT = z.object({
  info: z.object({ title: z.string().catch('') }).catch({ title: '' }),
  servers: z
    .array(
      z.object({
        url: z.string(),
        variables: z.record(z.string(), z.object({ default: z.coerce.string() })).catch({}),
      }),
    )
    .catch([]),
  /** Swagger 2. */
  basePath: z.string().optional().catch(undefined),
  produces: z.array(z.string()).optional().catch(undefined),
  security: REQUIREMENTS.optional().catch(undefined),
  paths: z.record(z.string(), z.object({ get: OPERATION.optional(), parameters: z.array(z.unknown()).catch([]) })),
});

export type OpenApiDocument = z.output<typeof DOCUMENT>;
export type Operation = z.output<typeof OPERATION>;
export type Parameter = z.output<typeof PARAMETER>;
export type ValueSource = z.output<typeof SCHEMA>;

const LARGEST_BYTES = 10 * 2 ** 20;
const DEREFERENCE_TIMEOUT_MS = 10_000;

/** @throws LoadstarError (usage) if the file is no OpenAPI 3 or Swagger 2 document */
export async function readOpenApi(file: string): Promise<OpenApiDocument> {
  const expected = '--from-openapi to name an OpenAPI document';
  const text = await readSource(file, expected, LARGEST_BYTES);
  try {
    // JSON is also YAML, but the YAML parser is slower. It refuses documents whose aliases expand without end.
    const value: unknown = /^\s*\{/.test(text) ? JSON.parse(text) : parseYaml(text, expected);
    requireShallow(value, expected);
    const whole = await dereference(z.record(z.string(), z.unknown()).parse(value) as never, {
      // A description must not make this machine send requests or read files.
      resolve: { external: false, file: false },
      dereference: { circular: 'ignore' },
      timeoutMs: DEREFERENCE_TIMEOUT_MS,
    });
    return DOCUMENT.parse(whole);
  } catch (error) {
    if (error instanceof LoadstarError) throw error;
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const found = issue ? `${issue.path.join('.') || 'the file'}: ${issue.message}` : messageOf(error);
    throw usageError(expected, `${file}: ${found.split('\n')[0]}`);
  }
}

function parseYaml(text: string, expected: string): unknown {
  requireShallowYaml(text, expected);
  try {
    // Pretty errors take quadratic time: 8 s for 100 kB of quotes.
    return parse(text, { prettyErrors: false });
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new Error(`${error.message} at line ${text.slice(0, error.pos[0]).split('\n').length}`);
  }
}

/** @returns null for an unreadable parameter, such as a reference to another file */
export function parseParameter(value: unknown): Parameter | null {
  const result = PARAMETER.safeParse(value);
  return result.success ? result.data : null;
}
