/** Stands in for `k6/encoding` in unit tests. */
export function b64encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

export function b64decode(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, 'base64')).buffer;
}
