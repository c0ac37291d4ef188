import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A private CA, and certificates that it signed, in files of a directory. */
export interface Authority {
  readonly ca_file: string;
  /** @param names as in `subjectAltName`: `DNS:influx.test`, `IP:127.0.0.1`. @param days negative: it has expired */
  issue(names: string, days?: number): Certificate;
}

export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export function authority(directory: string, name: string): Authority {
  const at = (file: string) => join(directory, `${name}-${file}`);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const ca_file = at('ca.pem');
  openssl('req', '-x509', ...EC, '-keyout', at('ca.key'), '-out', ca_file, '-days', '2', '-subj', `/CN=${name}`);
  let issued = 0;
  return {
    ca_file,
    issue(names, days = 2) {
      issued += 1;
      const [key, request, cert] = ['key', 'csr', 'pem'].map((ending) => at(`${issued}.${ending}`)) as [
        string,
        string,
        string,
      ];
      openssl('req', ...EC, '-keyout', key, '-out', request, '-subj', '/CN=test', '-addext', `subjectAltName=${names}`);
      const signer = ['-CA', ca_file, '-CAkey', at('ca.key'), '-CAcreateserial', '-copy_extensions', 'copy'];
      openssl('x509', '-req', '-in', request, ...signer, '-days', String(days), '-out', cert);
      return { key: readFileSync(key), cert: readFileSync(cert) };
    },
  };
}
