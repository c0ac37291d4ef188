import { STATUS_CODES } from 'node:http';
import { errorTextOf, grpcStatus, isNamedError } from '../../contract/k6-errors.ts';
import { mergeCauses } from '../../contract/merge-failures.ts';
import type { OutputCause, OutputFailures } from '../../contract/output-report.ts';
import type { Failures, RequestResult } from '../../contract/results.ts';
import { shownPath } from '../../lib/shown-path.ts';
import { type LogFindings, NO_FINDINGS } from '../k6-process/log-findings.ts';

export interface FailureFacts {
  /** Of the output that saw the samples; null if none said. */
  readonly counted: OutputFailures | null;
  /** Of k6's log; undefined if it is not at hand. */
  readonly findings: LogFindings | undefined;
  readonly exceptions: number;
  readonly requests: number;
  readonly by_request: readonly RequestResult[];
  /** Files are named as seen from there. */
  readonly cwd: string;
}

/** The lists name the most frequent; the totals count all. */
const MOST_LISTED = 20;

/** What failed in a run, from the output's counts and k6's log. undefined if nothing did. */
export function describeFailures(facts: FailureFacts): Failures | undefined {
  const { counted, findings = NO_FINDINGS, exceptions } = facts;
  const total = {
    requests: counted?.failed_requests ?? 0,
    checks: counted?.failed_checks ?? 0,
    exceptions: Math.max(exceptions, ...findings.exceptions.map(({ count }) => count)),
  };
  if (total.requests + total.checks + total.exceptions === 0) return undefined;
  const unnamed = mostFrequentUnnamed(findings);
  const requests = mergeCauses(
    (counted?.requests ?? []).map((cause) => ({ ...cause, name: withoutQuery(cause.name) })),
    ({ name, status, error_code }) => JSON.stringify([name, status, error_code]),
  );
  return {
    total,
    answers: (counted?.answers ?? []).slice(0, MOST_LISTED).map((cause) => ({
      ...answerOf(cause, unnamed),
      of: Math.max(cause.of, facts.requests),
      first_request: withoutQuery(cause.name),
    })),
    requests: requests.slice(0, MOST_LISTED).map((cause) => ({
      name: cause.name,
      ...answerOf(cause, unnamed),
      of: Math.max(cause.of, facts.by_request.find(({ name }) => name === cause.name)?.requests ?? 0),
    })),
    checks: (counted?.checks ?? [])
      .slice(0, MOST_LISTED)
      .map(({ name, count, of, first }) => ({ name, count, of, first: isoTime(first) })),
    exceptions: [...findings.exceptions]
      .sort((a, b) => b.count - a.count)
      .slice(0, MOST_LISTED)
      .map(({ place, ...exception }) => ({ ...exception, place: place && shownPath(facts.cwd, place) })),
  };
}

function answerOf({ status, error_code, count, of, first }: OutputCause, unnamed: string | null) {
  return { status, error_code, error: errorText(status, error_code, unnamed), count, of, first: isoTime(first) };
}

/** `401 Unauthorized`, `14 UNAVAILABLE`, `connection refused`, or what the log says where k6 has no text for the code. */
function errorText(status: number, error_code: number, unnamed: string | null): string {
  if (status > 0) return [status, grpcStatus(status) ?? STATUS_CODES[status]].filter(Boolean).join(' ');
  return errorTextOf(error_code) ?? unnamed ?? (error_code > 0 ? `k6's error ${error_code}` : 'no answer');
}

function mostFrequentUnnamed({ request_errors }: LogFindings): string | null {
  const unnamed = [...request_errors].filter(([text]) => !isNamedError(text));
  return unnamed.sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}

/** k6 names a request by its address where the script does not, and a query may hold tokens. */
function withoutQuery(name: string): string {
  return name.includes('://') ? name.replace(/[?#].*/s, '') : name;
}

/** To the millisecond. null for an output that does not say. */
function isoTime(time: string): string | null {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
