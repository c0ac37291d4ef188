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
  /** Share of requests that it hits, 0 to 1. */
  readonly rate: number;
  /** Seconds from the fault's setting to its begin. */
  readonly after_s: number;
  /** How long it lasts; 0: until it is taken back. */
  readonly for_s: number;
}

export class FaultError extends Error {}

const DEFAULTS = { latency_ms: 0, status: 0, capacity_rps: 0, rate: 1, after_s: 0, for_s: 0 };
type Setting = keyof typeof DEFAULTS;

const LIMITS: Readonly<Record<Setting, readonly [number, number]>> = {
  latency_ms: [0, 60_000],
  status: [0, 599],
  capacity_rps: [0, 100_000],
  rate: [0, 1],
  after_s: [0, 86_400],
  for_s: [0, 86_400],
};
const ANY = '*';
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
    values[name] = value === '' ? Number.NaN : Number(value);
  }
  return checkFault(values, routes);
}

/** The same for a fault that came as JSON. @throws FaultError */
export function checkFault(values: Readonly<Record<string, unknown>>, routes: readonly string[]): Fault {
  const { method, route, ...settings } = values;
  if (typeof method !== 'string' || typeof route !== 'string') throw new FaultError('a fault needs `METHOD /route`');
  if (!routes.some((one) => matches({ method, route }, one))) {
    throw new FaultError(`no route \`${method} ${route}\`; there are: ${routes.join(', ')}; \`*\` stands for any`);
  }
  const numbers = { ...DEFAULTS };
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw new FaultError(`no setting \`${name}\`; there are: ${Object.keys(DEFAULTS).join(', ')}`);
    }
    const [least, most] = LIMITS[name as Setting];
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      throw new FaultError(`${name} is a number from ${least} to ${most}`);
    }
    numbers[name as Setting] = value;
  }
  if (numbers.latency_ms === 0 && numbers.status === 0 && numbers.capacity_rps === 0) {
    throw new FaultError('a fault needs latency_ms, status or capacity_rps');
  }
  return { method, route, ...numbers };
}

interface ActiveFault {
  readonly fault: Fault;
  readonly set_ms: number;
  /** When the queue of a fault with a capacity serves the next request. */
  next_ms: number;
}

/** What the faults that hit a request do to it. */
export interface Hit {
  readonly latency_ms: number;
  /** Answered instead of the real thing; 0: none. */
  readonly status: number;
}

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

  /** Latencies add up, the first status counts. */
  hit(method: string, route: string, now_ms: number): Hit {
    const hits = this.#active
      .filter((active) => lasts(active, now_ms) && matches(active.fault, `${method} ${route}`) && this.#drawn(active))
      .map((active) => effect(active, now_ms));
    return {
      latency_ms: hits.reduce((sum, { latency_ms }) => sum + latency_ms, 0),
      status: hits.find(({ status }) => status > 0)?.status ?? 0,
    };
  }

  #drawn({ fault }: ActiveFault): boolean {
    return fault.rate >= 1 || this.#random() < fault.rate;
  }
}

/** Takes a place in the queue, where the fault has one. */
function effect(active: ActiveFault, now_ms: number): Hit {
  const { latency_ms, status, capacity_rps } = active.fault;
  if (capacity_rps === 0) return { latency_ms, status };
  const turn_ms = Math.max(now_ms, active.next_ms);
  if (turn_ms - now_ms > LONGEST_QUEUE_MS) return { latency_ms, status: OVERLOADED };
  active.next_ms = turn_ms + MS_PER_S / capacity_rps;
  return { latency_ms: latency_ms + turn_ms - now_ms, status };
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
