import { describe, expect, it } from 'vitest';
import type { EachGenerator, SloResult } from '../../contract/results.ts';
import { AB, AB_RUN, abComparison } from '../example-ab.ts';
import { FAILED_RUN, INPUT, metric, PASSED_RUN, REGRESSED, REGRESSED_RUN } from '../example-run.ts';
import type { RunPageData } from './data.ts';
import { runPage } from './run-page.ts';

const START_MS = Date.parse('2026-11-30T12:00:00Z');
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
    expect(text).toContain('p95 612 ms +27.5 % compared with 480 ms usual: 460 ms to 500 ms');
    expect(text).toContain('Throughput 41.1/s −2.1 % compared with 42/s');
    expect(text).toContain('Error rate 1.2 % +1.2 pp compared with 0 %');
    expect(text).toContain('requests 1,234 min 1 ms average 90 ms p50 61.3 ms p90 400 ms p99 998 ms max 1,200 ms');
    expect(text).toContain('checks 99.7 % iterations 1,234 dropped iterations 0 most users 5');
  });

  it('says of how many generators it is, and links to no log that is not there', () => {
    const generators = { expected: 3, ended: ['a-1', 'a-2'], lost: ['a-3'] };
    const page = write({ run: { ...REGRESSED_RUN, generators } });
    expect(textOf(page)).toContain('2 of 3 load generators came to their end');
    expect(textOf(page)).toContain('The load generators: 0.8 % of requests waited longer than 2 ms');
    expect(page).not.toContain('href="k6.log"');
    expect(write({ run: PASSED_RUN })).toContain('href="k6.log"');
  });

  it('says from where on percentiles are not exact', () => {
    const note = 'Percentiles are within 0.1 %: k6 keeps 100,000 values of a metric';
    expect(textOf(write({ run: { ...PASSED_RUN, requests: 100_001 } }))).toContain(note);
    expect(textOf(write({ run: { ...PASSED_RUN, requests: 100_000 } }))).not.toContain(note);
    const generators = { expected: 2, ended: ['a', 'b'], lost: [] };
    expect(textOf(write({ run: { ...PASSED_RUN, requests: 100_001, generators } }))).not.toContain(note);
  });

  it('has a row for each of several generators, the lost one first, and says how far apart their load was', () => {
    const one = (instance: string, from_ms: number, more: Partial<EachGenerator> = {}): EachGenerator => ({
      instance,
      state: 'ended',
      last_sign: '2026-11-30T12:00:35.000Z',
      load: { from: new Date(START_MS + from_ms).toISOString(), to: '2026-11-30T12:00:30.000Z' },
      requests: 1_200,
      failed: 0,
      p95_ms: 90,
      peak_machine_cpu: 0.4,
      delayed: { 1: 0.03, 2: 0.004 },
      ...more,
    });
    const lost = one('a-3', 12, { state: 'lost', p95_ms: 80, peak_machine_cpu: null });
    const { delayed: _, ...killed } = lost;
    const delayed = { 1: 0.3, 2: 0.3, 3: 0.3, 5: 0.3, 7.5: 0.3, 10: 0.2, 15: 0.05, 20: 0.002 };
    const late = one('a-2', 5, { p95_ms: 140, delayed, peak_machine_cpu: 0.98 });
    const each = [one('a-1', 0), late, killed, one('a-4', 0)];
    const generators = { expected: 4, ended: ['a-1', 'a-2', 'a-4'], lost: ['a-3'], each };
    const text = textOf(write({ run: { ...REGRESSED_RUN, generators } }));
    expect(text).toContain('Their load began within 12 ms. ');
    const whole = { ...generators, lost: [], each: [one('a-1', 0), one('a-2', 3)] };
    expect(textOf(write({ run: { ...REGRESSED_RUN, generators: whole } }))).toContain(
      'within 3 ms and ended within 0 ms.',
    );
    expect(text).toContain('a-3 lost at 12:00:35 1,200 0 80 ms – – 12:00:00.012 12:00:30.000');
    expect(text).toContain('a-2 ended 1,200 0 140 ms 98 % ≤ 20 ms 12:00:00.005 12:00:30.000');
    const order = ['a-3 lost', 'a-2 ended', 'a-1 ended'].map((row) => text.indexOf(row));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    const slow =
      'Load generator a-2 (up to 20 ms, CPU of its machine up to 98 %) was much later than the others (up to 2 ms)';
    expect(text).toContain(slow);
    const even = each.map((it) => ({ ...it, ...('delayed' in it ? { delayed } : {}) }));
    expect(textOf(write({ run: { ...REGRESSED_RUN, generators: { ...generators, each: even } } }))).not.toContain(
      'much later',
    );
  });

  it.each([
    [REGRESSED_RUN, 'REGRESSED', 'bad'],
    [FAILED_RUN, 'FAILED', 'bad'],
    [PASSED_RUN, 'PASSED', 'good'],
  ])('says the verdict first, in its colour (%#)', (run, word, tone) => {
    const page = write({ run });
    const banner = /<section class="verdict tone-([a-z]+)"[^>]*>\s*<h2[^>]*>(.*?)<\/h2>\s*<p>(.*?)<\/p>/.exec(page);
    expect(banner?.slice(1, 3)).toEqual([tone, word]);
    expect(textOf(banner?.[3] ?? '')).toContain(run.verdict);
    expect(page).toContain(`<title>Search: ${word.toLowerCase()}, `);
  });

  it('says of each SLO its limit, its value and whether it held', () => {
    const text = textOf(write({ run: FAILED_RUN }));
    expect(text).toContain('p95 all requests ≤ 500 ms 612 ms ✗ failed');
    expect(text).toContain('error rate all requests ≤ 7 % 1.2 % ✓ passed');
  });

  it('sorts requests by p95, with the change of those that have a baseline', () => {
    const text = textOf(write());
    expect(text).toContain('GET /b 610 300 ms 700 ms +75 % 998 ms 1,200 ms 2.4 %');
    expect(text.indexOf('GET /b 610')).toBeLessThan(text.indexOf('GET /a 590'));
  });

  it('tells in words what its charts show', () => {
    const page = write();
    const labels = [...page.matchAll(/role="img" aria-label="([^"]*)"/g)].map((match) => match[1]);
    expect(labels).toHaveLength(6);
    expect(labels[0]).toContain('The p95 is highest at 0:25 with 605 ms. Over the whole run it is 612 ms.');
    expect(labels[3]).toContain('The level has shifted: +27.5 % from 2026-11-07 02:00 UTC on.');
  });

  it('says what is missing, and stands without it', () => {
    const page = write({
      run: { ...FAILED_RUN, latency: null, requests: 0, slos: [], by_request: [] },
      over_time: null,
      histogram: null,
      history: [],
      notes: ['InfluxDB could not be asked'],
    });
    const text = textOf(page);
    expect(text).toContain('p95 no request');
    expect(text).toContain('InfluxDB could not be asked');
    expect(text).toContain('No baseline yet');
    expect(text).toContain('This is the first run');
    expect(page).not.toMatch(/NaN|undefined|\[object/);
  });
});

describe('the page of `loadstar ab`', () => {
  const of = (ab: Partial<typeof AB>, more: Partial<typeof AB_RUN> = {}) =>
    write({ run: { ...AB_RUN, ...more, ab: { ...AB, ...ab } } });
  const bannerOf = (page: string) =>
    /<section class="verdict tone-([a-z]+)"[^>]*>\s*<h2[^>]*>(.*?)<\/h2>/.exec(page)?.slice(1);

  it.each([
    ['regressed', 'bad'],
    ['unclear', 'warn'],
    ['same', 'good'],
    ['improved', 'good'],
  ] as const)('says first that head has %s, in its colour', (verdict, tone) => {
    expect(bannerOf(of({ verdict }, { exit_code: 0 }))).toEqual([tone, verdict.toUpperCase()]);
  });

  it('has base and head side by side, by request, with the interval in words and as a picture', () => {
    const page = of({});
    const text = textOf(page);
    expect(text).toContain('GET /a regressed 61.3 ms 68.9 ms +12.4 % +7.6 ms +9 % to +15.9 %');
    expect(text).toContain('0.1 % → 0.2 % 1,105 / 1,097 7 min');
    expect(page).toContain('aria-label="GET /a: +12.4 %, +9 % to +15.9 %"');
    expect(page).toContain('<option value="1" selected>GET /a (regressed)</option>');
    expect(text).toContain('Head was slower than base in 24 of 24 pairs of blocks.');
    expect(text).toContain('Not judged, too few requests in a block: GET /rare.');
    expect(dataOf(page).ab?.comparisons.map(({ request }) => request)).toEqual([null, 'GET /a', 'GET /b']);
  });

  it('says which budget would be enough for an answer', () => {
    expect(textOf(of({ verdict: 'unclear', needed_s: 420 }))).toContain('repeat with --budget 12m');
    expect(textOf(of({ verdict: 'unclear', needed_s: null }))).not.toContain('--budget');
  });

  it('has no history, and links both runs', () => {
    const page = of({});
    expect(textOf(page)).not.toMatch(/baseline|Trend over the history/);
    expect(page).toContain(`href="../${AB.base.testid}/report.html"`);
    const { ab: _, ...base } = AB_RUN;
    const of_base = write({ run: { ...base, ab_run: { side: 'base', other: AB.head.testid } } });
    expect(of_base).toContain(`href="../${AB.head.testid}/report.html"`);
    expect(of_base).not.toContain('data-chart="ab-change"');
  });

  it('stands without a block, and says that base has failed', () => {
    const page = of({ verdict: 'unclear', end: 'cut', overall: null, requests: [] }, { exit_code: 99 });
    expect(textOf(page)).toContain('Nothing could be compared');
    expect(textOf(page)).toContain(`The exit code is 99 because of the run of base, ${AB.base.testid}`);
    expect(page).not.toMatch(/NaN|undefined|\[object/);
    const few = abComparison({ low: null, high: null, pairs: [], base_ms: 0 });
    expect(of({ overall: few, requests: [] })).not.toMatch(/NaN|undefined|\[object|Infinity/);
  });

  it('a change beyond the bars of the others is an arrow at their end', () => {
    const page = of({ requests: [abComparison({ request: 'GET /x', change: 3, low: 2, high: 4 })] });
    expect(page.match(/<circle /g)).toHaveLength(1);
    expect(page.match(/<path d="M/g)).toHaveLength(1);
  });
});

describe('an SLO', () => {
  const shown = (slo: Partial<SloResult>) =>
    write({ run: { ...PASSED_RUN, slos: [{ ...(PASSED_RUN.slos[0] as SloResult), request: null, ...slo }] } });

  it("is of all requests, unless it is of a script's own metric", () => {
    expect(shown({})).toContain('<small>all requests</small>');
    const own = shown({ indicator: 'threshold', metric: 'orders', expression: 'count>=4' });
    expect(own).toContain('threshold of orders\n<small></small>');
  });
});

describe('what comes from outside', () => {
  const HOSTILE = `</script><script>alert(1)</script><!-- <img src=x onerror="alert('2')"> & \u2028`;

  it('is text, wherever it stands', () => {
    const run = {
      ...REGRESSED_RUN,
      testid: HOSTILE,
      verdict: HOSTILE,
      target: { base_url: HOSTILE, name: HOSTILE },
      app: { version: HOSTILE, commit: HOSTILE, branch: HOSTILE },
      slos: REGRESSED_RUN.slos.map((slo) => ({ ...slo, request: HOSTILE })),
      completeness: {
        ...REGRESSED_RUN.completeness,
        rows: [{ metric: HOSTILE, quantity: HOSTILE, sent: 1, stored: 2, ok: false }],
      },
      overflow: { limit: 1, tag: HOSTILE, values: 2, examples: [HOSTILE] },
      by_request: REGRESSED_RUN.by_request.map((row) => ({ ...row, name: HOSTILE })),
      comparison: {
        ...REGRESSED,
        sentence: HOSTILE,
        baseline: { ...REGRESSED.baseline, branch: HOSTILE },
        metrics: REGRESSED.metrics.map((row) => ({ ...row, request: HOSTILE, sentence: HOSTILE })),
      },
      ab: {
        ...AB,
        base: { ...AB.base, testid: HOSTILE, command: HOSTILE, app: { version: HOSTILE, commit: HOSTILE } },
        requests: AB.requests.map((it) => ({ ...it, request: HOSTILE })),
        not_judged: [HOSTILE],
      },
      links: { grafana: 'javascript:alert(3)', compare: HOSTILE, live_view: HOSTILE },
    };
    const page = write({
      run,
      title: HOSTILE,
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
    expect(write()).not.toMatch(/(src|href)="(https?:)?\/\/(?!grafana\.example\.com\/d\/)/);
  });

  it('refuses a script that would end its own element', () => {
    expect(() => runPage(INPUT, { ...ASSETS, script: 'const a = "</script>"' })).toThrow(/script/);
  });
});

it('a table of more than ten rows says how many there are', () => {
  const [slo] = REGRESSED_RUN.slos;
  const slos = (length: number) => ({
    run: { ...REGRESSED_RUN, slos: Array.from({ length }, () => slo as SloResult) },
  });
  const subject = 'Each objective with its limit and what this run showed';
  expect(write(slos(11))).toContain(`<caption><span>${subject} (11 rows)</span>`);
  expect(write(slos(10))).toContain(`<caption><span>${subject}</span>`);
});

describe('the steady state', () => {
  const plateau = {
    name: 'plateau 1',
    from: '2026-11-24T10:45:35.000Z',
    to: '2026-11-24T10:45:55.000Z',
    warm_up_s: 4,
    requests: 640,
    throughput_rps: 40,
    error_rate: 0,
    p50_ms: 58,
    p95_ms: 590,
    p99_ms: 910,
  };
  const steady = { ...INPUT, run: { ...INPUT.run, plateaus: [plateau] } };

  it('is shaded in the charts without its warm-up, on their clock', () => {
    expect(dataOf(runPage(steady, ASSETS)).shades).toEqual([{ label: 'plateau 1', from_s: 9, to_s: 25 }]);
    expect(dataOf(write()).shades).toEqual([]);
  });

  it('has its figures in a table, with how much was left out and why', () => {
    const page = textOf(runPage(steady, ASSETS));
    expect(page).toContain('4 s of warm-up are left out, because latency differed');
    expect(page).toMatch(/0:05 to 0:25 4 s 640 58 ms 590 ms/);
    expect(page).toContain('compared with the whole run, because there is but one plateau');
    expect(write()).not.toContain('Steady state');
  });

  it('says of several plateaus that each is compared with itself, in rows of their own', () => {
    const comparison = {
      ...REGRESSED,
      metrics: [metric({ plateau: 'plateau 2', value: 700, change: 0.46 }), ...REGRESSED.metrics],
    };
    const plateaus = [plateau, { ...plateau, name: 'plateau 2' }];
    const page = runPage({ ...INPUT, run: { ...INPUT.run, plateaus, comparison } }, ASSETS);
    expect(textOf(page)).toContain('Each plateau is compared with the same plateau of earlier runs');
    expect(textOf(page)).toMatch(/p95 plateau 2 480 ms 700 ms/);
    // It is the worst row, and the card is of the whole run all the same.
    expect(textOf(page)).toContain('p95 612 ms +27.5 % compared with 480 ms usual: 460 ms to 500 ms');
  });
});
