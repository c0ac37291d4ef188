import type { FromSchema } from 'json-schema-to-ts';
import {
  PORTABLE_HEADER_SCHEMA,
  PORTABLE_RUN_SCHEMA,
  type PortableHeader,
  type PortableRun,
} from '../../contract/portable-runs.ts';

// Each assigned to the other: schema and type say the same, or this does not compile.
type Run = FromSchema<typeof PORTABLE_RUN_SCHEMA>;
export const runSchemaOf = (run: PortableRun): Run => run as Run;
export const runOf = (value: Run): PortableRun => value as PortableRun;
type Header = FromSchema<typeof PORTABLE_HEADER_SCHEMA>;
export const headerOf = (value: Header): PortableHeader => value;

/** contract/portable-runs.schema.json: what a line of the file may be. */
export function portableSchema(): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Loadstar: a line of `loadstar runs export`; the first line is the header, all others are runs',
    anyOf: [PORTABLE_HEADER_SCHEMA, PORTABLE_RUN_SCHEMA],
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
