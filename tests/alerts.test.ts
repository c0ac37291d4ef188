/** Alert rules: each fires when its limit is broken and not otherwise; from the breach to the message in Slack. */
import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALERTING, INBOX } from '../contract/alerting.ts';
import { BUCKETS } from '../contract/buckets.ts';
import { HISTOGRAM, MEASUREMENT } from '../contract/live-schema.ts';
import { OWN_PROJECT } from '../contract/project-name.ts';
import type { RunSummary } from '../contract/results.ts';
import type { ComparisonVerdict } from '../contract/runs.ts';
import { SCENARIOS, type Scenario } from '../contract/scenarios.ts';
import { aggregationOf, hasAlert, isUpperLimit, k6MetricOf, type Slo } from '../contract/slo.ts';
import { ruleFile } from '../grafana/alerting/rules.ts';
import type { RunEnd, RunStart } from '../influxdb/run-points.ts';
import { RunStore } from '../influxdb/runs.ts';
import type { Stack } from '../stack/engine/engine.ts';
import { findGrafana } from '../stack/native/grafana.ts';
import { nativeEngine } from '../stack/native/native-engine.ts';
import { type Machine, machine } from './lib/machine.ts';
import { ENDED } from './lib/records.ts';

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

const { groups } = ruleFile(OWN_PROJECT) as {
  groups: readonly { readonly interval: string; readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const slos = Object.entries(SCENARIOS as Record<string, Scenario>).flatMap(([scenario, it]) =>
  it.slos.filter(hasAlert).map((slo) => ({ scenario, slo })),
);

/** Rules that watch the measurement itself and the run's record. */
const RULE = {
  run_silent: 'ls-loadstar_run-silent',
  generator_lost: 'ls-loadstar_generator-lost',
  no_checks: 'ls-loadstar_no-checks',
  samples_lost: 'ls-loadstar_samples-lost',
  regression: 'ls-loadstar_regression',
} as const;

let here: Machine;
let stack: Stack;
beforeAll(async () => {
  here = await machine(process.env.GRAFANA_HOME ? { GRAFANA_HOME: process.env.GRAFANA_HOME } : {});
  stack = await nativeEngine(here.context).up();
});
afterAll(() => here.dispose());

describe('every rule', () => {
  it('comes from an SLO, has an uid of its own, waits for nothing, and keeps silent on no data', () => {
    // The others watch the measurement itself and the run's record.
    expect(rules.slice(slos.length).map(({ uid }) => uid)).toEqual([
      RULE.run_silent,
      RULE.generator_lost,
      RULE.no_checks,
      RULE.samples_lost,
      RULE.regression,
    ]);
    expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length);
    for (const rule of rules) {
      expect(rule.uid.length).toBeLessThanOrEqual(40);
      expect(rule).toMatchObject({
        for: '0s',
        noDataState: 'OK',
        labels: { product: 'loadstar', project: OWN_PROJECT },
      });
    }
    expect(groups.map(({ interval }) => interval)).toEqual([`${ALERTING.interval_s}s`]);
  });

  it('has no dashboard variable in its query, and ends in one table', () => {
    for (const { data } of rules) {
      expect(data[0]?.model.query).not.toMatch(/\$\{|\$__|v\.timeRange/);
      expect(data[0]?.model.query).toMatch(
        /group\(\)\n\s+\|> map\(fn: \(r\) => \(\{testid: r.testid, planned: .*, _value: r._value\}\)\)$/,
      );
    }
  });
});

const GAMMA = (1 + HISTOGRAM.relative_accuracy) / (1 - HISTOGRAM.relative_accuracy);
const ENOUGH = ALERTING.least_requests * 5;

const isPercentile = ({ indicator }: Slo) => aggregationOf(indicator).kind === 'percentile';

interface Sample {
  readonly testid: string;
  /** Left out: {@link OWN_PROJECT}. */
  readonly project?: string;
  readonly scenario: string;
  readonly slo: Slo;
  /** Of all requests: a latency in ms, or a share. */
  readonly value: number;
  readonly count: number;
}

/** Points as each kind of output writes them, and where. */
const LAYOUTS: Readonly<Record<string, { readonly bucket: string; points(sample: Sample): Point[] }>> = {
  loadstar: {
    bucket: BUCKETS.live.name,
    points({ value, count, ...of }) {
      const { slo } = of;
      const metric = k6MetricOf(slo);
      const scope = slo.request ? metric : MEASUREMENT.scenario(metric);
      const is_latency = isPercentile(slo);
      const point = tagged(is_latency ? MEASUREMENT.histogram(scope) : scope, of);
      if (is_latency) return [point.intField(`b${Math.floor(Math.log(value) / Math.log(GAMMA))}`, count)];
      return [point.floatField('value', value * count).intField('count', count)];
    },
  },
  raw: {
    bucket: BUCKETS.raw.name,
    points({ value, count, ...of }) {
      const { slo } = of;
      const metric = k6MetricOf(slo);
      const newest_ms = Date.now() - 5_000;
      return Array.from({ length: count }, (_, index) => {
        // The oldest samples leave the window first: with those that fail, a share can only fall.
        const is_hit = index >= count - Math.round(value * count);
        const sample = isPercentile(slo) ? value : Number(is_hit);
        // Samples of one series need times of their own.
        const at = new Date(newest_ms - index);
        return tagged(metric, of).timestamp(at).floatField('value', sample);
      });
    },
  },
};

function tagged(
  measurement: string,
  { testid, project = OWN_PROJECT, scenario, slo }: Omit<Sample, 'value' | 'count'>,
): Point {
  const point = new Point(measurement)
    .tag('testid', testid)
    .tag('project', project)
    .tag('scenario', scenario)
    .tag('instance', 'one')
    .timestamp(new Date(Date.now() - 5_000));
  return slo.request ? point.tag('name', slo.request) : point;
}

async function write(bucket: string, points: readonly Point[]): Promise<void> {
  const api = new InfluxDB({ url: stack.influx.url, token: stack.influx.tokens.k6 });
  // One batch: closing waits for the last one alone.
  const writer = api.getWriteApi(stack.influx.org, bucket, 'ms', { batchSize: points.length + 1 });
  writer.writePoints([...points]);
  await writer.close();
}

interface Row {
  readonly testid: string;
  readonly planned: string;
  readonly _value: number;
  readonly table: number;
}

async function ask(rule: Rule): Promise<Row[]> {
  const api = new InfluxDB({ url: stack.influx.url, token: stack.influx.tokens.grafana }).getQueryApi(stack.influx.org);
  return await api.collectRows<Row>(rule.data[0]?.model.query ?? '');
}

/** What the rule's threshold says of a value. */
function fires(rule: Rule, value: number): boolean {
  const evaluator = rule.data[1]?.model.conditions?.[0]?.evaluator;
  const [limit = Number.NaN] = evaluator?.params ?? [];
  return evaluator?.type === 'gt' ? value > limit : value < limit;
}

const cases = slos.flatMap((it, index) => Object.keys(LAYOUTS).map((layout) => ({ ...it, index, layout })));

const LOW_ENOUGH = 0.9;
/** All samples below have one value, which other rules of the scenario may see too: the lowest limit for what it measures. */
function strictest(scenario: string, { indicator, metric }: Slo): number {
  const kind = (one: string) => one.replace(/^p\d+/, '');
  const alike = slos.filter(
    (it) => it.scenario === scenario && kind(it.slo.indicator) === kind(indicator) && it.slo.metric === metric,
  );
  return Math.min(...alike.map((it) => it.slo.limit));
}

describe.each(cases)('$scenario: $slo.indicator $slo.request ($layout)', ({ scenario, slo, index, layout }) => {
  const rule = rules[index] as Rule;
  const is_upper = isUpperLimit(slo.indicator);
  const bad = slo.limit * (is_upper ? 1.1 : 0.9);
  const good = is_upper ? LOW_ENOUGH * strictest(scenario, slo) : 1;
  const { bucket, points } = LAYOUTS[layout] as (typeof LAYOUTS)[string];
  const id = (kind: string) => `alert-${layout}-${index}-${kind}`;
  const stress = `alert-${layout}-${index}-stress-x7kq`;

  it('fires for the run that breaks it, not for the run beside it that does not, not on a few requests, not for a run that was stopped', async () => {
    await store().interrupt(runOf(id('stopped'), 30 + index));
    // Enough that 10 % more or less than the smallest limit is a whole number of requests.
    const count = ENOUGH * 20;
    await write(bucket, [
      ...points({ testid: id('bad'), scenario, slo, value: bad, count }),
      ...points({ testid: id('good'), scenario, slo, value: good, count }),
      ...points({ testid: id('few'), scenario, slo, value: bad, count: ALERTING.least_requests - 1 }),
      ...points({ testid: id('stopped'), scenario, slo, value: bad, count }),
      ...points({ testid: stress, scenario, slo, value: bad, count }),
      // Another project or scenario that is as bad is not this rule's business.
      ...points({ testid: id('others'), project: 'bank', scenario, slo, value: bad, count }),
      ...points({ testid: id('other'), scenario: 'some-other-scenario', slo, value: bad, count }),
    ]);
    expectMessage(id('bad'), rule.uid);
    const rows = await ask(rule);
    const mine = rows.filter(({ testid }) => testid.startsWith(`alert-${layout}-${index}-`));
    expect(new Set(rows.map(({ table }) => table)).size).toBe(1);
    expect(Object.fromEntries(mine.map(({ testid, _value }) => [testid, fires(rule, _value)]))).toEqual({
      [id('bad')]: true,
      [id('good')]: false,
      [stress]: true,
    });
    const planned = Object.fromEntries(mine.map((row) => [row.testid, row.planned]));
    expect(planned).toMatchObject({ [id('bad')]: 'no', [stress]: ALERTING.planned.value });
  });
});

/** What Grafana has to send, and when it became true. */
const due = new Map<string, { readonly uid: string; readonly since_ms: number }>();
function expectMessage(testid: string, uid: string): void {
  due.set(testid, { uid, since_ms: Date.now() });
}

/** Runs for which a rule fires. */
async function firing(uid: string): Promise<string[]> {
  const rule = rules.find((it) => it.uid === uid) as Rule;
  return (await ask(rule)).filter(({ _value }) => fires(rule, _value)).map(({ testid }) => testid);
}

const SECOND_MS = 1_000;

describe('a run has fallen silent', () => {
  it('fires for a run that stopped beating, not for one that beats, has ended, or died long ago', async () => {
    await store().begin(runOf('silent', 45));
    await store().begin(runOf('beating', 50));
    await store().writeHeartbeat(runOf('beating', 50), ago(2));
    await store().begin(runOf('history', 4_000));
    await store().begin(runOf('ended', 55));
    await store().end(runOf('ended', 55), ended('ended', 40));
    expectMessage('silent', RULE.run_silent);
    expect(await firing(RULE.run_silent)).toEqual(['silent']);
    await endAll('beating');
  });
});

describe('a generator is lost', () => {
  it('fires for an active run of which one is silent, not for a run whose generators live or have ended, or that has ended', async () => {
    // Generators elsewhere do not know their project.
    const sign = (testid: string, instance: string, age_s: number) =>
      new Point(MEASUREMENT.generator)
        .tag('testid', testid)
        .tag('instance', instance)
        .floatField('window_s', 1)
        .timestamp(ago(age_s));
    const end = (testid: string, instance: string) =>
      new Point(MEASUREMENT.end)
        .tag('testid', testid)
        .tag('instance', instance)
        .intField('points', 1)
        .timestamp(ago(44));
    const silent_s = ALERTING.silent_s + 15;
    const begin = async (testid: string, age_s: number) => {
      await store().begin(runOf(testid, age_s));
      await store().writeHeartbeat(runOf(testid, age_s), ago(2));
    };
    await begin('loses-two', 58);
    await begin('loses-none', 57);
    await store().end(runOf('lost-and-over', 112), ended('lost-and-over', 20));
    await write(BUCKETS.live.name, [
      sign('loses-two', 'pod-1', 1),
      ...[2, 3].flatMap((pod) => [50, silent_s].map((age_s) => sign('loses-two', `pod-${pod}`, age_s))),
      sign('loses-two', 'pod-4', silent_s),
      end('loses-two', 'pod-4'),
      // It lives, and its name is that of one that has ended elsewhere.
      sign('loses-none', 'pod-4', 1),
      sign('loses-none', 'pod-2', silent_s),
      end('loses-none', 'pod-2'),
      sign('lost-and-over', 'pod-2', silent_s),
    ]);
    expectMessage('loses-two', RULE.generator_lost);
    expect(await firing(RULE.generator_lost)).toEqual(['loses-two']);
    const [row] = await ask(rules.find(({ uid }) => uid === RULE.generator_lost) as Rule);
    expect(row).toMatchObject({ _value: 2, planned: 'no' });
    await endAll('loses-none');
  });
});

describe('an active run makes no checks', () => {
  it('fires for a run that beats and has checked nothing for a minute, not for one that checks, has just begun, or has no checks to make', async () => {
    const begin = async (testid: string, age_s: number) => {
      await store().begin(runOf(testid, age_s));
      await store().writeHeartbeat(runOf(testid, age_s), ago(2));
    };
    await begin('hangs', 91);
    await begin('checks', 92);
    await begin('young', 20);
    await begin('checks-raw', 93);
    const { slo } = slos.find((it) => it.slo.indicator === 'checks_rate') as (typeof slos)[number];
    await write(BUCKETS.live.name, [
      new Point('checks')
        .tag('testid', 'checks')
        .tag('project', OWN_PROJECT)
        .floatField('value', 5)
        .intField('count', 5)
        .timestamp(ago(5)),
    ]);
    const raw = LAYOUTS.raw as (typeof LAYOUTS)[string];
    await write(raw.bucket, raw.points({ testid: 'checks-raw', scenario: 'search', slo, value: 1, count: 5 }));
    expectMessage('hangs', RULE.no_checks);
    expect((await firing(RULE.no_checks)).sort()).toEqual(['hangs']);
    await endAll('checks', 'young', 'checks-raw');
  });
});

describe('samples are lost', () => {
  it('fires for a run whose output gave points up and for one that ended incomplete, not for whole or stopped runs, nor long after', async () => {
    const health = (testid: string, lost: number) =>
      new Point(MEASUREMENT.generator)
        .tag('testid', testid)
        .tag('project', OWN_PROJECT)
        .intField('lost_points', lost)
        .timestamp(ago(3));
    await write(BUCKETS.live.name, [health('gives-up', 7), health('delivers', 0)]);
    const lossy = (testid: string, age_s: number, more: Partial<RunSummary> = {}) => {
      const end = ended(testid, age_s);
      const completeness = {
        ...end.summary.completeness,
        state: 'incomplete' as const,
        samples_sent: 100,
        samples_stored: 60,
      };
      return store().end(runOf(testid, age_s + 60), { ...end, summary: { ...end.summary, completeness, ...more } });
    };
    await lossy('incomplete', 31);
    await lossy('incomplete-stopped', 32, { status: 'interrupted' });
    await lossy('incomplete-history', 4_001);
    await store().end(runOf('whole', 94), ended('whole', 33));
    expectMessage('gives-up', RULE.samples_lost);
    expectMessage('incomplete', RULE.samples_lost);
    expect((await firing(RULE.samples_lost)).sort()).toEqual(['gives-up', 'incomplete']);
  });
});

describe('a run is worse than its baseline', () => {
  it('fires for a regression that nobody has been told of, not for one that was told, a suspicion, or an old one', async () => {
    const judged = (testid: string, age_s: number, verdict: ComparisonVerdict, more: Partial<RunEnd> = {}) => {
      const end = ended(testid, age_s);
      const baseline = { kind: 'rolling', runs: 3, testid: null, branch: null } as const;
      const comparison = { verdict, sentence: '', baseline, metrics: [] };
      return store().end(runOf(testid, age_s + 60), { ...end, summary: { ...end.summary, comparison }, ...more });
    };
    await judged('worse', 34, 'regressed');
    await judged('worse-told', 35, 'regressed', { notified: true });
    await judged('suspected', 36, 'suspected');
    await judged('worse-long-ago', 4_002, 'regressed');
    expectMessage('worse', RULE.regression);
    expect(await firing(RULE.regression)).toEqual(['worse']);
  });
});

function store(): RunStore {
  return new RunStore({ url: stack.influx.url, org: stack.influx.org, token: stack.influx.tokens.cli });
}

const ago = (duration_s: number) => new Date(Date.now() - duration_s * SECOND_MS);

/** Runs of one age would be one record: a record is known by its time. */
function runOf(testid: string, age_s: number): RunStart {
  const started = started_of.get(testid) ?? ago(age_s);
  started_of.set(testid, started);
  return {
    testid,
    project: OWN_PROJECT,
    scenario: 'search',
    profile: 'smoke',
    target: testid,
    branch: null,
    started,
    planned_end: ago(-600),
    app_version: null,
    app_commit: null,
    engine: 'native',
    outputs: ['loadstar'],
  };
}
const started_of = new Map<string, Date>();

/** Nobody beats for them any more: they would fall silent while later tests wait. */
async function endAll(...testids: readonly string[]): Promise<void> {
  for (const testid of testids) await store().end(runOf(testid, 0), ended(testid, 1));
}

/** A run that ended so long ago, and well. */
function ended(testid: string, age_s: number): RunEnd {
  const latency = { min_ms: 1, avg_ms: 1, p50_ms: 1, p90_ms: 1, p95_ms: 120, p99_ms: 1, max_ms: 1 };
  return {
    summary: { ...ENDED, testid, ended: ago(age_s).toISOString(), latency },
    histograms: {},
    notified: null,
  };
}

interface SlackMessage {
  readonly received: string;
  readonly body: { readonly attachments: readonly { readonly title: string; readonly text: string }[] };
}

/** Whether a message is about this run and rule: its link to the rule ends in the rule's uid. */
function tells({ body }: SlackMessage, testid: string, uid: string): boolean {
  return body.attachments.some(({ title, text }) => title.endsWith(` ${testid}`) && text.includes(`/${uid}/`));
}

/** Those of Grafana: a run that failed is told at its end too, in another form. */
async function messages(): Promise<SlackMessage[]> {
  const answer = await fetch(`http://127.0.0.1:${here.env.INBOX_PORT}${INBOX.messages_path}`);
  const all = (await answer.json()) as SlackMessage[];
  return all.filter(({ body }) => body.attachments?.some(({ title }) => title));
}
const about = (testid: string) => async () =>
  (await messages()).filter(({ body }) => body.attachments.some(({ title }) => title.includes(testid)));

describe('through a real Grafana to the Slack inbox', () => {
  it('each rule sends a message for each run above for which it fires, and none for any other', async ({ skip }) => {
    if (!(await findGrafana(here.env))) return skip('no Grafana: set GRAFANA_HOME');
    expect(due.size).toBe(cases.length + 6);
    const missing = async () => {
      const all = await messages();
      return [...due]
        .filter(([testid, { uid }]) => !all.some((message) => tells(message, testid, uid)))
        .map(([id]) => id);
    };
    await expect.poll(missing, { timeout: 40_000, interval: 1_000 }).toEqual([]);
    const all = await messages();
    const delays_s = [...due].map(([testid, { uid, since_ms }]) => {
      const first = all.find((message) => tells(message, testid, uid));
      return (Date.parse(first?.received ?? '') - since_ms) / SECOND_MS;
    });
    console.log(`breach to message, s: ${delays_s.map((it) => it.toFixed(1)).join(' ')}`);
    const told = new Set(all.flatMap(({ body }) => body.attachments.map(({ title }) => title.split(' ').at(-1) ?? '')));
    expect([...told].filter((testid) => !due.has(testid))).toEqual([]);
  }, 60_000);

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
          if (!second && / users?,/.test(text)) second = here.loadstar(['run', 'search', ...args, '--base-url', demo]);
        },
      },
    );
    const [slow] = JSON.parse(first.stdout) as [RunSummary];
    const [failing] = JSON.parse((await second)?.stdout ?? '') as [RunSummary];

    await expect.poll(about(slow.testid), { timeout: 30_000 }).not.toEqual([]);
    const about_failing = async () => JSON.stringify(await about(failing.testid)());
    await expect.poll(about_failing, { timeout: 40_000 }).toMatch(/`search: error rate too high`: [\d.]+%, limit 1 %/);
    const text = JSON.stringify(await about(slow.testid)());
    expect(text).toMatch(/`appointment-availability: p95 too high`: 7\d\d ms, limit 500 ms/);
    expect(text).toContain(`/d/loadstar-live/live?var-project=${OWN_PROJECT}&var-testid=${slow.testid}`);
    expect(text).not.toMatch(/%!|no value|\{\{/);
    expect(text).not.toContain('search:');

    const sound = await here.loadstar(['run', 'search', '--duration', '30s', '--scale', '3', '--json']);
    const [quiet] = JSON.parse(sound.stdout) as [RunSummary];
    expect(await about(quiet.testid)()).toEqual([]);
    // Nobody is told that a breach has healed because its run has ended.
    expect(JSON.stringify(await messages())).not.toMatch(/resolved/i);
  }, 240_000);
});
