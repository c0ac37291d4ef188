import { join } from 'node:path';
import type { CommandContext } from '../lib/context.ts';
import { unusableError } from '../lib/errors.ts';
import type { K6Message, K6Reader } from '../project/read-exports.ts';
import type { EngineContext } from './engine/engine.ts';
import { engineContext } from './engine/engine-context.ts';
import { selectEngine } from './select.ts';

/** Reading a large data file takes seconds. An endless loop must not hang the command. */
const LONGEST_MS = 30_000;

/** Reads scripts with the k6 that a run of this command would use. */
export function commandK6Reader(context: CommandContext): K6Reader {
  return createK6Reader(engineContext(context), context.environment.ENGINE);
}

/** Reads scripts with the k6 of the engine, which is found or built when the first one is read. @param forced as ENGINE says */
export function createK6Reader(context: EngineContext, forced: string | undefined): K6Reader {
  return {
    bundles_dir: join(context.state_dir, 'bundles'),
    async inspect(script, env, directory) {
      const engine = await selectEngine(context, forced);
      const launcher = await engine.k6();
      const messages: K6Message[] = [];
      const k6 = launcher.start({
        args: ['inspect', '--include-system-env-vars', '--log-format', 'json', launcher.path(script)],
        env,
        reads: directory,
        onLine: (line) => messages.push(...parseMessage(line)),
      });
      const timer = setTimeout(() => k6.kill(), LONGEST_MS);
      const exit_code = await k6.exited;
      clearTimeout(timer);
      if (exit_code === null && messages.length === 0) {
        throw unusableError(
          'k6 to read the scenario',
          `no end within ${LONGEST_MS / 1_000} s`,
          'check the code outside of its functions for a loop without an end',
        );
      }
      return messages;
    },
  };
}

/** The options that `k6 inspect` prints are lines too, but none of them is a whole object with a message. */
function parseMessage(line: string): K6Message[] {
  if (!line.startsWith('{"')) return [];
  try {
    const { level, msg } = JSON.parse(line) as { level?: unknown; msg?: unknown };
    return typeof level === 'string' && typeof msg === 'string' ? [{ level, message: msg }] : [];
  } catch {
    return [];
  }
}
