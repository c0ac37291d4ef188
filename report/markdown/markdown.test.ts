import { marked } from 'marked';
import { describe, expect, it } from 'vitest';
import { FAILED_RUN, PASSED_RUN, REGRESSED, REGRESSED_RUN } from '../example-run.ts';
import { markdownSummary } from './markdown.ts';

const OPTIONS = { report: 'report.html', most_requests: 10 };
const html = (markdown: string) => marked.parse(markdown, { gfm: true, async: false });
/** What a reader sees. */
const shown = (markdown: string) =>
  html(markdown)
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('\u200b', '')
    .replace(/\s+/g, ' ');

describe('a run as Markdown', () => {
  it('says the verdict first, then SLOs, requests, origin and links', () => {
    const markdown = markdownSummary(FAILED_RUN, OPTIONS);
    expect(markdown.split('\n')[0]).toBe('### ✗ FAILED: search (smoke)');
    const text = shown(markdown);
    expect(text).toMatch(/FAILED: search \(smoke\) p95 ≤ 500 ms is 612 ms/);
    expect(text).toContain('✗ p95 ≤ 500 ms 612 ms failed');
    expect(text).toContain('✓ error rate ≤ 7 % 1.2 % passed');
    expect(text).toContain('GET /b 700 ms 2.4 % failed');
    expect(text).toContain('version 2.14.0 , commit 4f2c1d9 , branch feature/faster');
    expect(text).not.toContain('baseline');
    expect(html(markdown)).toContain('<a href="report.html">Report</a>');
    expect(html(markdown)).toContain('/live?var-testid=x&amp;from=1&amp;to=2">Live dashboard</a>');
    expect(html(markdown).match(/<table>/g)).toHaveLength(2);
  });

  it('with a comparison has deltas, the worst request first', () => {
    const markdown = markdownSummary(REGRESSED_RUN, OPTIONS);
    const text = shown(markdown);
    expect(markdown.split('\n')[0]).toBe('### ✗ REGRESSED: search (smoke)');
    expect(text).toContain('baseline (12 runs of main )');
    expect(text).toContain('p95 480 ms 612 ms +27.5 % regressed');
    expect(text).toContain('error rate 0 % 1.2 % +1.2 pp same');
    expect(text).toContain('p95 before p95 change limit failed ✗ GET /b 400 ms 700 ms +75 % 2.4 % failed');
    expect(html(markdown)).toContain('var-against=run-before">Compare</a>');
    expect(html(markdown).match(/<table>/g)).toHaveLength(3);
  });

  it('is read as plain text too: figures, limits and names stand as they are', () => {
    const markdown = markdownSummary(REGRESSED_RUN, OPTIONS);
    for (const words of [
      '| p95 | 480 ms | 612 ms | +27.5 % | regressed |',
      '| ✓ | p95 ≤ 1,000 ms | 612 ms | passed |',
      '| error rate | 0 % | 1.2 % | +1.2 pp | same |',
      '| ✗ | `GET /b` | 400 ms | 700 ms | +75 % |  | 2.4 % failed |',
      'requests to `staging.example.com`, version `2.14.0`',
    ]) {
      expect(markdown).toContain(words);
    }
    expect(markdown).not.toMatch(/&#?\w+;|\\|<\w/);
  });

  it.each([
    ['a_b of 1.5 - 2 * 3 < 4 & 5 > 3 (#1)', 'a_b of 1.5 - 2 \\* 3 < 4 & 5 > 3 (#\u200b1)'],
    ['-5 % | +3', '-5 % | +3'],
  ])('escapes only what would be markup: %j', (verdict, written) => {
    expect(markdownSummary({ ...FAILED_RUN, verdict }, OPTIONS).split('\n')[2]).toBe(written);
  });

  it('lists as many requests as asked for, and counts the others', () => {
    const text = shown(markdownSummary(FAILED_RUN, { ...OPTIONS, most_requests: 1 }));
    expect(text).toContain('GET /b');
    expect(text).not.toContain('GET /a');
    expect(text).toContain('…and 3 more requests');
  });

  it('of a run without a request, a link or an app is still whole', () => {
    const nothing = {
      ...FAILED_RUN,
      slos: [],
      by_request: [],
      requests: 0,
      latency: null,
      app: { version: null, commit: null, branch: null },
      links: { grafana: null, compare: null, live_view: null },
    };
    const markdown = markdownSummary(nothing, { report: null, most_requests: 10 });
    expect(shown(markdown)).toContain('0 requests to staging.example.com , no commit given');
    expect(markdown).not.toMatch(/undefined|null|\n\n\n/);
  });
});

describe('what comes from outside', () => {
  const EVIL = [
    '<img src=x onerror=alert(1)>',
    '</code><script>alert(1)</script>',
    '[x](javascript:alert(1))',
    '![x](https://evil.example/p.png)',
    'a | b | c',
    '`code` **bold** ~~gone~~ _it_',
    'line\n# heading\n\n- item\n```\nfence',
    '@everyone #123 https://evil.example www.evil.example',
    '&lt;b&gt; &#60;b&#62; \\',
    '<!-- comment',
    '- item',
    '1. item',
    '12) item',
    '=====',
    '    code by indent',
    '[x]: https://evil.example "t"',
    '$x^2$ {x} (y) !z',
  ];

  it.each(EVIL)('is text and nothing else: %j', (evil) => {
    const run = {
      ...PASSED_RUN,
      testid: evil,
      scenario: evil,
      profile: evil,
      verdict: evil,
      target: { base_url: evil, name: evil },
      app: { version: evil, commit: evil, branch: evil },
      slos: PASSED_RUN.slos.map((slo) => ({ ...slo, request: evil })),
      by_request: PASSED_RUN.by_request.map((it) => ({ ...it, name: evil })),
      comparison: { ...REGRESSED, sentence: evil, baseline: { ...REGRESSED.baseline, branch: evil } },
    };
    const markdown = markdownSummary(run, OPTIONS);
    const page = html(markdown);
    const tags = new Set([...page.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map((match) => match[1]));
    const own = ['h3', 'p', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'code', 'a', 'strong'];
    expect(page).not.toMatch(/<(ul|ol|li|pre|hr|h1|h2)\b/);
    expect([...tags].filter((tag) => !own.includes(tag ?? ''))).toEqual([]);
    expect(page.match(/<h3>/g)).toHaveLength(1);
    expect([...page.matchAll(/href="([^"]*)"/g)].map((match) => match[1])).toEqual([
      'report.html',
      expect.stringContaining('https://grafana.example.com/'),
    ]);
    // Every row keeps its cells, and what is shown is what was given.
    const cells = page
      .split('<tr>')
      .slice(1)
      .map((row) => row.match(/<t[hd][ >]/g)?.length);
    expect(new Set(cells)).toEqual(new Set([4, 5]));
    expect(shown(markdown)).toContain(evil.replace(/\s+/g, ' ').trim());
    // GitHub makes no mention of what is in code.
    expect(page.replace(/<code>.*?<\/code>/g, '')).not.toMatch(/@everyone|#123/);
  });

  it('does not break out of a link', () => {
    const grafana = 'https://g.example.com/d/x?a=(1)&b="2">) [x](javascript:alert(1)) %7B1';
    const page = html(markdownSummary({ ...PASSED_RUN, links: { grafana, compare: null, live_view: null } }, OPTIONS));
    expect(page.match(/<a /g)).toHaveLength(2);
    expect(page).not.toContain('href="javascript');
    expect(page).toContain('%7B1');
  });
});
