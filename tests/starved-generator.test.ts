/** A load generator that gets no processor time is never taken for a slow target. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../contract/results.ts';
import type { LoadstarResult } from './lib/loadstar-call.ts';
import { type Machine, machine } from './lib/machine.ts';
import { runsUnderWay, until } from './lib/processes.ts';
import { limitCpu, noQuotaReason, type Release, stopEachSecond } from './lib/starve.ts';

let here: Machine;

/** Below the limit of 400 ms by less than a starved generator adds. */
const FAULT = 'GET /api/search latency_ms=250';
const CALL = ['run', 'search', '--duration', '10s', '--scale', '4', '--confirm', '0', '--json', '--demo-fault', FAULT];
const RUN_TIMEOUT_MS = 120_000;
const START_S = 60;

beforeAll(async () => {
  here = await machine({ NOTIFY: 'never' });
  // The history that a verdict needs.
  for (let count = 0; count < 3; count += 1) {
    const { stdout, stderr } = await here.loadstar(CALL);
    expect(stdout, stderr).not.toBe('');
  }
}, 4 * RUN_TIMEOUT_MS);
afterAll(() => here.dispose());

/** A run whose k6 is starved from its start on. */
async function starvedRun(starve: (k6_pid: number) => Release): Promise<LoadstarResult & { summary: RunSummary }> {
  const call = here.loadstar(CALL);
  const k6Pid = () => runsUnderWay(here)[0]?.k6 ?? null;
  await until('k6 to start', () => k6Pid() !== null, START_S);
  const release = starve(k6Pid() ?? 0);
  const result = await call;
  await release();
  const [summary] = JSON.parse(result.stdout) as RunSummary[];
  if (!summary) throw new Error(`the run left no summary: ${result.stderr}`);
  return { ...result, summary };
}

function expectNoSlowTarget({ code, summary }: Awaited<ReturnType<typeof starvedRun>>): void {
  const { comparison, verdict } = summary;
  const worse = comparison?.metrics.filter((it) => it.verdict === 'suspected' || it.verdict === 'regressed') ?? [];
  expect(worse, verdict).toEqual([]);
  // It fails its SLO as before, and the verdict names the reason.
  expect([0, 99]).toContain(code);
  const failed = summary.slos.filter(({ ok }) => !ok);
  for (const slo of failed) expect(slo.generator_effect, verdict).toBeGreaterThan(0);
  if (failed.length > 0) expect(verdict).toContain("the load generator's own delay can explain up to");
}

describe('a starved load generator', () => {
  it(
    'that is stopped for 200 ms each second',
    async () => {
      const run = await starvedRun((pid) => stopEachSecond(pid, 200));
      expectNoSlowTarget(run);
      expect(run.code, run.summary.verdict).toBe(99);
      // How much depends on how many requests fall into a stop; it is more than a change that matters.
      const { p95_ms } = run.summary.latency ?? {};
      expect(run.summary.generator?.effects?.p95_ms, run.stderr).toBeGreaterThan(0.1 * (p95_ms ?? Number.NaN));
      expect(run.stderr).toContain("The load generator's own delay can explain up to");
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'with a CPU quota of a tenth of a core',
    async ({ skip }) => {
      const reason = noQuotaReason();
      if (reason) return skip(reason);
      const run = await starvedRun((pid) => limitCpu(pid, 0.1));
      expectNoSlowTarget(run);
      // How often so little load uses up the quota differs; a p95 that is delayed by less than what matters is compared.
      expect(run.summary.generator?.effects?.p95_ms, run.stderr).toBeGreaterThan(5);
    },
    RUN_TIMEOUT_MS,
  );
});
