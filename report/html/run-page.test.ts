import { describe, expect, it } from 'vitest';
import { ms, number, percent } from '../../contract/format.ts';
import type { RunPageData } from './data.ts';
import { INPUT, SUMMARY } from './example.ts';
import { runPage } from './run-page.ts';

const ASSETS = { script: 'void 0;', style: 'p { margin: 0 }' };
const write = (more: Partial<typeof INPUT> = {}) => runPage({ ...INPUT, ...more }, ASSETS);

/** What a reader sees, roughly: tags out, entities back. */
function textOf(page: string): string {
  return page
    .replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}

function dataOf(page: string): RunPageData {
  const json = /<script type="application\/json"[^>]*>(.*?)<\/script>/s.exec(page)?.[1];
  return JSON.parse(json ?? 'null') as RunPageData;
}

describe('the page of a run', () => {
  it("has the summary's own figures on its cards, written as everywhere", () => {
    const text = textOf(write());
    expect(text).toContain(`P95 latency ${ms(412.4)} +33 % against ${ms(310)} usual: 290 ms to 330 ms`);
    expect(text).toContain(`Throughput ${number(100)}/s +1 % against 99/s`);
    expect(text).toContain(`Error rate ${percent(0.0031)} no baseline yet`);
    expect(text).toContain('requests 6,000 median 61.3 ms p99 612 ms maximum 1,893 ms checks passed 99.7 %');
  });

  it('says of how many generators it is, and links to no log that is not there', () => {
    const generators = { expected: 3, ended: ['a-1', 'a-2'], lost: ['a-3'] };
    const page = write({ run: { ...SUMMARY, generators } });
    expect(textOf(page)).toContain('2 of 3 load generators came to their end');
    expect(textOf(page)).toContain('The busiest load generator had room at all times');
    expect(page).not.toContain('href="k6.log"');
    expect(write()).toContain('href="k6.log"');
  });

  it('says the verdict first', () => {
    const page = write();
    const first_heading = /<h2[^>]*>(.*?)<\/h2>\s*<p>(.*?)<\/p>/.exec(page);
    expect(first_heading?.[1]).toBe('failed');
    expect(textOf(first_heading?.[2] ?? '')).toBe(SUMMARY.verdict);
    expect(textOf(page)).toContain('regressed p95 is 412 ms, 33 % above');
  });

  it('says of each SLO its limit, its value and whether it held', () => {
    const text = textOf(write());
    expect(text).toContain('p95 all requests < 400 ms 412 ms ✗ broken');
    expect(text).toContain('error rate GET /api/search < 1 % 0.31 % ✓ held');
  });

  it('sorts requests by p95, with the change of those that have a baseline', () => {
    const text = textOf(write());
    expect(text).toContain('GET /api/search 5,990 61 ms 413 ms +33 % 613 ms 1,893 ms 0.31 %');
    expect(text.indexOf('GET /api/search 5,990')).toBeLessThan(text.indexOf('GET /a 10'));
  });

  it('tells in words what its charts show', () => {
    const page = write();
    const labels = [...page.matchAll(/role="img" aria-label="([^"]*)"/g)].map((match) => match[1]);
    expect(labels).toHaveLength(6);
    expect(labels[0]).toContain('The p95 is highest at 0:55 with 411 ms. Over the whole run it is 412 ms.');
    expect(labels[3]).toContain('The level has shifted: +33 % from 2026-11-07 02:00 UTC on.');
  });

  it('says what is missing, and stands without it', () => {
    const page = write({
      run: { ...SUMMARY, latency: null, requests: 0, slos: [] },
      over_time: null,
      histogram: null,
      requests: [],
      comparison: null,
      history: [],
      notes: ['InfluxDB could not be asked'],
    });
    const text = textOf(page);
    expect(text).toContain('P95 latency no request');
    expect(text).toContain('InfluxDB could not be asked');
    expect(text).toContain('There is no baseline yet');
    expect(text).toContain('This is the first run');
    expect(page).not.toMatch(/NaN|undefined|\[object/);
  });
});

describe('what comes from outside', () => {
  const HOSTILE = `</script><script>alert(1)</script><!-- <img src=x onerror="alert('2')"> & \u2028`;

  it('is text, wherever it stands', () => {
    const run = {
      ...SUMMARY,
      testid: HOSTILE,
      verdict: HOSTILE,
      target: { base_url: HOSTILE, name: HOSTILE },
      app: { version: HOSTILE, commit: HOSTILE, branch: HOSTILE },
      slos: SUMMARY.slos.map((slo) => ({ ...slo, request: HOSTILE })),
      completeness: {
        ...SUMMARY.completeness,
        rows: [{ metric: HOSTILE, quantity: HOSTILE, sent: 1, stored: 2, ok: false }],
      },
      overflow: { limit: 1, tag: HOSTILE, values: 2, examples: [HOSTILE] },
      links: { grafana: 'javascript:alert(3)', compare: HOSTILE, live_view: HOSTILE },
    };
    const page = write({
      run,
      title: HOSTILE,
      requests: INPUT.requests.map((row) => ({ ...row, name: HOSTILE })),
      comparison: {
        verdict: 'regressed',
        sentence: HOSTILE,
        baseline: HOSTILE,
        rows: (INPUT.comparison?.rows ?? []).map((row) => ({
          ...row,
          metric: HOSTILE,
          request: HOSTILE,
          sentence: HOSTILE,
        })),
      },
      history: INPUT.history.map((it) => ({ ...it, testid: HOSTILE, commit: HOSTILE })),
      notes: [HOSTILE],
    });
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script/g)).toHaveLength(2);
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<!--');
    expect(page).not.toContain('href="javascript:');
    expect(textOf(page)).toContain('<img src=x');
    expect(dataOf(page).testid).toBe(HOSTILE);
    expect(dataOf(page).history[0]?.commit).toBe(HOSTILE);
  });
});

describe('the file', () => {
  it('lets in nothing but its own script and style', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(write())?.[1] ?? '';
    expect(policy).toMatch(/^default-src (&#39;|')none/);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(write()).not.toMatch(/(src|href)="(https?:)?\/\/(?!127\.0\.0\.1:3000\/d\/loadstar-live)/);
  });

  it('refuses a script that would end its own element', () => {
    expect(() => runPage(INPUT, { ...ASSETS, script: 'const a = "</script>"' })).toThrow(/script/);
  });
});
