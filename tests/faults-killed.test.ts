/** Killed without warning: k6, the call of loadstar, everything at once. What was measured is kept, and passes for no more. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isComparable } from '../analysis/index.ts';
import type { RunSummary } from '../contract/results.ts';
import { BUNDLES_DIR } from '../contract/run-files.ts';
import { toJudge } from '../history/to-judge.ts';
import type { RunRecord } from '../influxdb/runs.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import type { LoadstarResult } from './lib/loadstar-call.ts';
import { type Machine, machine } from './lib/machine.ts';
import { isAlive, killAll, runsUnderWay, servicePid, sleep, type UnderWay, until } from './lib/processes.ts';

let here: Machine;
beforeAll(async () => {
  here = await machine();
  await nativeEngine(here.context).up();
});
afterAll(() => here.dispose());

/** Calls `fault` once, so long after the first virtual user. */
function duringLoad(fault: (run: UnderWay) => void | Promise<void>, after_s = 0) {
  let fired: Promise<void> | undefined;
  return {
    onOutput(text: string) {
      if (fired || !/ users?,/.test(text)) return;
      fired = sleep(after_s).then(() => fault(runsUnderWay(here)[0] as UnderWay));
    },
    done: async () => expect(await fired).toBeUndefined(),
  };
}

/** The newest runs, as the next call finds them. */
async function records(): Promise<{ readonly list: RunRecord[]; readonly call: LoadstarResult }> {
  const call = await here.loadstar(['runs', '--json']);
  expect(call.code, call.stderr).toBe(0);
  console.log(`${expect.getState().currentTestName}: ${call.stderr}`);
  return { list: JSON.parse(call.stdout) as RunRecord[], call };
}

const summaryOf = (testid: string) =>
  JSON.parse(readFileSync(join(here.results_dir, testid, 'summary.json'), 'utf8')) as RunSummary;

describe('k6 is killed', () => {
  it('the run is broken and incomplete, with the figures of what had arrived, and is no part of a baseline', async () => {
    const fault = duringLoad(({ k6 }) => killAll([k6]), 3);
    const run = await here.loadstar(['run', 'search', '--duration', '20s', '--json'], fault);
    await fault.done();
    expect(run.code, run.stderr).toBe(4);
    expect(run.stderr).toContain('k6 was killed');
    const [summary] = JSON.parse(run.stdout) as [RunSummary];
    expect(summary).toMatchObject({ status: 'broken', completeness: { state: 'incomplete' } });
    expect(summary.requests).toBeGreaterThan(0);
    expect(summary.completeness.samples_stored).toBeGreaterThan(summary.requests);
    const { list } = await records();
    expect(list[0]).toMatchObject({ testid: summary.testid, status: 'broken', completeness: 'incomplete' });
    expect(isComparable(toJudge(list[0] as RunRecord))).toBe(false);
    expect(runsUnderWay(here)).toEqual([]);
  });
});

describe('the call of loadstar is killed', () => {
  it('k6 ends by itself and delivers everything; the next call ends the record as interrupted, whole', async () => {
    let killed: UnderWay | undefined;
    const fault = duringLoad((run) => {
      killed = run;
      killAll([run.call]);
    }, 3);
    const run = await here.loadstar(['run', 'search', '--duration', '60s'], fault);
    await fault.done();
    expect(run.code).toBeNull();
    const { testid, k6 } = killed as UnderWay;
    // The running journeys have half a minute to end; those of a smoke run take less.
    await until('k6 to end by itself', () => !isAlive(k6 ?? 0), 30);
    expect(readdirSync(join(here.state_dir, BUNDLES_DIR))).toHaveLength(1);
    const { list, call } = await records();
    expect(call.stderr).toContain(`finished the record of run ${testid}: interrupted`);
    expect(call.stderr).toContain('removed scripts and users of 1 killed call');
    expect(readdirSync(join(here.state_dir, BUNDLES_DIR))).toEqual([]);
    expect(list[0]).toMatchObject({ testid, status: 'interrupted', completeness: 'complete' });
    expect(isComparable(toJudge(list[0] as RunRecord))).toBe(false);
    const summary = summaryOf(testid);
    expect(summary).toMatchObject({ status: 'interrupted', completeness: { state: 'complete' } });
    expect(summary.requests).toBeGreaterThan(0);
    expect(existsSync(join(here.results_dir, testid, 'report.html'))).toBe(true);
    // Once: there is nothing left to do for the call after it.
    expect((await records()).call.stderr).not.toContain(testid);
    expect(runsUnderWay(here)).toEqual([]);
  });
});

describe('everything is killed at once, as in a power cut', () => {
  it('with InfluxDB away before it: the next call brings all up, delivers what waited on disk, and says interrupted', async () => {
    let killed: UnderWay | undefined;
    const influx = servicePid(here, 'influxdb');
    const fault = duringLoad(async (run) => {
      process.kill(influx, 'SIGKILL');
      await sleep(4);
      killed = run;
      killAll([run.call, run.k6, servicePid(here, 'inbox')]);
    }, 2);
    await here.loadstar(['run', 'search', '--duration', '60s', '--scale', '2'], fault);
    await fault.done();
    const { testid } = killed as UnderWay;
    const [spool] = readdirSync(join(here.state_dir, 'spool'));
    const waiting = readdirSync(join(here.state_dir, 'spool', spool ?? '')).filter((name) => name.endsWith('.lp.gz'));
    expect(waiting.length).toBeGreaterThan(1);

    const { list, call } = await records();
    expect(call.stderr).toContain(`of run ${testid}: delivered ${waiting.length} batches`);
    expect(list[0]).toMatchObject({ testid, status: 'interrupted', completeness: 'incomplete' });
    // Two seconds before InfluxDB went and four after it, less what one window and its grace take.
    expect(list[0]?.duration_s).toBeGreaterThan(4);
    expect(list[0]?.requests).toBeGreaterThan(0);
    expect(summaryOf(testid).verdict).toContain('killed');
    expect(readdirSync(join(here.state_dir, 'spool'))).toEqual([]);

    // Nothing of it confuses the next run.
    const next = await here.loadstar(['run', 'search', '--duration', '4s', '--json']);
    expect(next.code, next.stderr).toBe(0);
    expect(next.stderr).not.toContain(testid);
  });
});

describe('two at once', () => {
  it('calls that find nothing up start one stack together', async () => {
    const other = await machine();
    try {
      const calls = await Promise.all([1, 2, 3].map(() => other.loadstar(['runs', '--json'])));
      expect(
        calls.map(({ code }) => code),
        calls.map(({ stderr }) => stderr).join('\n'),
      ).toEqual([0, 0, 0]);
    } finally {
      await other.dispose();
    }
  });

  it('while a run is under way: down and a second demo name it, another checkout shows how to find who has the port; with a target of its own a second run goes', async () => {
    const other = await machine({ INFLUX_PORT: here.env.INFLUX_PORT ?? '' });
    const seen: Record<string, LoadstarResult> = {};
    let testid = '';
    const fault = duringLoad(async (run) => {
      testid = run.testid;
      const demo = `http://127.0.0.1:${here.env.DEMO_PORT}`;
      const [down, demo_run, elsewhere, beside] = await Promise.all([
        here.loadstar(['down']),
        here.loadstar(['run']),
        other.loadstar(['run']),
        here.loadstar(['run', '--base-url', demo, '--duration', '4s', '--json']),
      ]);
      Object.assign(seen, { down, demo_run, elsewhere, beside });
    });
    const run = await here.loadstar(['run', 'search', '--duration', '30s', '--json'], fault);
    await fault.done();
    await other.dispose();
    expect(run.code, run.stderr).toBe(0);
    const { down, demo_run, elsewhere, beside } = seen;
    expect(down?.code, down?.stderr).toBe(4);
    expect(down?.stderr).toMatch(new RegExp(`found: .*${testid} \\(pid \\d+, since .*loadstar stop.*--force`, 's'));
    expect(demo_run?.code, demo_run?.stderr).toBe(4);
    expect(demo_run?.stderr).toContain(testid);
    expect(elsewhere?.code, elsewhere?.stderr).toBe(4);
    expect(elsewhere?.stderr).toContain(`lsof -nP -iTCP:${here.env.INFLUX_PORT} -sTCP:LISTEN`);
    expect(beside?.code, beside?.stderr).toBe(0);
    const [second] = JSON.parse(beside?.stdout ?? '[]') as RunSummary[];
    expect(second?.completeness.state).toBe('complete');
    expect(second?.testid).not.toBe(testid);
  });
});
