import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { readCa } from './target.ts';

/**
 * k6 has no option for a private CA, but Go reads SSL_CERT_FILE instead of the system's bundle on Linux: so the public
 * roots and the private one go into one file. @returns its path
 */
export async function writeCaBundle(ca_file: string, directory: string): Promise<string> {
  const bundle = join(directory, 'ca-bundle.pem');
  await writeFile(bundle, [...rootCertificates, readCa(ca_file)].join('\n'));
  return bundle;
}
