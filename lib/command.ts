import { execa } from 'execa';
import { messageOf } from './errors.ts';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  readonly timeout_ms?: number;
  /** Called with each line of stdout and stderr. */
  readonly onLine?: (line: string) => void;
}

/** Time that a child has to end after SIGTERM. */
const KILL_AFTER_MS = 2_000;

export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** Last lines of the output, for a message. */
  readonly reason: string;
}

const REASON_LINES = 12;

/** Runs a program without standard input until it ends, or `signal` ends it. Never throws. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = execa(program, args, {
    all: true,
    reject: false,
    stdin: 'ignore',
    extendEnv: options.env === undefined,
    forceKillAfterDelay: KILL_AFTER_MS,
    ...(options.env ? { env: options.env } : {}),
    ...(options.cwd ? { cwd: options.cwd } : {}),
    ...(options.signal ? { cancelSignal: options.signal } : {}),
    ...(options.timeout_ms ? { timeout: options.timeout_ms } : {}),
  });
  const { onLine } = options;
  if (onLine) {
    for await (const line of child.iterable({ from: 'all' })) onLine(line);
  }
  const result = await child;
  const tail = String(result.all ?? '')
    .split('\n')
    .slice(-REASON_LINES)
    .join('\n');
  return {
    ok: !result.failed,
    stdout: String(result.stdout ?? ''),
    reason: tail || messageOf(result.originalMessage ?? result.shortMessage ?? ''),
  };
}
