/** The live view where there is no Grafana: k6's dashboard, in a real browser tab that stays open. */
import { spawnSync } from 'node:child_process';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Machine, machine } from './lib/machine.ts';

let here: Machine;
beforeAll(async () => {
  here = await machine();
});
afterAll(() => here.dispose());

const DURATION_S = 8;
/** Ending takes a second or two; a dashboard that waits for its tab never ends. */
const END_LIMIT_MS = 15_000;
const CHROMIUM = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim();

it('keeps an event stream until the end, and the run ends all the same', async () => {
  const url = `http://127.0.0.1:${here.env.LIVE_VIEW_PORT}`;
  let stream: Promise<string> | undefined;
  const started_ms = Date.now();
  const run = await here.loadstar(['run', '--duration', `${DURATION_S}s`], {
    onOutput(text) {
      if (!stream && / users?,/.test(text)) stream = fetch(`${url}/events`).then((response) => response.text());
    },
  });
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr).toContain(url);
  const events = await stream;
  expect(events).toMatch(/^event: ?(snapshot|metric)$/m);
  expect(events).toMatch(/^event: ?stop$/m);
  expect(Date.now() - started_ms).toBeLessThan(DURATION_S * 1_000 + END_LIMIT_MS);
});

it('shows a page in a browser, and does not wait for its tab', async ({ skip }) => {
  if (!CHROMIUM) return skip('no chromium on PATH');
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-background-networking'],
  });
  try {
    const page = await browser.newPage();
    let opened: Promise<string> | undefined;
    const run = await here.loadstar(['run', '--duration', `${DURATION_S}s`], {
      onOutput(text) {
        if (opened || !/ users?,/.test(text)) return;
        opened = page
          .goto(`http://127.0.0.1:${here.env.LIVE_VIEW_PORT}/ui/?endpoint=/`)
          .then(() => page.waitForSelector('canvas'))
          .then(() => page.title());
      },
    });
    expect(run.code, run.stderr).toBe(0);
    expect(await opened).toMatch(/k6/i);
  } finally {
    await browser.close();
  }
});
