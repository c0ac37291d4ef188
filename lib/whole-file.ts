import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

const USUAL_MODE = 0o666;

/** Writes a file completely or not at all, also if the process or the machine ends, or others read or write it. */
export async function writeWhole(file: string, text: string, mode = USUAL_MODE): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString('hex')}.draft`;
  try {
    const handle = await open(draft, 'wx', mode);
    try {
      await handle.writeFile(text);
      // Without this a power cut may leave an empty file.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
