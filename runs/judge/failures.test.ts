import { expect, it } from 'vitest';
import type { OutputFailures } from '../../contract/output-report.ts';
import { describeFailures } from './failures.ts';

const cause = (name: string, status: number, error_code: number, count: number) => ({
  ...{ name, status, error_code, count, of: 10 },
  first: '2026-11-28T12:00:03.123456Z',
});
const counted = (requests: OutputFailures['requests']): OutputFailures => ({
  ...{ failed_requests: 9, failed_checks: 0, answers: requests, requests, checks: [] },
});
const FACTS = {
  findings: {
    refused_hosts: [],
    exceptions: [
      { message: 'Error: x', place: '/app/loadtests/a.ts:1:2', count: 2, first: '2026-11-28T12:00:01.000Z' },
    ],
    request_errors: new Map([
      ['dial tcp: connect: connection refused', 50],
      ['EOF', 3],
    ]),
  },
  ...{ counted: null, exceptions: 0, requests: 100, by_request: [], cwd: '/app' },
};

it('says what came back, in the words of the status, the code, or the log where a code has none', () => {
  const requests = [
    cause('GET /a', 401, 1401, 5),
    cause('GET /a', 0, 1212, 3),
    cause('GET /a', 0, 1000, 1),
    cause('/a.B/C', 14, 0, 1),
  ];
  const failures = describeFailures({ ...FACTS, counted: counted(requests) });
  expect(failures?.requests.map(({ error }) => error)).toEqual([
    '401 Unauthorized',
    'connection refused',
    'EOF',
    '14 UNAVAILABLE',
  ]);
  expect(failures?.answers[0]).toMatchObject({ of: 100, first_request: 'GET /a', first: '2026-11-28T12:00:03.123Z' });
});

it('names a request without its query, and adds up those that differ in it alone', () => {
  const requests = [cause('https://a/x?token=1', 500, 1500, 5), cause('https://a/x?token=2', 500, 1500, 4)];
  const failures = describeFailures({ ...FACTS, counted: counted(requests) });
  expect(failures?.requests).toMatchObject([{ name: 'https://a/x', count: 9, of: 20 }]);
  expect(JSON.stringify(failures)).not.toContain('token');
});

it('names the file of an exception as seen from where the call was made', () => {
  expect(describeFailures(FACTS)).toMatchObject({
    total: { exceptions: 2 },
    exceptions: [{ place: 'loadtests/a.ts:1:2' }],
  });
});

it('is nothing where nothing failed', () => {
  expect(describeFailures({ ...FACTS, findings: undefined })).toBeUndefined();
});
