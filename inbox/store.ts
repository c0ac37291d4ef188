import { appendFile, readFile, writeFile } from 'node:fs/promises';

/** A message as it arrived. */
export interface Message {
  /** ISO 8601, UTC. */
  readonly received: string;
  /** The body as posted. */
  readonly body: unknown;
}

/** Grafana and the reports of runs have the history. */
const MOST_MESSAGES = 500;

/** Messages in a file, a JSON line each, newest last. */
export class MessageStore {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async add(body: unknown, now: Date): Promise<void> {
    const message: Message = { received: now.toISOString(), body };
    await appendFile(this.#file, `${JSON.stringify(message)}\n`, { mode: 0o600 });
    const all = await this.list();
    if (all.length <= MOST_MESSAGES * 2) return;
    const kept = all.slice(-MOST_MESSAGES).map((it) => JSON.stringify(it));
    await writeFile(this.#file, `${kept.join('\n')}\n`, { mode: 0o600 });
  }

  /** Oldest first. */
  async list(): Promise<Message[]> {
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter(Boolean)
      .flatMap((line) => parseLine(line));
  }
}

/** Ignores a line that was not written completely. */
function parseLine(line: string): Message[] {
  try {
    const { received, body } = JSON.parse(line) as Message;
    return typeof received === 'string' ? [{ received, body }] : [];
  } catch {
    return [];
  }
}
