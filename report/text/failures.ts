/** Why requests, checks and iterations failed, in sentences: the same in the terminal, Markdown, HTML and Slack. */
import type { Example, Examples } from '../../contract/examples.ts';
import { count, timeOfDay } from '../../contract/format.ts';
import { type GrpcStatus, grpcStatus, networkFault } from '../../contract/k6-errors.ts';
import type { Failures, RunSummary } from '../../contract/results.ts';

/** Of each kind so many are named, and the others are counted: ten lines at most. */
const MOST = { answers: 3, requests: 3, checks: 2, exceptions: 2 } as const;

type Answer = Failures['answers'][number];

/** The most important first; none if nothing failed. */
export function failureLines({
  failures,
  examples,
  target,
}: Pick<RunSummary, 'failures' | 'examples' | 'target'>): string[] {
  if (!failures) return [];
  const { requests, checks, exceptions, total } = failures;
  const everything = answerToAll(failures);
  return [
    ...(everything
      ? [everyRequest(everything, target) + answerText(exampleOf(examples, everything))]
      : total.requests > 0
        ? [someRequests(failures)]
        : []),
    ...(everything
      ? []
      : listed(
          requests,
          MOST.requests,
          (one) => requestLine(one) + answerText(exampleOf(examples, one)),
          total.requests,
          'failed requests',
        )),
    ...listed(
      checks,
      MOST.checks,
      (one) => checkLine(one) + answerText(exampleOf(examples, { check: one.name })),
      total.checks,
      'failed checks',
    ),
    ...listed(exceptions, MOST.exceptions, exceptionLine, total.exceptions, 'script exceptions'),
  ];
}

/** The first example that has these properties, with an answer or an error to show. */
function exampleOf(examples: Examples | undefined, of: Partial<Example>): Example | undefined {
  const { name, status, error_code, check } = of;
  return examples?.failed.find(
    (one) =>
      evidenceOf(one) !== undefined &&
      one.check === check &&
      (name === undefined || one.name === name) &&
      (status === undefined || one.status === status) &&
      (error_code === undefined || one.error_code === error_code),
  );
}

/** The message of a gRPC server is in its status. What k6 says of HTTP is in the line already. */
function evidenceOf({ protocol, body, error, status }: Example): string | undefined {
  return body ?? (protocol === 'grpc' || (protocol === 'ws' && status === 0) ? error : undefined);
}

/** Enough to recognise an error, on one line of a message. */
const LONGEST_ANSWER = 160;

/** ` · answer: {"error":"no connection is free"}`; a page of HTML by its title alone. */
function answerText(example: Example | undefined): string {
  const evidence = example && evidenceOf(example);
  if (!evidence) return '';
  const title = /<title[^>]*>([^<]{1,200})/i.exec(evidence)?.[1];
  const text = (title ?? evidence).replace(/\s+/g, ' ').trim();
  if (text === '') return '';
  return ` · answer: ${text.length > LONGEST_ANSWER ? `${text.slice(0, LONGEST_ANSWER)}…` : text}`;
}

/** The answer that every request of the run got; null where they differ. */
function answerToAll({ answers }: Failures): Answer | null {
  const [first] = answers;
  return first && answers.length === 1 && first.count >= first.of ? first : null;
}

function everyRequest(answer: Answer, target: RunSummary['target']): string {
  const { status, error, first, first_request } = answer;
  const what = status > 0 ? `every request was answered ${error}` : `no request was answered: ${error}`;
  const example = first_request ? ` (first: ${[first_request, clock(first)].filter(Boolean).join(' at ')})` : '';
  return `${what}: ${advice(answer, target)}${example}`;
}

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const NOT_FOUND = 404;
const TOO_MANY = 429;
const SERVER_FAULT = 500;

/** Status codes of gRPC. */
const AT_THE_SERVER: readonly GrpcStatus[] = ['UNKNOWN', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'];
const OF_CREDENTIALS: readonly GrpcStatus[] = ['PERMISSION_DENIED', 'UNAUTHENTICATED'];

/** What to do where every request fails alike. */
function advice({ status, error_code, error }: Answer, target: RunSummary['target']): string {
  const address = target.base_url || target.name;
  const code = status > 0 ? grpcStatus(status) : undefined;
  if (code !== undefined && AT_THE_SERVER.includes(code)) return 'see the log of the target';
  if (status === UNAUTHORIZED || status === FORBIDDEN || (code !== undefined && OF_CREDENTIALS.includes(code)))
    return `check the credentials in ${credentialsPlace(target)}`;
  if (status === NOT_FOUND) return `check the address ${address}, and the routes of the scenario`;
  if (status === TOO_MANY) return 'raise the rate limit of the target for the load generator';
  if (status >= SERVER_FAULT) return 'see the log of the target';
  if (status > 0) return 'see what the scenario sends';
  switch (networkFault(error_code, error)) {
    case 'refused':
      return `check that the target runs, and the port in ${address}`;
    case 'no host':
      return `check the host name in ${address}, and DNS`;
    case 'timeout':
      return `check that ${address} can be reached from the load generator`;
    case 'tls':
      return `check the certificate of ${address}; TARGET_CA_FILE names a private CA`;
    case 'other':
      return `check the address ${address}, and the log of the target`;
  }
}

/** A target of the configuration has a name of its own; one of the command line is called by its host. */
function credentialsPlace({ base_url, name }: RunSummary['target']): string {
  const host = URL.canParse(base_url) ? new URL(base_url).host : name;
  return name === host
    ? 'TARGET_BASIC_AUTH, TARGET_HEADERS or the users of loadstar.config.ts'
    : `target ${name} or the users of loadstar.config.ts`;
}

/** `43 of 120 requests failed: 401 Unauthorized 30 times, connection refused 13 times` */
function someRequests({ answers, total }: Failures): string {
  const of = Math.max(total.requests, ...answers.map((answer) => answer.of));
  const shown = answers.slice(0, MOST.answers);
  const rest = total.requests - sum(shown);
  const parts = [
    ...shown.map((answer) => `${answer.error} ${times(answer.count)}`),
    ...(rest > 0 ? [`other errors ${times(rest)}`] : []),
  ];
  return `${count(total.requests)} of ${count(of)} requests failed: ${parts.join(', ')}`;
}

/** `GET /cart: 12 of 40 failed, 401 Unauthorized, first at 12:00:03 UTC` */
function requestLine({ name, count: failed, of, error, first }: Failures['requests'][number]): string {
  return `${name}: ${shareOf(failed, of)} failed, ${error}${firstAt(first)}`;
}

function checkLine({ name, count: failed, of, first }: Failures['checks'][number]): string {
  return `check “${name}”: ${shareOf(failed, of)} failed${firstAt(first)}`;
}

function exceptionLine({ message, place, count: thrown, first }: Failures['exceptions'][number]): string {
  return `${message}${place ? ` at ${place}` : ''}, thrown ${times(thrown)}${firstAt(first)}`;
}

/** The most frequent, and how many failures are not among them. */
function listed<T extends { readonly count: number }>(
  all: readonly T[],
  most: number,
  line: (one: T) => string,
  total: number,
  what: string,
): string[] {
  const shown = all.slice(0, most);
  const rest = total - sum(shown);
  return [
    ...shown.map(line),
    ...(rest > 0 && shown.length > 0 ? [`and ${count(rest)} more ${what} in summary.json`] : []),
  ];
}

function sum(all: readonly { readonly count: number }[]): number {
  return all.reduce((total, one) => total + one.count, 0);
}

function shareOf(failed: number, of: number): string {
  return of > failed ? `${count(failed)} of ${count(of)}` : `all ${count(failed)}`;
}

function times(number: number): string {
  return number === 1 ? 'once' : `${count(number)} times`;
}

function firstAt(first: string | null): string {
  return first === null ? '' : `, first at ${clock(first)}`;
}

/** The page and the run's id have the date. */
function clock(time: string | null): string | null {
  return time && `${timeOfDay(time)} UTC`;
}
