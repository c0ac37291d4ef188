/** Alert rules: each fires when its limit is broken and not otherwise; from the breach to the message in Slack. */
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../cli/engine/engine.ts';
import { findGrafana } from '../cli/engine/native/grafana.ts';
import { nativeEngine } from '../cli/engine/native.ts';
import { ALERTING, INBOX } from '../contract/alerting.ts';
import { BUCKETS } from '../contract/buckets.ts';
import { HISTOGRAM, MEASUREMENT } from '../contract/live-schema.ts';
import type { RunSummary } from '../contract/results.ts';
import { SCENARIOS, type Scenario } from '../contract/scenarios.ts';
import type { Slo } from '../contract/slo.ts';
import { ruleFile } from '../grafana/alerting/rules.ts';
import { type RunStart, RunStore } from '../influxdb/runs.ts';
import { type Machine, machine } from './lib/machine.ts';

interface Rule {
  readonly uid: string;
  readonly title: string;
  readonly for: string;
  readonly noDataState: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: readonly {
    readonly model: {
      readonly query?: string;
      readonly conditions?: readonly {
        readonly evaluator: { readonly type: string; readonly params: readonly [number] };
      }[];
    };
  }[];
}

const { groups } = ruleFile() as { groups: readonly { readonly interval: string; readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const slos = Object.entries(SCENARIOS as Record<string, Scenario>).flatMap(([scenario, it]) =>
  it.slos.map((slo) => ({ scenario, slo })),
);

let here: Machine;
let stack: Stack;
beforeAll(async () => {
  here = await machine(process.env.GRAFANA_HOME ? { GRAFANA_HOME: process.env.GRAFANA_HOME } : {});
  stack = await nativeEngine(here.context).up();
});
afterAll(() => here.dispose());

describe('every rule', () => {
  it('comes from an SLO, has an uid of its own, waits for nothing, and keeps silent on no data', () => {
    // Two more watch the measurement itself.
    expect(rules).toHaveLength(slos.length + 2);
    expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length);
    for (const rule of rules) {
      expect(rule.uid.length).toBeLessThanOrEqual(40);
      expect(rule).toMatchObject({ for: '0s', noDataState: 'OK', labels: { product: 'loadstar' } });
    }
    expect(groups.map(({ interval }) => interval)).toEqual([`${ALERTING.interval_s}s`]);
  });

  it('has no dashboard variable in its query, and ends in one table', () => {
    for (const { data } of rules) {
      expect(data[0]?.model.query).not.toMatch(/\$\{|\$__|v\.timeRange/);
      expect(data[0]?.model.query).toMatch(/group\(\) \|> keep\(columns: \["testid", "_value"\]\)$/);
    }
  });
});

const GAMMA = (1 + HISTOGRAM.relative_accuracy) / (1 - HISTOGRAM.relative_accuracy);
const ENOUGH = ALERTING.least_requests * 5;

/** Points as the output writes them, of requests that all have one value: a latency in ms, or a share. */
function points(testid: string, scenario: string, slo: Slo, value: number, count: number): Point[] {
  const metric = {
    p95_ms: 'http_req_duration',
    p99_ms: 'http_req_duration',
    error_rate: 'http_req_failed',
    checks_rate: 'checks',
  };
  const base = metric[slo.indicator as keyof typeof metric];
  const scope = slo.request ? base : MEASUREMENT.scenario(base);
  const is_latency = base === 'http_req_duration';
  const point = new Point(is_latency ? MEASUREMENT.histogram(scope) : scope)
    .tag('testid', testid)
    .tag('scenario', scenario)
    .tag('instance', 'one')
    .timestamp(new Date(Date.now() - 5_000));
  if (slo.request) point.tag('name', slo.request);
  if (is_latency) return [point.intField(`b${Math.floor(Math.log(value) / Math.log(GAMMA))}`, count)];
  return [point.floatField('value', value * count).intField('count', count)];
}

/** What the rule's threshold says of a value. */
function fires(rule: Rule, value: number): boolean {
  const evaluator = rule.data[1]?.model.conditions?.[0]?.evaluator;
  const [limit = Number.NaN] = evaluator?.params ?? [];
  return evaluator?.type === 'gt' ? value > limit : value < limit;
}

describe.each(slos.map((it, index) => ({ ...it, index })))(
  '$scenario: $slo.indicator $slo.request',
  ({ scenario, slo, index }) => {
    const rule = rules[index] as Rule;
    const bad = slo.indicator === 'checks_rate' ? slo.limit * 0.9 : slo.limit * 1.1;
    const good = slo.indicator === 'checks_rate' ? 1 : slo.limit * 0.9;

    it('fires for the run that breaks it, not for the run beside it that does not, and not on a few requests', async () => {
      const api = new InfluxDB({ url: stack.influx.url, token: stack.influx.tokens.k6 });
      const writer = api.getWriteApi(stack.influx.org, BUCKETS.live.name, 'ns');
      const id = (kind: string) => `alert-${index}-${kind}`;
      for (const point of [
        ...points(id('bad'), scenario, slo, bad, ENOUGH),
        ...points(id('good'), scenario, slo, good, ENOUGH),
        ...points(id('few'), scenario, slo, bad, ALERTING.least_requests - 1),
        // Another scenario that is as bad is not this rule's business.
        ...points(id('other'), 'some-other-scenario', slo, bad, ENOUGH),
      ]) {
        writer.writePoint(point);
      }
      await writer.close();

      const reader = new InfluxDB({ url: stack.influx.url, token: stack.influx.tokens.grafana }).getQueryApi(
        stack.influx.org,
      );
      const rows = await reader.collectRows<{ testid: string; _value: number; table: number }>(
        rule.data[0]?.model.query ?? '',
      );
      const mine = rows.filter(({ testid }) => testid.startsWith(`alert-${index}-`));
      expect(new Set(rows.map(({ table }) => table)).size).toBe(1);
      expect(Object.fromEntries(mine.map(({ testid, _value }) => [testid, fires(rule, _value)]))).toEqual({
        [id('bad')]: true,
        [id('good')]: false,
      });
    });
  },
);

async function rows(uid: string): Promise<string[]> {
  const rule = rules.find((it) => it.uid === uid) as Rule;
  const api = new InfluxDB({ url: stack.influx.url, token: stack.influx.tokens.grafana }).getQueryApi(stack.influx.org);
  const found = await api.collectRows<{ testid: string; _value: number }>(rule.data[0]?.model.query ?? '');
  return found.filter(({ _value }) => fires(rule, _value)).map(({ testid }) => testid);
}

const SECOND_MS = 1_000;

describe('a run has fallen silent', () => {
  it('fires for a run that stopped beating, not for one that beats, has ended, or died long ago', async () => {
    const store = new RunStore({ url: stack.influx.url, org: stack.influx.org, token: stack.influx.tokens.cli });
    const now_ms = Date.now();
    const ago = (duration_s: number) => new Date(now_ms - duration_s * SECOND_MS);
    const run = (testid: string, duration_s: number): RunStart => ({
      testid,
      scenario: 'search',
      profile: 'smoke',
      target: 'demo',
      branch: null,
      started: ago(duration_s),
      planned_end: ago(-600),
      app_version: null,
      app_commit: null,
      engine: 'native',
    });
    await store.begin(run('silent', 45));
    await store.begin(run('beating', 50));
    await store.beat(run('beating', 50), ago(2));
    await store.begin(run('history', 4_000));
    await store.begin(run('ended', 55));
    await store.end(run('ended', 55), { ...ENDED, testid: 'ended', ended: ago(40).toISOString() }, {});
    expect(await rows('ls-run-silent')).toEqual(['silent']);
  });
});

/** The least that the end of a run is made of. */
const ENDED: RunSummary = {
  schema_version: 1,
  testid: '',
  scenario: 'search',
  profile: 'smoke',
  target: { base_url: '', name: 'demo' },
  app: { version: null, commit: null, branch: null },
  engine: 'native',
  outputs: ['loadstar'],
  k6_version: '',
  started: '',
  ended: '',
  planned_end: '',
  duration_s: 1,
  status: 'passed',
  verdict: '',
  exit_code: 0,
  k6_exit_code: 0,
  requests: 1,
  throughput_rps: 1,
  error_rate: 0,
  checks_rate: null,
  iterations: 1,
  dropped_iterations: 0,
  script_exceptions: 0,
  vus_max: 1,
  data_sent_bytes: 0,
  data_received_bytes: 0,
  latency: null,
  slos: [],
  completeness: { state: 'complete', samples_sent: 1, samples_stored: 1, tolerance: 0, rows: [] },
  output: null,
  overflow: null,
  generator: null,
  links: { grafana: null, live_view: null },
};

describe('the load generator is saturated', () => {
  it('fires for the run whose generator is, not for the one whose is not', async () => {
    const api = new InfluxDB({ url: stack.influx.url, token: stack.influx.tokens.k6 });
    const writer = api.getWriteApi(stack.influx.org, BUCKETS.live.name, 'ns');
    for (const testid of ['busy', 'idle']) {
      const point = new Point(MEASUREMENT.generator).tag('testid', testid).tag('instance', 'one');
      writer.writePoint(point.booleanField('saturated', testid === 'busy'));
    }
    await writer.close();
    expect(await rows('ls-generator-saturated')).toEqual(['busy']);
  });
});

interface SlackMessage {
  readonly received: string;
  readonly body: { readonly attachments: readonly { readonly title: string; readonly text: string }[] };
}

async function messages(): Promise<SlackMessage[]> {
  const answer = await fetch(`http://127.0.0.1:${here.env.INBOX_PORT}${INBOX.messages_path}`);
  return (await answer.json()) as SlackMessage[];
}
const about = (testid: string) => async () =>
  (await messages()).filter(({ body }) => body.attachments.some(({ title }) => title.includes(testid)));

describe('through a real Grafana to the Slack inbox', () => {
  it('two runs of two scenarios at once: each breach arrives with its run, figures and links; a sound run sends nothing', async ({
    skip,
  }) => {
    if (!(await findGrafana(here.env))) return skip('no Grafana: set GRAFANA_HOME');
    const demo = `http://127.0.0.1:${here.env.DEMO_PORT}`;
    const faults = ['GET /api/appointments/available latency_ms=700', 'GET /api/search status=500 rate=0.2'];
    const args = ['--duration', '40s', '--scale', '3', '--json'];
    let second: ReturnType<Machine['loadstar']> | undefined;
    const first = await here.loadstar(
      ['run', 'appointment-availability', ...args, ...faults.flatMap((it) => ['--demo-fault', it])],
      {
        onOutput(text) {
          if (!second && text.includes('users,'))
            second = here.loadstar(['run', 'search', ...args, '--base-url', demo]);
        },
      },
    );
    const [slow] = JSON.parse(first.stdout) as [RunSummary];
    const [failing] = JSON.parse((await second)?.stdout ?? '') as [RunSummary];

    await expect.poll(about(slow.testid), { timeout: 30_000 }).not.toEqual([]);
    await expect.poll(about(failing.testid), { timeout: 30_000 }).not.toEqual([]);
    const text = JSON.stringify(await about(slow.testid)());
    expect(text).toMatch(/appointment-availability: p95 too high\*: 7\d\d ms, limit 500 ms/);
    expect(text).toContain(`/d/loadstar-live/live?var-testid=${slow.testid}`);
    expect(text).not.toMatch(/%!|no value|\{\{/);
    expect(JSON.stringify(await about(failing.testid)())).toMatch(/search: error rate too high\*: [\d.]+%, limit 1 %/);
    expect(text).not.toContain('search:');

    const sound = await here.loadstar(['run', 'search', '--duration', '30s', '--scale', '3', '--json']);
    const [quiet] = JSON.parse(sound.stdout) as [RunSummary];
    expect(await about(quiet.testid)()).toEqual([]);
    // Nobody is told that a breach has healed because its run has ended.
    expect(JSON.stringify(await messages())).not.toMatch(/resolved/i);
  }, 240_000);
});
