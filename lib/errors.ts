import { EXIT, type ExitCode } from '../contract/exit-codes.ts';

/** A failure that a user can fix. It is printed as expected, found and next, and ends the process with `exit_code`. */
export class LoadstarError extends Error {
  readonly exit_code: ExitCode;
  readonly found: string | undefined;
  readonly next: string | undefined;

  /** @param expected what was expected, in one line; `found`: what was found; `next`: what to do next */
  constructor(expected: string, options: { found?: string; next?: string; exit_code: ExitCode; cause?: unknown }) {
    super(expected, { cause: options.cause });
    this.name = 'LoadstarError';
    this.found = options.found;
    this.next = options.next;
    this.exit_code = options.exit_code;
  }
}

/** A mistake in arguments or configuration. Nothing was started. */
export function usageError(expected: string, found: string, next: string): LoadstarError {
  return new LoadstarError(expected, { exit_code: EXIT.usage, found, next });
}

/** The stack or the target cannot be used. */
export function unusableError(expected: string, found: string, next: string, cause?: unknown): LoadstarError {
  return new LoadstarError(expected, { exit_code: EXIT.unusable, cause, found, next });
}

/** The message of anything thrown, in one line. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ');
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] ?? text;
}
