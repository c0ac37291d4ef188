import { expect, it } from 'vitest';
import { PASSED_RUN } from '../../../report/example-run.ts';
import { failedRequests } from './failed-requests.ts';

const [request] = PASSED_RUN.by_request;
if (!request) throw new Error('the example run has no requests');
const first = null;
const failing = { ...request, name: 'GET /gone', error_rate: 1 };
const flaky = { ...request, name: 'GET /flaky', error_rate: 0.5 };
const wrong = { ...request, name: 'POST /orders', error_rate: 0 };

it('are those without one good answer, and those of a check that never passed', () => {
  const failures = {
    total: { requests: 3, checks: 3, exceptions: 0 },
    answers: [],
    requests: [{ name: 'GET /gone', status: 410, error_code: 1410, error: '410 Gone', count: 2, of: 2, first }],
    checks: [
      { name: 'POST /orders: status is 201', count: 2, of: 2, first },
      { name: 'GET /flaky: status is 200', count: 1, of: 2, first },
    ],
    exceptions: [],
  };
  const run = { ...PASSED_RUN, by_request: [request, failing, flaky, wrong], failures };
  expect([...failedRequests(run)]).toEqual([
    ['GET /gone', `410 Gone each time in run ${run.testid}`],
    ['POST /orders', `check “POST /orders: status is 201” failed each time in run ${run.testid}`],
  ]);
});

it('are known without the causes too', () => {
  const { failures: _, ...run } = { ...PASSED_RUN, by_request: [request, failing] };
  expect([...failedRequests(run)]).toEqual([['GET /gone', `failed each time in run ${run.testid}`]]);
});
