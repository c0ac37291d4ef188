/** The catalogue on the real k6 against the demo: all scenarios pass, and a fault fails just those that meet it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary, SloResult } from '../contract/results.ts';
import { SCENARIOS, type Scenario } from '../contract/scenarios.ts';
import { findBrowser } from '../stack/native/browser.ts';
import { type Machine, machine } from './lib/machine.ts';

const catalogue = Object.entries(SCENARIOS as Record<string, Scenario>);
const names = catalogue.map(([name]) => name);
const need_browser = catalogue.flatMap(([name, { needs_browser }]) => (needs_browser ? [name] : []));

/** A dozen scenarios, of which each starts and stops a k6. */
const TIMEOUT_MS = 300_000;
const NO_BROWSER = { K6_BROWSER_EXECUTABLE_PATH: '/nowhere/chromium' };

let here: Machine;
beforeAll(async () => {
  here = await machine();
});
afterAll(() => here.dispose());

async function runAll(args: readonly string[], env: Record<string, string> = {}) {
  const run = await here.loadstar(['run', 'all', '--json', ...args], { env });
  return { ...run, summaries: JSON.parse(run.stdout) as RunSummary[] };
}

const broken = ({ slos }: RunSummary): SloResult[] => slos.filter(({ ok }) => !ok);

describe('all scenarios', () => {
  it(
    'pass on a healthy demo: no failed check, no unexpected error, no sample lost',
    async () => {
      const { code, stderr, summaries } = await runAll(['--duration', '8s']);
      expect(code, stderr).toBe(0);
      const browser = await findBrowser(here.context);
      const expected = browser ? names : names.filter((name) => !need_browser.includes(name));
      expect(summaries.map(({ scenario }) => scenario)).toEqual(expected);
      for (const summary of summaries) {
        expect(summary, summary.scenario).toMatchObject({ status: 'passed', error_rate: 0, script_exceptions: 0 });
        expect(summary.checks_rate, summary.scenario).toBe(1);
        expect(summary.iterations, summary.scenario).toBeGreaterThan(0);
        expect(summary.completeness.state, summary.scenario).toBe('complete');
      }
    },
    TIMEOUT_MS,
  );
});

describe('a fault on one route', () => {
  const FAULTY = 'GET /api/search';
  const LATENCY_MS = 900;

  it(
    'fails the scenarios that use it, by the SLO of that request, and no other',
    async () => {
      const using = catalogue.flatMap(([name, { requests }]) => (requests.includes(FAULTY) ? [name] : []));
      expect(using.length).toBeGreaterThan(1);
      const fault = ['--demo-fault', `${FAULTY} latency_ms=${LATENCY_MS}`];
      const { code, stderr, summaries } = await runAll(['--duration', '6s', ...fault], NO_BROWSER);
      expect(code, stderr).toBe(99);
      const failed = summaries.filter(({ status }) => status !== 'passed');
      expect(failed.map(({ scenario }) => scenario).sort()).toEqual([...using].sort());
      for (const summary of failed) {
        const { requests }: Scenario = SCENARIOS[summary.scenario as keyof typeof SCENARIOS];
        // The request of a scenario that makes no other is the scenario.
        const requests_at_fault = broken(summary).map(
          ({ request }) => request ?? (requests.length === 1 ? FAULTY : null),
        );
        expect(requests_at_fault, summary.scenario).toContain(FAULTY);
        expect(new Set(requests_at_fault.filter(Boolean)), summary.scenario).toEqual(new Set([FAULTY]));
        const slow = broken(summary).filter(({ request }) => request === FAULTY);
        for (const { value } of slow) expect(value).toBeGreaterThan(LATENCY_MS);
      }
      expect(summaries.map(({ scenario }) => scenario)).toEqual(names.filter((name) => !need_browser.includes(name)));
      for (const name of need_browser) expect(stderr).toContain(`${name} was skipped: it needs Chromium`);
    },
    TIMEOUT_MS,
  );
});

describe('a browser scenario where there is no browser', () => {
  it('exits 4 when it was asked for by name, and says what to install', async () => {
    const run = await here.loadstar(['run', 'page-load', '--duration', '5s'], { env: NO_BROWSER });
    expect(run.code).toBe(4);
    expect(run.stderr).toContain('K6_BROWSER_EXECUTABLE_PATH');
  });
});
