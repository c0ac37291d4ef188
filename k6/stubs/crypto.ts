/** Stands in for `k6/crypto` in unit tests. */
import { randomBytes as bytes, createHash } from 'node:crypto';

export function sha256(data: ArrayBuffer, encoding: 'hex'): string {
  return createHash('sha256').update(new Uint8Array(data)).digest(encoding);
}

export function randomBytes(size: number): ArrayBuffer {
  return new Uint8Array(bytes(size)).buffer;
}
