import type { Upload } from '@loadstar-hq/loadstar/k6';
import { randomBytes } from 'k6/crypto';

export interface FileFormat {
  readonly type: string;
  readonly extension: string;
  /** What a file of it begins with. */
  readonly magic: readonly number[];
}

export const FORMATS = {
  pdf: { type: 'application/pdf', extension: 'pdf', magic: [0x25, 0x50, 0x44, 0x46, 0x2d] },
  png: { type: 'image/png', extension: 'png', magic: [0x89, 0x50, 0x4e, 0x47] },
  jpeg: { type: 'image/jpeg', extension: 'jpg', magic: [0xff, 0xd8, 0xff] },
} as const satisfies Record<string, FileFormat>;

/** Enough to make every file another one; more would only cost the generator CPU. */
const STAMP_BYTES = 16;

/** A file that is new each time, at its beginning and at its end: what is compared is this one and no other. */
export function fileOf({ type, extension, magic }: FileFormat, size_bytes: number): Upload {
  const bytes = new Uint8Array(size_bytes);
  const stamp = new Uint8Array(randomBytes(STAMP_BYTES));
  bytes.set(magic, 0);
  bytes.set(stamp, magic.length);
  bytes.set(stamp, size_bytes - STAMP_BYTES);
  return { data: bytes.buffer, filename: `prescription.${extension}`, type };
}
