/** InfluxDB, and the way to it, at their worst: killed in each phase of a run, and connections that stall, break or hang. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUCKETS } from '../contract/buckets.ts';
import type { RunSummary } from '../contract/results.ts';
import type { RunRecord } from '../influxdb/runs.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Fault, type InfluxProxy, influxProxy, type ProxiedRequest } from './lib/influx-proxy.ts';
import { type Machine, machine } from './lib/machine.ts';
import { isAlive, runsUnderWay, servicePid, sleep } from './lib/processes.ts';

let here: Machine;
beforeAll(async () => {
  here = await machine();
  await nativeEngine(here.context).up();
});
afterAll(() => here.dispose());

/** Through a proxy: `external` is the engine that does not know InfluxDB's own port. */
async function throughProxy(decide: (asked: ProxiedRequest) => Fault | Promise<Fault>, args: readonly string[]) {
  const { operator_token } = await new SecretStore(here.state_dir).load();
  const proxy = await influxProxy(Number(here.env.INFLUX_PORT), decide);
  const env = { ENGINE: 'external', INFLUX_URL: proxy.url, INFLUX_TOKEN: operator_token };
  const run = await here.loadstar(['run', 'search', '--json', ...args], { env });
  proxy.close();
  const [summary] = JSON.parse(run.stdout || '[]') as (RunSummary | undefined)[];
  const { samples_sent, samples_stored } = summary?.completeness ?? { samples_sent: 0, samples_stored: 0 };
  console.log(`${expect.getState().currentTestName}: ${samples_sent} samples sent, ${samples_stored} stored`);
  return { run, summary, counts: proxy.counts satisfies InfluxProxy['counts'] };
}

/** SIGKILL, and up again so much later. */
async function killAndRestart(away_s: number): Promise<void> {
  process.kill(servicePid(here, 'influxdb'), 'SIGKILL');
  await sleep(away_s);
  await nativeEngine(here.context).up();
}

async function newest(): Promise<RunRecord | undefined> {
  const { stdout } = await here.loadstar(['runs', '--json', '--limit', '1']);
  return (JSON.parse(stdout) as RunRecord[])[0];
}

const isQuery = ({ path }: ProxiedRequest) => path.startsWith('/api/v2/query');
// What the token may do is tried with a write of nothing.
const isRecord = ({ path, text }: ProxiedRequest) =>
  path.startsWith('/api/v2/write') && path.includes(`bucket=${BUCKETS.runs.name}`) && text !== '';
const isLive = ({ path, text }: ProxiedRequest) =>
  path.startsWith('/api/v2/write') && path.includes(`bucket=${BUCKETS.live.name}&`) && text !== '';
const k6HasEnded = () => {
  const [run] = runsUnderWay(here);
  return run?.k6 != null && !isAlive(run.k6);
};

const DURATION_S = 12;

/** Each phase once in a run: InfluxDB is killed as it is asked, and the question breaks off. */
function killedIn(phases: Readonly<Record<string, (asked: ProxiedRequest) => boolean>>) {
  const open = new Map(Object.entries(phases));
  const restarts: Promise<void>[] = [];
  return {
    async decide(asked: ProxiedRequest): Promise<Fault> {
      const [phase] = [...open].find(([, is]) => is(asked)) ?? [];
      if (phase === undefined) return 'pass';
      open.delete(phase);
      restarts.push(killAndRestart(1));
      return 'cut';
    },
    /** What never came. */
    missed: () => [...open.keys()],
    restarted: () => Promise.all(restarts),
  };
}

describe('InfluxDB is killed and started again', () => {
  it('before k6, in the ramp, in the middle, while k6 flushes, during the check and as the record is written: no sample is lost', async () => {
    let k6_ms = Number.POSITIVE_INFINITY;
    const since_s = (at_s: number) => performance.now() - k6_ms > at_s * 1_000;
    const kills = killedIn({
      'before k6': isRecord,
      ramp: (asked) => isLive(asked) && since_s(1),
      middle: (asked) => isLive(asked) && since_s(6),
      // The last windows close after the last iteration.
      flush: (asked) => isLive(asked) && since_s(DURATION_S),
      check: (asked) => isQuery(asked) && k6HasEnded(),
      record: (asked) => isRecord(asked) && asked.text.includes('verdict='),
    });
    const { run, summary } = await throughProxy(
      (asked) => {
        // The output proves that it can write before k6 begins.
        if (isLive(asked)) k6_ms = Math.min(k6_ms, performance.now());
        return kills.decide(asked);
      },
      ['--duration', `${DURATION_S}s`],
    );
    await kills.restarted();
    expect(kills.missed()).toEqual([]);
    expect(run.code, run.stderr).toBe(0);
    expect(summary).toMatchObject({ status: 'passed', completeness: { state: 'complete' } });
    expect(summary?.completeness.samples_stored).toBe(summary?.completeness.samples_sent);
    expect(await newest()).toMatchObject({ testid: summary?.testid, status: 'passed', completeness: 'complete' });
  });

  it('only after the call has ended: the next one asks what could not be asked, and finishes the record', async () => {
    let killed = false;
    const { run, summary } = await throughProxy(
      (asked) => {
        if (!killed && isQuery(asked) && k6HasEnded()) {
          killed = true;
          process.kill(servicePid(here, 'influxdb'), 'SIGKILL');
        }
        return 'pass';
      },
      ['--duration', '4s'],
    );
    expect(killed).toBe(true);
    expect(run.code, run.stderr).toBe(4);
    expect(run.stderr).toContain('the next call writes it');
    expect(summary).toMatchObject({ status: 'broken', completeness: { state: 'unknown' } });
    expect(summary?.requests).toBeGreaterThan(0);
    const record = await newest();
    expect(record).toMatchObject({ testid: summary?.testid, status: 'passed', completeness: 'complete' });
    expect(runsUnderWay(here)).toEqual([]);
  });
});

describe('the way to InfluxDB', () => {
  it('cuts connections before and within answers, and takes requests without ever answering: every sample arrives once', async () => {
    let began_ms = 0;
    const { run, summary, counts } = await throughProxy(
      (asked) => {
        if (!isLive(asked)) return 'pass';
        began_ms ||= performance.now();
        const at_s = (performance.now() - began_ms) / 1_000;
        if (at_s > 1 && at_s < 3) return 'cut answer';
        if (at_s > 3 && at_s < 5) return 'cut';
        return at_s > 6 && at_s < 8 ? 'stall' : 'pass';
      },
      ['--duration', '10s'],
    );
    expect(run.code, run.stderr).toBe(0);
    expect(Math.min(counts.cut, counts['cut answer'], counts.stall)).toBeGreaterThan(0);
    expect(summary).toMatchObject({ completeness: { state: 'complete' } });
    expect(summary?.completeness.samples_stored).toBe(summary?.completeness.samples_sent);
    expect(summary?.duration_s).toBeLessThan(15);
  });

  it('takes connections and never answers at the start: exit 4 before any load, in bounded time', async () => {
    const began_ms = performance.now();
    const { run } = await throughProxy(() => 'stall', ['--duration', '4s']);
    expect(run.code, run.stderr).toBe(4);
    expect(run.stderr).toContain('InfluxDB to answer');
    expect(run.stderr).not.toContain('users,');
    expect(performance.now() - began_ms).toBeLessThan(40_000);
  });
});
