import { EXIT, type ExitCode } from '../contract/exit-codes.ts';

/**
 * A failure that a person can mend. Printed as expected / found / next, without a stack trace; ends the process with
 * `exit_code`.
 */
export class LoadstarError extends Error {
  readonly exit_code: ExitCode;
  readonly found: string | undefined;
  readonly next: string | undefined;

  /** @param expected what should have been the case, one line; `found`: what was; `next`: what to do now. */
  constructor(expected: string, options: { found?: string; next?: string; exit_code: ExitCode; cause?: unknown }) {
    super(expected, { cause: options.cause });
    this.name = 'LoadstarError';
    this.found = options.found;
    this.next = options.next;
    this.exit_code = options.exit_code;
  }
}

/** A mistake in the call or the configuration: nothing was started. */
export function usageError(expected: string, found?: string, next?: string): LoadstarError {
  return new LoadstarError(expected, { exit_code: EXIT.usage, ...(found ? { found } : {}), ...(next ? { next } : {}) });
}

/** The stack or the target could not be used. */
export function unusableError(expected: string, found?: string, next?: string, cause?: unknown): LoadstarError {
  return new LoadstarError(expected, {
    exit_code: EXIT.unusable,
    cause,
    ...(found ? { found } : {}),
    ...(next ? { next } : {}),
  });
}

/** The message of anything that was thrown, in one line. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ');
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] ?? text;
}
