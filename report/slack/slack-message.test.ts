import { describe, expect, it } from 'vitest';
import type { GeneratorEffects, RunSummary } from '../../contract/results.ts';
import { AB, AB_RUN } from '../example-ab.ts';
import { FAILED_RUN, PASSED_RUN, REGRESSED, REGRESSED_RUN } from '../example-run.ts';
import { escaped, slackMessage } from './slack-message.ts';

const REPORT = { report: 'https://ci.example.com/run/1?a=1&b=2' };

function texts(message: ReturnType<typeof slackMessage>): string[] {
  const [{ blocks }] = message.attachments;
  return blocks
    .flatMap((block) => [block.text?.text ?? '', ...(block.elements ?? []).map((it) => it.text)])
    .filter(Boolean);
}

describe('the message of a run', () => {
  it("says once which figures the generator's own delay affects, and nothing of a machine that is only busy", () => {
    const { generator } = PASSED_RUN;
    const with_effects = (effects: GeneratorEffects): Partial<RunSummary> => ({
      generator: generator && { ...generator, peak_machine_cpu: 1, effects },
    });
    const said = (run: RunSummary) =>
      texts(slackMessage(run, REPORT))
        .join('\n')
        .match(/[^\n]*own delay[^\n]*/g) ?? [];
    const late = with_effects({ p50_ms: 1, p95_ms: 166, p99_ms: 196.4 });
    expect(said({ ...PASSED_RUN, ...late })).toEqual([
      "The load generator's own delay can explain up to 166 ms of p95 and 196 ms of p99: not compared with earlier runs.",
    ]);
    expect(said({ ...PASSED_RUN, ...with_effects({ p50_ms: 1, p95_ms: 4 }) })).toEqual([]);
    expect(said({ ...PASSED_RUN, ...late, status: 'interrupted' })).toEqual([]);
  });

  it('says the verdict first, then figures with limits, worst requests, origin and links', () => {
    const message = slackMessage(FAILED_RUN, REPORT);
    expect(message.text).toBe('*FAILED* shop: search (smoke) against staging.example.com, 1,234 requests');
    expect(message.attachments[0].color).toBe('#c4162a');
    expect(texts(message)).toEqual([
      'p95 ≤ 500 ms is 612 ms',
      [
        '• p50: 61.3 ms',
        '✗ p95: 612 ms, limit ≤ 500 ms',
        '• p99: 998 ms',
        '• throughput: 41.1/s',
        '✓ error rate: 1.2 %, limit ≤ 7 %',
        '• checks: 99.7 %',
      ].join('\n'),
      '*Worst requests*\n• `GET /b`: p95 700 ms, 2.4 % failed\n• `GET /a`: p95 20 ms\n• `GET /c`: p95 15 ms',
      'branch `feature/faster` · commit `4f2c1d9` · version `2.14.0`',
      'run 20261124T104523Z-search-smoke-x7kq',
      '<https://grafana.example.com/d/loadstar-live/live?var-testid=x&amp;from=1&amp;to=2|Live>',
      '<https://ci.example.com/run/1?a=1&amp;b=2|Report>',
    ]);
  });

  it('of a run from before runs had a project names none', () => {
    const { project: _, ...run } = FAILED_RUN;
    expect(slackMessage(run, REPORT).text).toMatch(/^\*FAILED\* search \(smoke\)/);
  });

  it('of a regression says baseline → now and %, and puts the request to blame first', () => {
    const message = slackMessage(REGRESSED_RUN, REPORT);
    expect(message.text).toMatch(/^\*REGRESSED\* /);
    const all = texts(message).join('\n');
    expect(all).toContain('✗ p95: 480 ms → 612 ms (+27.5 %), regressed, limit ≤ 1,000 ms');
    expect(all).toContain('✓ error rate: 0 % → 1.2 % (+1.2 pp), limit');
    expect(all).toContain('• throughput: 42/s → 41.1/s (−2.1 %)');
    expect(all).toContain(
      '*Worst requests*\n✗ `GET /b`: p95 400 ms → 700 ms (+75 %), regressed, 2.4 % failed\n• `GET /c`',
    );
    expect(all).toContain('d/loadstar-compare/compare?var-testid=x&amp;var-against=run-before|Compare>');
    expect(all).toContain(REGRESSED_RUN.verdict);
  });

  it('of a suspicion and of a run without fault says so, in another colour', () => {
    const suspected = slackMessage({ ...PASSED_RUN, comparison: { ...REGRESSED, verdict: 'suspected' } }, REPORT);
    expect(suspected.text).toContain('PASSED, a regression is suspected');
    expect(suspected.attachments[0].color).toBe('#b26a00');
    expect(slackMessage(PASSED_RUN, REPORT).attachments[0].color).toBe('#2e7d32');
  });

  it('of `loadstar ab` has base and head, and escapes their names', () => {
    const requests = AB.requests.map((it) => ({ ...it, request: `<!here> ${it.request}` }));
    const message = slackMessage({ ...AB_RUN, ab: { ...AB, requests } }, REPORT);
    expect(message.text).toMatch(/^\*REGRESSED\* shop: search/);
    expect(texts(message)).toContain(
      [
        '*base → head*',
        '✗ all requests: 50 ms → 54.2 ms (+8.2 %, +5.1 % to +11.3 %), regressed',
        '✗ `&lt;!here&gt; GET /a`: 61.3 ms → 68.9 ms (+12.4 %, +9 % to +15.9 %), regressed',
        '• `&lt;!here&gt; GET /b`: 38.7 ms → 39.4 ms (+1.8 %, −2.1 % to +5.8 %), unclear, failed 0.1 % → 0.2 %',
      ].join('\n'),
    );
    const unclear = slackMessage({ ...AB_RUN, ab: { ...AB, verdict: 'unclear' } }, REPORT);
    expect(unclear.attachments[0].color).toBe('#b26a00');
  });

  it('of a run without a request still has its verdict', () => {
    const nothing = { ...FAILED_RUN, requests: 0, latency: null, checks_rate: null, slos: [], by_request: [] };
    const message = slackMessage(
      { ...nothing, app: { version: null, commit: null, branch: null } },
      { report: 'results/x' },
    );
    expect(texts(message)).toEqual([
      'p95 ≤ 500 ms is 612 ms',
      'no commit given (APP_COMMIT, APP_BRANCH)',
      'run 20261124T104523Z-search-smoke-x7kq',
      expect.stringContaining('|Live>'),
      'report `results/x`',
    ]);
  });

  it('escapes what Slack would read as markup, mentions or links, in every value', () => {
    const evil = '<!channel> <https://evil.example|x> & `*_\n> quote';
    const run = {
      ...FAILED_RUN,
      testid: evil,
      scenario: evil,
      profile: evil,
      verdict: evil,
      target: { base_url: evil, name: evil },
      app: { version: evil, commit: evil, branch: evil },
      by_request: FAILED_RUN.by_request.map((it) => ({ ...it, name: evil })),
      comparison: { ...REGRESSED, sentence: evil },
    };
    const message = slackMessage(run, { report: evil });
    const all = [message.text, ...texts(message)].join('\n');
    expect(all).not.toMatch(/<!|<https:\/\/evil/);
    expect(all.match(/<[^>]*>/g)).toEqual([expect.stringContaining('|Live>')]);
    expect(escaped(evil)).toBe('&lt;!channel&gt; &lt;https://evil.example|x&gt; &amp; `*_ &gt; quote');
  });

  it('stays within what Slack takes, however long the values', () => {
    const long = '&'.repeat(5_000);
    const answer = { status: 500, error_code: 1500, error: long, count: 1, of: 9, first: null };
    const failures = {
      total: { requests: 9, checks: 0, exceptions: 0 },
      answers: [{ ...answer, first_request: long }],
      requests: Array.from({ length: 9 }, () => ({ name: long, ...answer })),
      ...{ checks: [], exceptions: [] },
    };
    const run = {
      ...FAILED_RUN,
      failures,
      verdict: long,
      by_request: FAILED_RUN.by_request.map((it) => ({ ...it, name: long })),
      comparison: { ...REGRESSED, sentence: long },
    };
    for (const text of texts(slackMessage(run, { report: long }))) {
      expect(text.length).toBeLessThan(3_000);
      expect(text).not.toMatch(/&(?!amp;|lt;|gt;)/);
    }
  });
});
