/** Grafana restarted while alerts fire: a message is neither lost nor, where Grafana could save what it has sent, told twice. */
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALERTING, INBOX } from '../contract/alerting.ts';
import { BUCKETS } from '../contract/buckets.ts';
import { MEASUREMENT } from '../contract/live-schema.ts';
import { OWN_PROJECT } from '../contract/project-name.ts';
import type { Stack } from '../stack/engine/engine.ts';
import { findGrafana, grafanaDirectory } from '../stack/native/grafana.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { stopService } from '../stack/native/service.ts';
import { type Machine, machine } from './lib/machine.ts';
import { servicePid, sleep } from './lib/processes.ts';

let here: Machine;
let stack: Stack;
const firing = new Set<string>();
let writing: NodeJS.Timeout;
beforeAll(async () => {
  here = await machine(process.env.GRAFANA_HOME ? { GRAFANA_HOME: process.env.GRAFANA_HOME } : {});
  if (!(await findGrafana(here.env))) return;
  stack = await nativeEngine(here.context).up();
  writing = setInterval(() => void breach().catch(() => undefined), 1_000);
});
afterAll(async () => {
  clearInterval(writing);
  await here.dispose();
});

/** A generator that loses points, every second: the shortest way to an alert. */
async function breach(): Promise<void> {
  const client = new InfluxDB({ url: stack.influx.url, token: stack.influx.tokens.k6 });
  const api = client.getWriteApi(stack.influx.org, BUCKETS.live.name, 'ms');
  for (const testid of firing) {
    const point = new Point(MEASUREMENT.generator).tag('testid', testid).tag('project', OWN_PROJECT);
    api.writePoint(point.intField('lost_points', 1));
  }
  await api.close();
}

/** How many messages there are about a run. */
async function told(testid: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${here.env.INBOX_PORT}${INBOX.messages_path}`);
  return (JSON.stringify(await answer.json()).match(new RegExp(`"title":"[^"]* ${testid}"`, 'g')) ?? []).length;
}

/** Evaluations after which whatever is due has been sent. */
const EVALUATIONS = 3;

describe('Grafana', () => {
  it('killed and restarted in the middle of an alert tells it, and what began meanwhile; a restart that it can prepare for tells nothing again', async ({
    skip,
  }) => {
    if (!stack) return skip('no Grafana: set GRAFANA_HOME');
    firing.add('before');
    await expect.poll(() => told('before'), { timeout: 60_000, interval: 500 }).toBe(1);

    process.kill(servicePid(here, 'grafana'), 'SIGKILL');
    firing.add('meanwhile');
    await nativeEngine(here.context).up();
    await expect.poll(() => told('meanwhile'), { timeout: 60_000, interval: 500 }).toBe(1);
    await sleep(EVALUATIONS * ALERTING.interval_s);
    const before = await told('before');
    console.log(`messages about the alert that fired before the kill: ${before}`);
    expect(before).toBeLessThanOrEqual(2);
    expect(await told('meanwhile')).toBe(1);

    await stopService({ directory: grafanaDirectory(here.context) });
    await nativeEngine(here.context).up();
    await sleep(EVALUATIONS * ALERTING.interval_s);
    expect({ before: await told('before'), meanwhile: await told('meanwhile') }).toEqual({ before, meanwhile: 1 });
  });
});
