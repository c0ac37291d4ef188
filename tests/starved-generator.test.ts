/** A load generator that gets no processor time is never taken for a slow target. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../contract/results.ts';
import type { LoadstarResult } from './lib/loadstar-call.ts';
import { type Machine, machine } from './lib/machine.ts';
import { runsUnderWay, until } from './lib/processes.ts';
import { coresUsed, limitCpu, noQuotaReason, type Release, stopEachSecond } from './lib/starve.ts';

let here: Machine;
/** What k6 needs for the load, measured here: machines differ by more than a quota that always starves it. */
let needed_cores: number;

/** Below the limit of 400 ms by less than a starved generator adds. */
const FAULT = 'GET /api/search latency_ms=250';
const CALL = ['run', 'search', '--duration', '10s', '--scale', '4', '--confirm', '0', '--json', '--demo-fault', FAULT];
const RUN_TIMEOUT_MS = 120_000;
const START_S = 60;

beforeAll(async () => {
  here = await machine({ NOTIFY: 'never' });
  // The history that a verdict needs.
  for (let count = 0; count < 3; count += 1) {
    const call = here.loadstar(CALL);
    needed_cores = await coresUsed(await k6Pid());
    const { stdout, stderr } = await call;
    expect(stdout, stderr).not.toBe('');
  }
}, 4 * RUN_TIMEOUT_MS);
afterAll(() => here.dispose());

async function k6Pid(): Promise<number> {
  const pid = () => runsUnderWay(here)[0]?.k6 ?? 0;
  await until('k6 to start', () => pid() > 0, START_S);
  return pid();
}

/** A run whose k6 is starved from its start on. */
async function starvedRun(starve: (k6_pid: number) => Release): Promise<LoadstarResult & { summary: RunSummary }> {
  const call = here.loadstar(CALL);
  const release = starve(await k6Pid());
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
  const unexplained = failed.filter(({ generator_effect }) => !((generator_effect ?? 0) > 0));
  expect(unexplained, verdict).toEqual([]);
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
    'with a CPU quota of half of what it needs',
    async ({ skip }) => {
      const reason = noQuotaReason();
      if (reason) return skip(reason);
      const run = await starvedRun((pid) => limitCpu(pid, needed_cores / 2));
      expectNoSlowTarget(run);
      expect(run.summary.generator?.effects?.p95_ms, run.stderr).toBeGreaterThan(5);
    },
    RUN_TIMEOUT_MS,
  );
});
