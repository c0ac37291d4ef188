import { createHash } from 'node:crypto';
import { DEMO } from '../../contract/demo.ts';
import { BoundedMap } from './bounded-map.ts';

export interface Prescription {
  readonly id: string;
  readonly user: string;
  readonly filename: string;
  readonly type: string;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly content: Buffer;
}

/** First bytes of the types that are taken. Browsers say what they like; the content has to agree. */
const MAGIC: Readonly<Record<string, Buffer>> = {
  'application/pdf': Buffer.from('%PDF-'),
  'image/png': Buffer.from([0x89, 0x50, 0x4e, 0x47]),
  'image/jpeg': Buffer.from([0xff, 0xd8, 0xff]),
};
const MOST_BYTES = 64 * DEMO.uploads.most_bytes;
const MOST_FILES = 5_000;

/** Uploaded files, in memory: the oldest are forgotten when it is too much. */
export class Prescriptions {
  readonly #files = new BoundedMap<Prescription>(MOST_FILES, (file) => {
    this.#bytes -= file.size_bytes;
  });
  #bytes = 0;
  #next = 1;

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns null for a type that is not taken, or content of another type than it claims */
  add(user: string, filename: string, type: string, content: Buffer): Prescription | null {
    const magic = MAGIC[type];
    if (!magic || !content.subarray(0, magic.length).equals(magic)) return null;
    const size_bytes = content.length;
    while (this.#bytes + size_bytes > MOST_BYTES) this.#files.dropOldest();
    const sha256 = createHash('sha256').update(content).digest('hex');
    const file = { id: `prescription-${this.#next}`, user, filename, type, size_bytes, sha256, content };
    this.#next += 1;
    this.#bytes += size_bytes;
    this.#files.set(file.id, file);
    return file;
  }

  /** Somebody else's does not exist for a user. */
  file(user: string, id: string): Prescription | null {
    const found = this.#files.get(id);
    return found?.user === user ? found : null;
  }

  files(user: string): Prescription[] {
    return this.#files.values().filter((file) => file.user === user);
  }

  remove(user: string, id: string): boolean {
    if (!this.file(user, id)) return false;
    this.#bytes -= this.#files.delete(id)?.size_bytes ?? 0;
    return true;
  }
}
