/**
 * Verdicts on runs of several requests, resampled from latencies that real servers had (bench/latencies/record.ts). Each
 * request of a run draws its latencies from those of its route. The recorded runs with an even number were used to choose
 * how runs are judged; the figures are of the others, with other seeds.
 */
import { readFileSync } from 'node:fs';
import { judge, type RunJudgement, type RunToJudge } from '../analysis/index.ts';
import { sortedQuantile } from '../analysis/statistics.ts';
import { histogramOfValues } from '../analysis/testing/histogram-of.ts';
import { Random } from '../analysis/testing/histories.ts';
import { BASELINE } from '../contract/baselines.ts';

type Table = string[][];

export interface RequestFigures {
  readonly unchanged: Table;
  readonly slower: Table;
  readonly data: object;
}

export interface RequestBench {
  readonly seed: number;
  /** Histories; each is judged with {@link UNCHANGED} unchanged runs, and with one slower run of each case. */
  readonly histories: number;
  /** Which recorded runs: those that the rules were chosen on, or the others. */
  readonly half: 'develop' | 'report';
  readonly say: (text: string) => void;
}

/** cached and session have two modes: hits and misses of a cache; every second and every tenth request is slow. */
const ROUTES = ['checkout', 'login', 'search', 'cached', 'session'] as const;
type Route = (typeof ROUTES)[number];

const SLOWER: readonly (readonly [Route, number])[] = [
  ['checkout', 1.15],
  ['checkout', 1.3],
  ['login', 1.3],
  ['cached', 1.3],
  ['session', 1.3],
];
/** Requests of each route in a run. */
const SIZES = [200, 500, 1_000, 2_000, 5_000] as const;
const FEWEST_RUNS = 8;
const MOST_RUNS = 30;
const WARM_UP_RUNS = 2;
const UNCHANGED = 4;
const FAILED = 0.001;

export function benchRequests({ seed, histories, half, say }: RequestBench): RequestFigures {
  const pools = recorded(half);
  const random = new Random(seed);
  const counts = new Map<string, { yes: number; of: number }>();
  const count = (name: string, yes: boolean) => {
    const known = counts.get(name) ?? { yes: 0, of: 0 };
    counts.set(name, { yes: known.yes + Number(yes), of: known.of + 1 });
  };
  for (let place = 0; place < histories; place += 1) {
    const requests = SIZES[place % SIZES.length] as number;
    const make = (slow?: readonly [Route, number]) => makeRun(pools, requests, random, slow);
    const runs = Math.round(random.between(FEWEST_RUNS, MOST_RUNS));
    const history = Array.from({ length: runs }, (_, run) =>
      runs - run > BASELINE.histogram_runs ? { ...make(), histograms: {} } : make(),
    );
    for (let again = 0; again < UNCHANGED; again += 1) {
      const unchanged = judge(history, make());
      count(`unchanged suspected ${requests}`, isWorse(unchanged.verdict));
      count(`unchanged regressed ${requests}`, unchanged.verdict === 'regressed');
      for (const route of ROUTES) count(`unstable ${route}`, verdictsOf(unchanged, route).includes('unstable'));
    }
    for (const slow of SLOWER) {
      const [route, factor] = slow;
      const run = make(slow);
      const first = verdictsOf(judge(history, run), route).some(isWorse);
      const repeated = first && judge(history, run, { repeats: [make(slow), make(slow)] });
      count(`${route} ${factor} first ${requests}`, first);
      count(`${route} ${factor} confirmed ${requests}`, repeated && verdictsOf(repeated, route).includes('regressed'));
    }
    if ((place + 1) % 50 === 0) say(`${place + 1} of ${histories} histories`);
  }
  const shares = (name: string) => {
    const by_size = SIZES.map((requests) => counts.get(`${name} ${requests}`) ?? { yes: 0, of: 0 });
    const all = { yes: by_size.reduce((sum, it) => sum + it.yes, 0), of: by_size.reduce((sum, it) => sum + it.of, 0) };
    return [...by_size, all].map(shareText);
  };
  const sizes = [...SIZES.map((requests) => `${requests} requests a route`), 'all'];
  return {
    unchanged: [
      ['unchanged runs', ...sizes],
      ['suspected or regressed', ...shares('unchanged suspected')],
      ['regressed', ...shares('unchanged regressed')],
      ...ROUTES.map((route) => [
        `a figure of ${route} is unstable`,
        ...SIZES.map(() => ''),
        shareText(counts.get(`unstable ${route}`) ?? { yes: 0, of: 0 }),
      ]),
    ],
    slower: [
      ['slower route', 'found', ...sizes],
      ...SLOWER.flatMap(([route, factor]) => [
        [`${route} +${Math.round(100 * (factor - 1))} %`, 'in the first run', ...shares(`${route} ${factor} first`)],
        ['', 'confirmed by two repeats', ...shares(`${route} ${factor} confirmed`)],
      ]),
    ],
    data: { seed, histories, half, counts: Object.fromEntries(counts) },
  };
}

function shareText({ yes, of }: { readonly yes: number; readonly of: number }): string {
  return of === 0 ? '–' : `${((100 * yes) / of).toFixed(1)} %`;
}

function isWorse(verdict: string): boolean {
  return verdict === 'suspected' || verdict === 'regressed';
}

function verdictsOf({ metrics }: RunJudgement, route: Route): string[] {
  return metrics.filter(({ request }) => request === route).map(({ verdict }) => verdict);
}

type Pools = Readonly<Record<Route, readonly number[]>>;

/** Latencies by route (ms), without the first runs, in which everything is cold. */
function recorded(half: RequestBench['half']): Pools {
  const file = new URL('latencies/recorded.json', import.meta.url);
  const { routes } = JSON.parse(readFileSync(file, 'utf8')) as { routes: Record<Route, number[][]> };
  const of = (route: Route) =>
    routes[route].slice(WARM_UP_RUNS).filter((_, place) => (place % 2 === 0) === (half === 'develop'));
  const ms = (route: Route) => of(route).flatMap((run) => run.map((it) => it / 10));
  return Object.fromEntries(ROUTES.map((route) => [route, ms(route)])) as { [Name in Route]: number[] };
}

function makeRun(pools: Pools, requests: number, random: Random, slow?: readonly [Route, number]): RunToJudge {
  const values = ROUTES.map((route) => {
    const pool = pools[route];
    const factor = slow?.[0] === route ? slow[1] : 1;
    const own = Math.round(requests * random.between(0.98, 1.02));
    return Array.from({ length: own }, () => factor * (pool[Math.floor(random.next() * pool.length)] ?? 0));
  });
  const by_request = Object.fromEntries(ROUTES.map((route, place) => [route, figuresOf(values[place] ?? [], random)]));
  const histograms = Object.fromEntries(ROUTES.map((route, place) => [route, histogramOfValues(values[place] ?? [])]));
  const all = values.flat();
  return {
    status: 'passed',
    completeness: 'complete',
    checks_rate: 1,
    throughput_rps: all.length / 30,
    ...figuresOf(all, random),
    by_request,
    histograms: { ...histograms, '': histogramOfValues(all) },
  };
}

function figuresOf(values: readonly number[], random: Random) {
  const sorted = Float64Array.from(values).sort();
  const failed = values.filter(() => random.next() < FAILED).length;
  return {
    requests: values.length,
    error_rate: failed / values.length,
    p50_ms: sortedQuantile(sorted, 0.5),
    p95_ms: sortedQuantile(sorted, 0.95),
    p99_ms: sortedQuantile(sorted, 0.99),
  };
}
