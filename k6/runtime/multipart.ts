import { b64decode, b64encode } from 'k6/encoding';

/** A file as a form sends it. */
export interface Upload {
  /** Its bytes, as `open(path, 'b')` returns them. */
  readonly data: ArrayBuffer;
  /** Name that the form gives it. */
  readonly filename: string;
  /** Media type, such as `application/pdf`. */
  readonly type: string;
}

/** A field of a multipart form, or a file. */
export type Part = string | number | boolean | Upload;
/** Names and fields of a multipart form. A list sends its name once for each item. */
export type Parts = Readonly<Record<string, Part | readonly Part[]>>;

const LINE_END = '\r\n';
const BOUNDARY_START = 'loadstar-';
const HEX = 16;
const BOUNDARY_DIGITS = 2;

/**
 * A form of fields and files in the order of `parts` (RFC 7578). k6's own encoder has neither an order nor several files of
 * one name.
 */
export function encodeMultipart(parts: Parts): { readonly body: ArrayBuffer; readonly content_type: string } {
  const boundary = newBoundary();
  const pieces: ArrayBuffer[] = [];
  for (const [name, value] of Object.entries(parts)) {
    for (const part of Array.isArray(value) ? (value as readonly Part[]) : [value as Part]) {
      pieces.push(toBytes(`--${boundary}${LINE_END}${headersOf(name, part)}${LINE_END}${LINE_END}`));
      pieces.push(typeof part === 'object' ? part.data : toBytes(String(part)), toBytes(LINE_END));
    }
  }
  pieces.push(toBytes(`--${boundary}--${LINE_END}`));
  return { body: join(pieces), content_type: `multipart/form-data; boundary=${boundary}` };
}

function headersOf(name: string, part: Part): string {
  const disposition = `Content-Disposition: form-data; name="${escapeName(name)}"`;
  if (typeof part !== 'object') return disposition;
  return `${disposition}; filename="${escapeName(part.filename)}"${LINE_END}Content-Type: ${part.type}`;
}

/** As browsers do (HTML Standard, multipart/form-data encoding algorithm). */
function escapeName(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** Long enough that no content holds it by chance. */
function newBoundary(): string {
  const digits = () => Math.random().toString(HEX).slice(2);
  return BOUNDARY_START + Array.from({ length: BOUNDARY_DIGITS }, digits).join('');
}

/** UTF-8. k6 v1 has no TextEncoder. */
function toBytes(text: string): ArrayBuffer {
  return b64decode(b64encode(text));
}

function join(pieces: readonly ArrayBuffer[]): ArrayBuffer {
  const joined = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(new Uint8Array(piece), at);
    at += piece.byteLength;
  }
  return joined.buffer;
}
