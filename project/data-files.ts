/** Files that scripts open, for a k6 that does not see the files of this machine. */
import { basename } from 'node:path';
import { usageError } from '../lib/errors.ts';
import type { CatalogueScenario } from './catalogue.ts';

type Opening = Pick<CatalogueScenario, 'name' | 'data_files' | 'proto_files'>;

/** @returns name of each file in one directory, by its path: `data-1-users.csv` */
export function nameDataFiles(scenarios: readonly Opening[]): Map<string, string> {
  const files = new Set(scenarios.flatMap(({ data_files = [] }) => data_files));
  return new Map(
    [...files].map((file, index) => [file, `data-${index + 1}-${basename(file).replace(/[^\w.-]/g, '_')}`]),
  );
}

/** Definitions import each other by paths, which copies of single files would lose. @throws LoadstarError (usage) */
export function refuseProtoFiles(scenarios: readonly Opening[], instead: string): void {
  const loading = scenarios.find(({ proto_files = [] }) => proto_files.length > 0);
  if (!loading) return;
  throw usageError(
    'gRPC definitions that k6 in a container can read',
    `\`${loading.proto_files?.[0]}\` on this machine, which ${loading.name} loads`,
    `${instead}, or let the server describe itself: \`client.connect(address, { reflect: true })\``,
  );
}
