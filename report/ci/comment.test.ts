import { expect, it } from 'vitest';
import { AB, AB_RUN } from '../example-ab.ts';
import { FAILED_RUN, PASSED_RUN, REGRESSED } from '../example-run.ts';
import { commentBody, MOST_COMMENT, marker } from './comment.ts';

const OPTIONS = { name: 'load test', results_url: 'https://github.com/acme/shop/actions/runs/7' };
const second = { ...PASSED_RUN, testid: 'second', scenario: 'booking', started: '2026-11-24T10:50:00.000Z' };

it('begins with its hidden mark, and says how many scenarios failed', () => {
  const body = commentBody([second, FAILED_RUN], OPTIONS);
  expect(body.startsWith(`${marker('load test')}\n\n## Load test: 1 of 2 scenarios failed\n`)).toBe(true);
  expect(body).toContain('(https://github.com/acme/shop/actions/runs/7)');
  expect(body.indexOf('FAILED: search')).toBeLessThan(body.indexOf('PASSED: booking'));
  expect(commentBody([second], OPTIONS)).toContain('## Load test: 1 scenario passed');
  expect(commentBody([{ ...second, comparison: REGRESSED }], OPTIONS)).toContain('1 of 1 scenario failed');
  expect(commentBody([], OPTIONS)).toContain('no results');
});

it('shows of each scenario its newest run', () => {
  const again = { ...FAILED_RUN, testid: 'again', started: '2026-11-24T11:00:00.000Z' };
  const body = commentBody([again, FAILED_RUN], OPTIONS);
  expect(body.match(/^### /gm)).toHaveLength(1);
  expect(body).toContain('run `again`');
});

it('shows a run, and not the repeats that confirm it', () => {
  const run = { ...PASSED_RUN, comparison: REGRESSED };
  const repeat = { ...PASSED_RUN, testid: 'repeat', confirms: run.testid, started: '2027-01-01T00:00:00.000Z' };
  const body = commentBody([repeat, run], OPTIONS);
  expect(body.match(/^### /gm)).toHaveLength(1);
  expect(body).not.toContain('repeat</code>');
  expect(body).toContain('1 of 1 scenario failed');
});

it('fits into a comment, however much there is to say', () => {
  const by_request = Array.from({ length: 50 }, (_, index) => ({
    ...FAILED_RUN.by_request[0],
    name: `GET /${index}/${'x'.repeat(250)}`,
  }));
  const many = (runs: number) =>
    Array.from(
      { length: runs },
      (_, index) => ({ ...FAILED_RUN, scenario: `s${index}`, by_request }) as typeof FAILED_RUN,
    );
  for (const runs of [1, 20, 60, 500]) {
    const body = commentBody(many(runs), OPTIONS);
    expect(body.length).toBeLessThanOrEqual(MOST_COMMENT);
    expect(body).toContain(`${runs} of ${runs} scenario`);
  }
});

it('has no mark or link that a name could break out of', () => {
  expect(marker('a --> <b>')).toBe('<!-- loadstar: a -- b -->');
  expect(marker('load test of apps/shop')).toBe('<!-- loadstar: load test of apps-shop -->');
  expect(commentBody([], { name: 'load test of <apps>/shop', results_url: null })).toContain(
    '## Load test of  apps /shop: ',
  );
  expect(commentBody([], { name: 'x', results_url: 'javascript:alert(1)' })).not.toContain('javascript');
});

it('shows of `loadstar ab` the comparison, once, whatever port its builds had', () => {
  const { ab: _, ...side } = AB_RUN;
  const base = { ...side, testid: AB.base.testid, ab_run: { side: 'base' as const, other: AB.head.testid } };
  const again = { ...AB_RUN, started: '2027-01-01T00:00:00.000Z', target: { base_url: '', name: '127.0.0.1:9' } };
  const body = commentBody([base, AB_RUN, again], OPTIONS);
  expect(body.match(/^### /gm)).toHaveLength(1);
  expect(body).toContain('## Load test: 1 of 1 scenario failed');
  expect(body).toContain('| ✗ | `GET /a` | 61.3 ms | 68.9 ms | +7.6 ms | +12.4 % | +9 % to +15.9 % |');
});

it('an unclear comparison is neither passed nor failed', () => {
  const unclear = { ...AB_RUN, exit_code: 0, ab: { ...AB, verdict: 'unclear' as const, needed_s: 420 } };
  const body = commentBody([unclear], OPTIONS);
  expect(body).toContain('## Load test: 1 of 1 scenario unclear\n');
  expect(body).toContain('### ? UNCLEAR: search');
  expect(body).toContain('- For a clear answer, repeat with --budget 12m.');
  expect(commentBody([unclear, FAILED_RUN], OPTIONS)).toContain('1 of 2 scenarios failed, 1 of 2 scenarios unclear');
  const same = { ...unclear, ab: { ...AB, verdict: 'same' as const } };
  expect(commentBody([same], OPTIONS)).toContain('## Load test: 1 scenario passed\n');
  expect(commentBody([{ ...same, exit_code: 99 }], OPTIONS)).toContain('1 of 1 scenario failed');
});

it('lists the worst requests of a comparison, and counts the others', () => {
  const requests = Array.from({ length: 40 }, (_, place) => ({ ...AB.requests[1], request: `GET /${place}|$<b>` }));
  const body = commentBody([{ ...AB_RUN, ab: { ...AB, requests } } as typeof AB_RUN], OPTIONS);
  expect(body).toContain('| `GET /9\\|$<b>` |');
  expect(body).toContain('…and 30 more requests, none of them worse.');
});
