import type { SharedLimits } from '../resources/resources.ts';
import type { Random } from '../state/random.ts';

/**
 * A fault that the demo injects, written `METHOD /route key=value …`, as
 * `POST /api/appointments latency_ms=400 rate=0.5 after_s=10`. `*` as route means every /api route, as method every method.
 */
export interface Fault {
  readonly method: string;
  readonly route: string;
  /** Added to the answer's time. */
  readonly latency_ms: number;
  /** Answered instead of the real thing; 0: none. */
  readonly status: number;
  /** Requests a second that are served; the others queue, all routes of the fault in one queue. 0: no limit. */
  readonly capacity_rps: number;
  /** CPU time that the request burns. */
  readonly cpu_ms: number;
  /** For so much longer it holds its lock, where it takes one. */
  readonly lock_ms: number;
  /** Added to the time of the payment provider, where it calls it. */
  readonly payments_ms: number;
  /** off: it reads past the cache. */
  readonly cache: 'on' | 'off';
  /** Connections that the pool of the database has; 0: as many as ever. */
  readonly pool: number;
  /** Background workers; 0: as many as ever. */
  readonly workers: number;
  /** Memory that is held, and turned over with each request. */
  readonly memory_mib: number;
  /** Share of requests that it hits, 0 to 1. */
  readonly rate: number;
  /** Seconds from the fault's setting to its begin. */
  readonly after_s: number;
  /** How long it lasts; 0: until it is taken back. */
  readonly for_s: number;
}

export class FaultError extends Error {}

/** What a fault does: one of these has to be there. */
const EFFECTS = {
  latency_ms: 0,
  status: 0,
  capacity_rps: 0,
  cpu_ms: 0,
  lock_ms: 0,
  payments_ms: 0,
  pool: 0,
  workers: 0,
  memory_mib: 0,
};
const DEFAULTS = { ...EFFECTS, rate: 1, after_s: 0, for_s: 0 };
type Setting = keyof typeof DEFAULTS;
/** What all requests share: there is no such thing of one route, or of one request in ten. */
const SHARED = ['pool', 'workers', 'memory_mib'] as const satisfies readonly (keyof SharedLimits)[];

const LIMITS: Readonly<Record<Setting, readonly [number, number]>> = {
  latency_ms: [0, 60_000],
  status: [0, 599],
  capacity_rps: [0, 100_000],
  cpu_ms: [0, 10_000],
  lock_ms: [0, 60_000],
  payments_ms: [0, 60_000],
  pool: [1, 1_000],
  workers: [1, 1_000],
  memory_mib: [1, 1_024],
  rate: [0, 1],
  after_s: [0, 86_400],
  for_s: [0, 86_400],
};
const ANY = '*';
const CACHE = 'cache';
/** Nobody waits longer: what would have to is refused, so that the queue of an overloaded demo is bounded. */
export const LONGEST_QUEUE_MS = 30_000;
const OVERLOADED = 503;
const MS_PER_S = 1_000;

/** @param routes `METHOD /pattern` of every route there is. @throws FaultError naming what is wrong */
export function parseFault(text: string, routes: readonly string[]): Fault {
  const [method = '', route = '', ...settings] = text.trim().split(/\s+/);
  const values: Record<string, unknown> = { method, route };
  for (const setting of settings) {
    const [name = '', value = ''] = setting.split('=');
    if (name === CACHE) values[name] = value;
    else values[name] = value === '' ? Number.NaN : Number(value);
  }
  return checkFault(values, routes);
}

/** The same for a fault that came as JSON. @throws FaultError */
export function checkFault(values: Readonly<Record<string, unknown>>, routes: readonly string[]): Fault {
  const { method, route, cache = 'on', ...settings } = values;
  if (typeof method !== 'string' || typeof route !== 'string') throw new FaultError('a fault needs `METHOD /route`');
  if (!routes.some((one) => matches({ method, route }, one))) {
    throw new FaultError(`no route \`${method} ${route}\`; there are: ${routes.join(', ')}; \`*\` stands for any`);
  }
  if (cache !== 'on' && cache !== 'off') throw new FaultError('cache is off, or left out');
  const numbers = { ...DEFAULTS };
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw new FaultError(`no setting \`${name}\`; there are: ${[...Object.keys(DEFAULTS), CACHE].join(', ')}`);
    }
    numbers[name as Setting] = checkNumber(name as Setting, value);
  }
  const effects = Object.keys(EFFECTS) as (keyof typeof EFFECTS)[];
  if (cache === 'on' && effects.every((name) => numbers[name] === 0)) {
    throw new FaultError(`a fault needs one of ${effects.join(', ')}, or cache=off`);
  }
  const shared = SHARED.find((name) => numbers[name] > 0);
  if (shared && !(method === ANY && route === ANY && numbers.rate === 1)) {
    throw new FaultError(`all requests share ${shared}: expected \`* * ${shared}=${numbers[shared]}\` without rate`);
  }
  return { method, route, cache, ...numbers };
}

/** @param value as it came; the default of what the demo itself lists is accepted too */
function checkNumber(name: Setting, value: unknown): number {
  const [least, most] = LIMITS[name];
  const is_valid = typeof value === 'number' && ((value >= least && value <= most) || value === DEFAULTS[name]);
  if (!is_valid) throw new FaultError(`${name} is a number from ${least} to ${most}`);
  return value;
}

interface ActiveFault {
  readonly fault: Fault;
  readonly set_ms: number;
  /** When the queue of a fault with a capacity serves the next request. */
  next_ms: number;
}

/** What the faults that hit a request do to it. Times of several add up, the first status counts. */
export interface Hit {
  readonly latency_ms: number;
  /** Answered instead of the real thing; 0: none. */
  readonly status: number;
  readonly cpu_ms: number;
  readonly lock_ms: number;
  readonly payments_ms: number;
  readonly is_cached: boolean;
}

const ADDED = ['latency_ms', 'cpu_ms', 'lock_ms', 'payments_ms'] as const;

/** The faults that are set, and which of them hit a request. */
export class Faults {
  #active: readonly ActiveFault[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  set(faults: readonly Fault[], now_ms: number): void {
    this.#active = faults.map((fault) => ({ fault, set_ms: now_ms, next_ms: now_ms }));
  }

  list(): readonly Fault[] {
    return this.#active.map(({ fault }) => fault);
  }

  hit(method: string, route: string, now_ms: number): Hit {
    const hits = this.#active
      .filter((active) => lasts(active, now_ms) && matches(active.fault, `${method} ${route}`) && this.#drawn(active))
      .map((active) => effect(active, now_ms));
    const sums = { latency_ms: 0, cpu_ms: 0, lock_ms: 0, payments_ms: 0 };
    for (const hit of hits) for (const name of ADDED) sums[name] += hit[name];
    return {
      ...sums,
      status: hits.find(({ status }) => status > 0)?.status ?? 0,
      is_cached: hits.every(({ cache }) => cache === 'on'),
    };
  }

  /** What all requests share, as the first fault has it. */
  shared(now_ms: number): SharedLimits {
    const lasting = this.#active.filter((active) => lasts(active, now_ms)).map(({ fault }) => fault);
    const first = (name: keyof SharedLimits) => lasting.find((fault) => fault[name] > 0)?.[name] ?? null;
    return { pool: first('pool'), workers: first('workers'), memory_mib: first('memory_mib') };
  }

  #drawn({ fault }: ActiveFault): boolean {
    return fault.rate >= 1 || this.#random() < fault.rate;
  }
}

/** Takes a place in the queue, where the fault has one. */
function effect(active: ActiveFault, now_ms: number): Fault {
  const { fault } = active;
  if (fault.capacity_rps === 0) return fault;
  const turn_ms = Math.max(now_ms, active.next_ms);
  if (turn_ms - now_ms > LONGEST_QUEUE_MS) return { ...fault, status: OVERLOADED };
  active.next_ms = turn_ms + MS_PER_S / fault.capacity_rps;
  return { ...fault, latency_ms: fault.latency_ms + turn_ms - now_ms };
}

function lasts({ fault, set_ms }: ActiveFault, now_ms: number): boolean {
  const age_s = (now_ms - set_ms) / MS_PER_S;
  return age_s >= fault.after_s && (fault.for_s === 0 || age_s < fault.after_s + fault.for_s);
}

/** @param one `METHOD /pattern` */
function matches({ method, route }: Pick<Fault, 'method' | 'route'>, one: string): boolean {
  const [its_method, its_route] = one.split(' ');
  return (method === ANY || method === its_method) && (route === ANY || route === its_route);
}
