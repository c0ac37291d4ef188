import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCa, trustedRoots } from '../../lib/ca-files.ts';

/** A file of private CAs, and the variable that names it. */
export interface CaFile {
  readonly variable: 'TARGET_CA_FILE' | 'STACK_CA_FILE';
  readonly file: string;
}

/**
 * k6 has no option for a private CA, but Go reads SSL_CERT_FILE instead of the system's bundle on Linux: so the public
 * roots and the private ones go into one file. @returns its path
 */
export async function writeCaBundle(
  files: readonly CaFile[],
  directory: string,
  env: Parameters<typeof trustedRoots>[0] = {},
): Promise<string> {
  const bundle = join(directory, 'ca-bundle.pem');
  const private_ones = files.map(({ file, variable }) => readCa(file, variable));
  await writeFile(bundle, trustedRoots(env, private_ones).join('\n'));
  return bundle;
}
