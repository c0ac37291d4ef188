/** The page in a real browser. Its metrics are `browser_*`: k6's own HTTP client takes no part. */

import { defineScenario, think } from '@loadstar-hq/loadstar/k6';
import { check } from 'k6';
import { browser, type Page } from 'k6/browser';
import { checksPass } from './clinic/slos.ts';

const READING_S = 1;
/** Longer than any answer that a visitor would wait for. */
const PATIENCE_MS = 5_000;
/** By what their paths are, as every other request: URLs have queries. */
const NAMES = [
  { name: 'GET /', matches: [{ url: /^https?:\/\/[^/]+\/$/, method: 'GET' }] },
  { name: 'GET /assets/style.css', matches: [{ url: /\/assets\/style\.css$/, method: 'GET' }] },
  { name: 'GET /assets/app.js', matches: [{ url: /\/assets\/app\.js$/, method: 'GET' }] },
  { name: 'GET /api/services', matches: [{ url: /\/api\/services$/, method: 'GET' }] },
  { name: 'GET /api/appointments/available', matches: [{ url: /\/api\/appointments\/available/, method: 'GET' }] },
] as const;

export default defineScenario({
  title: 'Page load',
  journey: 'A visitor opens the page in a browser and chooses a service to see its free appointments.',
  requests: NAMES.map(({ name }) => name),
  needs_browser: true,
  // A browser takes the CPU of many plain clients; these few sample what people see while others make the load.
  users_factor: 0.05,
  slos: [
    {
      indicator: 'p95_ms',
      metric: 'browser_web_vital_lcp',
      limit: 2_500,
      reason: "Google's limit for a good largest contentful paint, which it requires of 75 % of visits",
    },
    {
      indicator: 'p95_ms',
      metric: 'browser_web_vital_fcp',
      limit: 1_800,
      reason: "Google's limit for a good first contentful paint, which it requires of 75 % of visits",
    },
    {
      indicator: 'p95_ms',
      metric: 'browser_web_vital_ttfb',
      limit: 800,
      reason: "Google's limit for a good time to first byte, which it requires of 75 % of visits",
    },
    checksPass('a fast but empty page is not loaded'),
  ],
  async run({ base_url }) {
    const page = await browser.newPage();
    try {
      page.on('metric', (metric) => {
        for (const { name, matches } of NAMES) metric.tag({ name, matches: [...matches] });
      });
      const services = await open(page, base_url);
      think(READING_S);
      if (services > 0) await choose(page);
    } finally {
      await page.close();
    }
  },
});

/** @returns how many services the page shows */
async function open(page: Page, base_url: string): Promise<number> {
  const response = await page.goto(`${base_url}/`, { waitUntil: 'networkidle' });
  const title = await page.title();
  const services = await page.locator('#services button').count();
  check(response, {
    'page: status is 200': (answer) => answer?.status() === 200,
    'page: has its title': () => title === 'Loadstar demo clinic',
    'page: shows services': () => services > 0,
  });
  return services;
}

/** The slots of a service appear without a new page. */
async function choose(page: Page): Promise<void> {
  const button = page.locator('#services li:first-child button');
  const wanted = await button.textContent();
  await button.click();
  const first = page.locator('#slots li:first-child');
  const shown = first.waitFor({ state: 'visible', timeout: PATIENCE_MS });
  const slot = await shown.then(() => first.textContent()).catch(() => null);
  const chosen = await page.locator('#chosen').textContent();
  check(page, {
    'page: names the service that was chosen': () => chosen === wanted,
    'page: shows its free slots': () => /Dr /.test(slot ?? ''),
  });
}
