import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { COMMAND } from '../../contract/package-name.ts';
import { createUi } from '../../lib/ui.ts';
import { REGRESSED_RUN } from '../example-run.ts';
import { reportToPages } from './pages.ts';

const results_dir = mkdtempSync(join(tmpdir(), 'loadstar-pages-'));
afterAll(() => rmSync(results_dir, { recursive: true }));

let said = '';
const ui = createUi({ write: (text) => (said += text) }, false);
const place = { results_dir, project: 'shop', influx: null, now: new Date('2026-11-24T02:01:05Z') };
beforeEach(() => {
  said = '';
});

it('warns where a page cannot be written, and goes on', async () => {
  expect(await reportToPages(ui, place, REGRESSED_RUN)).toBe(false);
  expect(said).toMatch(/^warning: the report could not be written: ENOENT/);
  expect(said).toContain(`${COMMAND} report ${REGRESSED_RUN.testid}`);
});

it('writes both pages from the files alone, and leaves nothing else behind', async () => {
  const directory = join(results_dir, REGRESSED_RUN.testid);
  mkdirSync(directory);
  writeFileSync(join(directory, 'summary.json'), JSON.stringify(REGRESSED_RUN));
  expect(await reportToPages(ui, place, REGRESSED_RUN)).toBe(true);
  expect(said).toBe('');
  expect(readdirSync(directory).sort()).toEqual(['report.html', 'summary.json']);
  const index = readFileSync(join(results_dir, 'index.html'), 'utf8');
  expect(index).toContain(`href="${REGRESSED_RUN.testid}/report.html"`);
  expect(index.toLowerCase()).toMatch(/>\s*regressed\s*</);
});

it('says in the page that InfluxDB did not answer', async () => {
  const influx = { url: 'http://127.0.0.1:1', org: 'none', token: 'none' };
  expect(await reportToPages(ui, { ...place, influx }, REGRESSED_RUN)).toBe(true);
  expect(said).toContain('InfluxDB could not be asked for the history');
  expect(readFileSync(join(results_dir, REGRESSED_RUN.testid, 'report.html'), 'utf8')).toContain(
    'from summary.json alone',
  );
});
