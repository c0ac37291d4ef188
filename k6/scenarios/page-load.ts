/** The page in a real browser. Its metrics are `browser_*`: k6's own HTTP client takes no part. */
import { check } from 'k6';
import { browser, type Page } from 'k6/browser';
import { defineScenario } from '../runtime/scenario.ts';
import { think } from '../runtime/think-time.ts';

const { options: plain, base_url, handleSummary } = defineScenario('page-load');

export { handleSummary };

export const options = {
  ...plain,
  // Without it k6 names no request of a browser. NAMES keeps its values few.
  systemTags: [...(plain.systemTags ?? []), 'url'],
  scenarios: Object.fromEntries(
    Object.entries(plain.scenarios ?? {}).map(([name, scenario]) => [
      name,
      { ...scenario, options: { browser: { type: 'chromium' } } },
    ]),
  ),
};

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

export default async function pageLoad(): Promise<void> {
  const page = await browser.newPage();
  try {
    page.on('metric', (metric) => {
      for (const { name, matches } of NAMES) metric.tag({ name, matches: [...matches] });
    });
    const services = await open(page);
    think(READING_S);
    if (services > 0) await choose(page);
  } finally {
    await page.close();
  }
}

/** @returns how many services the page shows */
async function open(page: Page): Promise<number> {
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
