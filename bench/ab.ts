/**
 * `loadstar ab` for real, on the demo clinic beside a second program that takes 0 to 100 % of a core in random bursts: equal
 * builds must not be called regressed, and a build of which one route takes 10 or 5 % longer must be, by its name. Goes on
 * where an earlier call with the same state stopped.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AbResult, RunSummary } from '../contract/results.ts';
import { callLoadstar } from '../tests/lib/loadstar-call.ts';
import { type AbCase, type AbRecording, type AbScore, simulateAb } from './ab-simulation.ts';
import { startDisturbance } from './disturbance.ts';

export interface AbBench {
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly state_dir: string;
  readonly ports: readonly [base: number, head: number];
  /** Comparisons of each kind. */
  readonly runs: Readonly<Record<AbKind, number>>;
  /** No comparison is begun after this. */
  readonly until: Date;
  readonly say: (text: string) => void;
}

/** One comparison. */
export interface AbRun {
  readonly kind: AbKind;
  readonly testid: string;
  readonly seed: number;
  readonly code: number | null;
  readonly verdict: AbResult['verdict'];
  readonly named: readonly string[];
  readonly seconds: number;
  /** Of the route in question: what was found, and its interval. */
  readonly change: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Pairs of equal builds are noise and nothing else: sequences are drawn from them. Left out of others. */
  readonly recording?: AbRecording;
}

const SCENARIO = 'appointment-booking';
/** Its median is 60 ms (demo/faults/latency.ts). */
export const ROUTE = 'POST /api/appointments';

export const KINDS = {
  same: { title: 'the same build twice, 5 minutes', added_ms: 0, change: 0, budget_s: 300 },
  tenth: { title: `${ROUTE} +10 %, 5 minutes`, added_ms: 6, change: 0.1, budget_s: 300 },
  twentieth: { title: `${ROUTE} +5 %, 10 minutes`, added_ms: 3, change: 0.05, budget_s: 600 },
} as const;
export type AbKind = keyof typeof KINDS;

const DEMO = 'node --import tsx demo/bin.ts --port $PORT';
const FIRST_SEED = 31_000;

/** In turns, so that a call that is short of time has some of each. @returns all that the state has */
export async function benchAb(bench: AbBench): Promise<AbRun[]> {
  const file = join(bench.state_dir, 'ab-runs.json');
  const runs: AbRun[] = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as AbRun[]) : [];
  const done = (kind: AbKind) => runs.filter((it) => it.kind === kind).length;
  const missing = () => (Object.keys(KINDS) as AbKind[]).filter((kind) => done(kind) < bench.runs[kind]);
  while (Date.now() < bench.until.getTime()) {
    const [kind] = missing().sort((a, b) => done(a) / bench.runs[a] - done(b) / bench.runs[b]);
    if (!kind) break;
    runs.push(await compareOnce(bench, kind, FIRST_SEED + runs.length));
    writeFileSync(file, JSON.stringify(runs, null, 2));
  }
  return runs;
}

async function compareOnce({ root, env, ports, say }: AbBench, kind: AbKind, seed: number): Promise<AbRun> {
  const { added_ms, budget_s } = KINDS[kind];
  const disturbance = startDisturbance(seed);
  try {
    const fault = added_ms > 0 ? ` --fault '${ROUTE} latency_ms=${added_ms}'` : '';
    const builds = ['--base-cmd', `${DEMO} --seed ${seed}`, '--head-cmd', `${DEMO} --seed ${seed + 1_000_000}${fault}`];
    const at = ['--base-port', String(ports[0]), '--head-port', String(ports[1]), '--budget', `${budget_s}s`];
    const { code, stdout, stderr } = await callLoadstar({ root, env }, ['ab', SCENARIO, ...builds, ...at, '--json'])
      .ended;
    if (stdout === '') throw new Error(`expected a comparison, found exit code ${code}: ${stderr}`);
    const { ab, testid } = JSON.parse(stdout) as RunSummary;
    if (!ab) throw new Error('expected the comparison in the summary of head');
    const route = ab.requests.find(({ request }) => request === ROUTE);
    const run: AbRun = {
      kind,
      testid,
      seed,
      code,
      verdict: ab.verdict,
      named: ab.requests.flatMap(({ request, verdict }) => (verdict === 'regressed' && request ? [request] : [])),
      seconds: (Date.parse(ab.ended) - Date.parse(ab.started)) / 1_000,
      change: route?.change ?? null,
      low: route?.low ?? null,
      high: route?.high ?? null,
      ...(kind === 'same' ? { recording: recordingOf(ab) } : {}),
    };
    say(`${KINDS[kind].title}: ${run.verdict} after ${run.seconds} s (exit ${code}); ${ab.sentence}`);
    return run;
  } finally {
    await disturbance.stop();
  }
}

function recordingOf({ blocks, requests }: AbResult): AbRecording {
  const short = (value: number) => Number(value.toPrecision(5));
  return {
    block_s: blocks.length_s,
    warm_up: blocks.warm_up,
    requests: requests.map(({ request, base_requests, head_requests, pairs }) => ({
      request: request ?? '',
      count: base_requests + head_requests,
      pairs: pairs.map(({ at_s, base_ms, head_ms }) => ({ at_s, base_ms: short(base_ms), head_ms: short(head_ms) })),
    })),
  };
}

/** Later pairs come after the earlier ones. @returns null without a recording */
export function mergeRecordings(recordings: readonly AbRecording[]): AbRecording | null {
  const [first] = recordings;
  if (!first) return null;
  const all = recordings.flatMap(({ requests }, place) =>
    requests.map((it) => ({
      ...it,
      pairs: it.pairs.map((pair) => ({ ...pair, at_s: pair.at_s + place * KINDS.same.budget_s })),
    })),
  );
  const names = [...new Set(all.map(({ request }) => request))];
  return {
    ...first,
    requests: names.map((request) => {
      const of = all.filter((it) => it.request === request);
      return {
        request,
        count: of.reduce((sum, { count }) => sum + count, 0),
        pairs: of.flatMap(({ pairs }) => pairs),
      };
    }),
  };
}

type Table = string[][];

/** A row a kind of comparison. */
export function abTable(runs: readonly AbRun[]): Table {
  const rows = (Object.keys(KINDS) as AbKind[]).map((kind) => {
    const of = runs.filter((it) => it.kind === kind);
    const count = (is: (run: AbRun) => boolean) => String(of.filter(is).length);
    const mean_s = of.reduce((sum, { seconds }) => sum + seconds, 0) / Math.max(1, of.length);
    return [
      KINDS[kind].title,
      String(of.length),
      count(({ verdict }) => verdict === 'regressed'),
      count(({ named }) => named.includes(ROUTE)),
      count(({ named }) => named.some((name) => name !== ROUTE)),
      mean_s.toFixed(0),
    ];
  });
  return [['builds', 'comparisons', 'regressed', 'naming the route', 'naming another', 'seconds, mean'], ...rows];
}

const SEQUENCES = 1_000;
const SEED = 41_000_000;

/** @param recording on which nothing in analysis/ab.ts was chosen */
export function abSimulationTable(recording: AbRecording, say: (text: string) => void): { table: Table; data: object } {
  const scores = (Object.keys(KINDS) as AbKind[]).map((kind) => {
    const { change, budget_s, title } = KINDS[kind];
    say(`simulated: ${title}`);
    const it: AbCase = { request: change > 0 ? ROUTE : null, change, budget_s };
    return { title, score: simulateAb(recording, it, SEQUENCES, SEED) };
  });
  const share = (part: number, { sequences }: AbScore) => `${((part / sequences) * 100).toFixed(2)} %`;
  const rows = scores.map(({ title, score }) => [
    title,
    String(score.sequences),
    share(score.verdicts.regressed, score),
    share(score.named, score),
    share(score.misnamed, score),
    score.mean_s.toFixed(0),
  ]);
  const head = ['builds', 'sequences', 'regressed', 'naming the route', 'naming another', 'seconds, mean'];
  return { table: [head, ...rows], data: { seed: SEED, scores } };
}
