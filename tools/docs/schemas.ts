import { z } from 'zod';
import { portableHeader, portableRun } from '../../contract/portable-runs.ts';
import { runSummary } from '../../contract/summary-schema.ts';

/** contract/summary.schema.json */
export function summarySchema(): string {
  return publishedSchema('Loadstar: summary.json of a run', runSummary);
}

/** contract/portable-runs.schema.json: what a line of the file may be. */
export function portableSchema(): string {
  const title = 'Loadstar: a line of `loadstar runs export`; the first line is the header, all others are runs';
  return publishedSchema(title, z.union([portableHeader, portableRun]));
}

function publishedSchema(title: string, schema: z.ZodType): string {
  const { $schema, ...published } = z.toJSONSchema(schema, { target: 'draft-7', override: shorten });
  return `${JSON.stringify({ $schema, title, ...published }, null, 2)}\n`;
}

/** What a reader of the schema knows anyway: how far JavaScript counts, and the pattern of a standard format. */
function shorten({ jsonSchema: schema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.format) delete schema.pattern;
}
