import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { messageOf, usageError } from './errors.ts';

/** @throws LoadstarError (usage) if the file cannot be read or holds no certificate */
export function readCa(file: string, variable = 'TARGET_CA_FILE'): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError(`${variable} to be a readable PEM file`, messageOf(error), `check the path in ${variable}`);
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw usageError(`${variable} to hold a PEM certificate`, `none in ${file}`, `check the file that ${variable} names`);
}

/** The public roots, those of NODE_EXTRA_CA_CERTS (which a list of roots would otherwise replace), and `more`. */
export function trustedRoots(env: Readonly<Record<string, string | undefined>>, more: readonly string[]): string[] {
  return [...rootCertificates, ...readExtraRoots(env.NODE_EXTRA_CA_CERTS), ...more];
}

/** Node.js itself warns of a file that it cannot read. */
function readExtraRoots(file: string | undefined): string[] {
  if (!file) return [];
  try {
    return [readFileSync(file, 'utf8')];
  } catch {
    return [];
  }
}
