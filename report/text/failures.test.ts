import { describe, expect, it } from 'vitest';
import type { Example } from '../../contract/examples.ts';
import type { Failures } from '../../contract/results.ts';
import { failureLines } from './failures.ts';

const TARGET = { base_url: 'https://staging.example.com', name: 'staging.example.com' };
const first = '2026-11-28T12:00:03.120Z';
const NONE: Failures = {
  total: { requests: 0, checks: 0, exceptions: 0 },
  ...{ answers: [], requests: [], checks: [], exceptions: [] },
};
const answer = (status: number, error: string, count: number, error_code = status + 1000) => ({
  ...{ status, error_code, error, count, of: 100, first },
});
const lines = (more: Partial<Failures>, target = TARGET) => failureLines({ failures: { ...NONE, ...more }, target });

describe('every request that failed alike', () => {
  it.each([
    [
      answer(401, '401 Unauthorized', 100),
      'every request was answered 401 Unauthorized: check the credentials in TARGET_',
    ],
    [answer(503, '503 Service Unavailable', 100), 'see the log of the target'],
    [answer(13, '13 INTERNAL', 100), 'every request was answered 13 INTERNAL: see the log of the target'],
    [answer(7, '7 PERMISSION_DENIED', 100), 'check the credentials in TARGET_'],
    [answer(3, '3 INVALID_ARGUMENT', 100), 'see what the scenario sends'],
    [
      answer(0, 'connection refused', 100, 1212),
      'no request was answered: connection refused: check that the target runs',
    ],
    [
      answer(0, 'no such host', 100, 1101),
      'no request was answered: no such host: check the host name in https://staging',
    ],
    [answer(0, 'x509: certificate has expired', 100, 1000), 'check the certificate of https://staging.example.com'],
    [answer(0, 'request timeout', 100, 1050), 'can be reached from the load generator'],
  ])('reads as such, with what to do and the first example (%#)', (one, words) => {
    const requests = [{ name: 'GET /a', ...one }];
    const said = lines({
      total: { ...NONE.total, requests: 100 },
      answers: [{ ...one, first_request: 'GET /a' }],
      requests,
    });
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(words);
    expect(said[0]).toContain('(first: GET /a at 12:00:03 UTC)');
  });

  it('sends to the configuration for the credentials of a target that it names', () => {
    const answers = [{ ...answer(401, '401 Unauthorized', 100), first_request: 'GET /a' }];
    const said = lines({ total: { ...NONE.total, requests: 100 }, answers }, { ...TARGET, name: 'staging' });
    expect(said[0]).toContain('check the credentials in target staging or the users of loadstar.config.ts');
  });
});

it('names requests by share, checks, and exceptions with their place, each with its first time', () => {
  const some = [answer(401, '401 Unauthorized', 30), answer(0, 'EOF', 10, 1000)];
  expect(
    lines({
      total: { requests: 40, checks: 12, exceptions: 1 },
      answers: some.map((one) => ({ ...one, first_request: 'GET /a' })),
      requests: some.map((one, index) => ({ name: `GET /${index}`, ...one, of: 30 + index })),
      checks: [{ name: 'is whole', count: 12, of: 40, first: null }],
      exceptions: [{ message: 'TypeError: no list', place: 'loadtests/a.ts:6:18', count: 1, first }],
    }),
  ).toEqual([
    '40 of 100 requests failed: 401 Unauthorized 30 times, EOF 10 times',
    'GET /0: all 30 failed, 401 Unauthorized, first at 12:00:03 UTC',
    'GET /1: 10 of 31 failed, EOF, first at 12:00:03 UTC',
    'check “is whole”: 12 of 40 failed',
    'TypeError: no list at loadtests/a.ts:6:18, thrown once, first at 12:00:03 UTC',
  ]);
});

it('stays short however much failed, and counts what it does not name', () => {
  const many = Array.from({ length: 20 }, (_, index) => ({
    name: `c${index}`,
    count: 2,
    of: 4,
    first,
    message: 'm',
    place: null,
  }));
  const answers = many.map(({ name }) => ({ ...answer(500, name, 2), first_request: 'a' }));
  const said = lines({
    total: { requests: 50, checks: 50, exceptions: 50 },
    answers,
    requests: answers.map(({ first_request: name, ...one }) => ({ name, ...one })),
    checks: many.map(({ name, count, of }) => ({ name, count, of, first })),
    exceptions: many.map(({ message, place, count }) => ({ message, place, count, first })),
  });
  expect(said.length).toBeLessThan(12);
  expect(said).toContain('and 46 more failed checks in summary.json');
  expect(said[0]).toMatch(/other errors 44 times$/);
});

it('says nothing of a run in which nothing failed', () => {
  expect(failureLines({ target: TARGET })).toEqual([]);
});

describe('an answer beside its failure', () => {
  const failed = (body: string, more: Partial<Example> = {}): Example => ({
    protocol: 'http',
    ...{ name: 'GET /a', method: 'GET', url: 'https://staging.example.com/a', status: 503, error_code: 1503 },
    ...{ began: first, duration_ms: 1, body, body_bytes: body.length, ...more },
    phases_ms: { blocked: 0, connecting: 0, tls_handshaking: 0, sending: 0, waiting: 1, receiving: 0 },
  });
  const some = [answer(503, '503 Service Unavailable', 30), answer(404, '404 Not Found', 1)];
  const failures: Failures = {
    ...NONE,
    total: { requests: 31, checks: 2, exceptions: 0 },
    answers: some.map((one) => ({ ...one, first_request: 'GET /a' })),
    requests: some.map((one) => ({ ...one, name: 'GET /a' })),
    checks: [{ name: 'has a price', count: 2, of: 10, first }],
  };
  const said = (examples: readonly Example[]) =>
    failureLines({ failures, examples: { failed: [...examples], slowest: [] }, target: TARGET });

  it('is that of the same request and status, and of the check, on one line', () => {
    const lines = said([
      failed('{"error":\n  "no connection is free"}'),
      failed('{"name":"Lamp"}', { status: 200, error_code: 0, check: 'has a price' }),
    ]);
    expect(lines[1]).toMatch(/^GET \/a: 30 of 100 failed, 503 .* · answer: \{"error": "no connection is free"\}$/);
    expect(lines[2]).toMatch(/^GET \/a: 1 of 100 failed, 404 Not Found, first at 12:00:03 UTC$/);
    expect(lines[3]).toMatch(/^check “has a price”: 2 of 10 failed, .* · answer: \{"name":"Lamp"\}$/);
  });

  it('is the title of a page, and the beginning of a long text', () => {
    expect(said([failed('<html><head><title>502 Bad\nGateway</title></head>')])[1]).toMatch(/answer: 502 Bad Gateway$/);
    expect(said([failed('x'.repeat(500))])[1]).toMatch(/answer: x{160}…$/);
    expect(said([failed(' \n')])[1]).not.toContain('answer');
  });
});
