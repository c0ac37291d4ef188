/** What the outputs of several generators counted of failures, together. */
import type { OutputCause, OutputFailures } from './output-report.ts';

/** null where no output said what failed. */
export function mergeFailures(all: readonly OutputFailures[]): OutputFailures | null {
  if (all.length === 0) return null;
  const sum = (of: (failures: OutputFailures) => number) => all.reduce((total, failures) => total + of(failures), 0);
  const merged = (of: (failures: OutputFailures) => readonly OutputCause[], key: (cause: OutputCause) => unknown[]) =>
    mergeCauses(all.flatMap(of), (cause) => JSON.stringify(key(cause)));
  return {
    failed_requests: sum(({ failed_requests }) => failed_requests),
    failed_checks: sum(({ failed_checks }) => failed_checks),
    answers: merged(
      ({ answers }) => answers,
      ({ status, error_code }) => [status, error_code],
    ),
    requests: merged(
      ({ requests }) => requests,
      ({ name, status, error_code }) => [name, status, error_code],
    ),
    checks: merged(
      ({ checks }) => checks,
      ({ name }) => [name],
    ),
  };
}

/** Those of one key together, the first of them as the example. A generator without the failure does not say its `of`. */
export function mergeCauses(causes: readonly OutputCause[], keyOf: (cause: OutputCause) => string): OutputCause[] {
  const merged = new Map<string, OutputCause>();
  for (const cause of causes) {
    const before = merged.get(keyOf(cause));
    const { name, first } = before && before.first < cause.first ? before : cause;
    const sums = { count: cause.count + (before?.count ?? 0), of: cause.of + (before?.of ?? 0) };
    merged.set(keyOf(cause), { ...cause, name, first, ...sums });
  }
  return [...merged.values()].sort((a, b) => b.count - a.count);
}
