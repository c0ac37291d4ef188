import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

const USUAL_MODE = 0o666;

/**
 * Writes a file whole or not at all, whatever ends this process or the machine, and whoever else writes or reads it at the
 * same time.
 */
export async function writeWhole(file: string, text: string, mode = USUAL_MODE): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString('hex')}.draft`;
  try {
    const handle = await open(draft, 'wx', mode);
    try {
      await handle.writeFile(text);
      // Without it a power cut may leave the new name with nothing in it.
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
