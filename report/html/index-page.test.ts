import { describe, expect, it } from 'vitest';
import { indexRun } from '../example-run.ts';
import type { IndexPageData } from './data.ts';
import { indexPage } from './index-page.ts';

const ASSETS = { script: 'void 0;', style: '' };
const NEWEST_FIRST = [indexRun(3, { scenario: 'other' }), indexRun(2), indexRun(1), indexRun(0, { page: null })];
const write = (runs = NEWEST_FIRST, more = false) =>
  indexPage({ generated: '2026-11-24T02:00:00.000Z', runs, more, notes: [] }, ASSETS);

describe('the page over all runs', () => {
  it('leads to each report that is there', () => {
    const links = [...write().matchAll(/<th scope="row"[^>]*><a href="([^"]*)"/g)].map((match) => match[1]);
    expect(links).toEqual(['run-3/report.html', 'run-2/report.html', 'run-1/report.html']);
  });

  it('compares the two newest runs of one test first', () => {
    const chosen = [...write().matchAll(/<option value="([^"]*)" selected/g)].map((match) => match[1]);
    expect(chosen).toEqual(['run-1', 'run-2']);
  });

  it('carries bars instead of histograms', () => {
    const json = /<script type="application\/json"[^>]*>(.*?)<\/script>/s.exec(write())?.[1] ?? 'null';
    const { runs } = JSON.parse(json) as IndexPageData;
    expect(runs).toHaveLength(4);
    expect(runs[0]).not.toHaveProperty('histogram');
    expect(runs[0]?.bars?.counts.reduce((sum, count) => sum + count, 0)).toBe(1_234);
  });

  it('has sides of `loadstar ab` with their verdict, side by side, and in no trend', () => {
    const side = (place: number, ab_side: 'base' | 'head') =>
      indexRun(place, { comparison: null, target: `127.0.0.1:${place}`, ab_side });
    const page = write([{ ...side(9, 'head'), ab_verdict: 'regressed' }, side(8, 'base'), ...NEWEST_FIRST]);
    const chosen = [...page.matchAll(/<option value="([^"]*)" selected/g)].map((match) => match[1]);
    expect(chosen).toEqual(['run-8', 'run-9']);
    expect(page).toContain('ab head: regressed');
    expect(page.match(/<span class="badge tone-bad">regressed<\/span>/g)).toHaveLength(2);
    expect(page).not.toMatch(/<option[^>]*>[^<]*loadstar ab<\/option>/);
    expect(page).toContain('<option selected>other · smoke · staging.example.com</option>');
  });

  it('says when it does not show all, and when there is nothing', () => {
    expect(write(NEWEST_FIRST, true)).toContain('The 4 newest runs; older ones are in InfluxDB.');
    expect(write([])).toContain('No run yet');
  });
});
