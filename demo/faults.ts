import type { Random } from './random.ts';

/**
 * A fault that the demo injects, written `METHOD /route key=value …`, as
 * `POST /api/appointments latency_ms=400 rate=0.5 after_s=10`. `*` as route means every /api route.
 */
export interface Fault {
  readonly method: string;
  readonly route: string;
  /** Added to the answer's time. */
  readonly latency_ms: number;
  /** Answered instead of the real thing; 0: none. */
  readonly status: number;
  /** Share of requests that it hits, 0 to 1. */
  readonly rate: number;
  /** Seconds from the fault's setting to its begin. */
  readonly after_s: number;
  /** How long it lasts; 0: until it is taken back. */
  readonly for_s: number;
}

export class FaultError extends Error {}

const DEFAULTS = { latency_ms: 0, status: 0, rate: 1, after_s: 0, for_s: 0 };
type Setting = keyof typeof DEFAULTS;

const LIMITS: Readonly<Record<Setting, readonly [number, number]>> = {
  latency_ms: [0, 60_000],
  status: [0, 599],
  rate: [0, 1],
  after_s: [0, 86_400],
  for_s: [0, 86_400],
};
const ANY = '*';

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
  if (route !== ANY && !routes.includes(`${method} ${route}`)) {
    throw new FaultError(`no route \`${method} ${route}\`; there are: ${routes.join(', ')}, and \`${method} *\``);
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
  if (numbers.latency_ms === 0 && numbers.status === 0) throw new FaultError('a fault needs latency_ms or status');
  return { method, route, ...numbers };
}

interface ActiveFault {
  readonly fault: Fault;
  readonly set_ms: number;
}

/** The faults that are set, and which of them hit a request. */
export class Faults {
  #active: readonly ActiveFault[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  set(faults: readonly Fault[], now_ms: number): void {
    this.#active = faults.map((fault) => ({ fault, set_ms: now_ms }));
  }

  list(): readonly Fault[] {
    return this.#active.map(({ fault }) => fault);
  }

  /** Those that hit this request: their latencies add up, the first status counts. */
  hit(method: string, route: string, now_ms: number): { readonly latency_ms: number; readonly status: number } {
    const hits = this.#active.filter((active) => covers(active, method, route, now_ms) && this.#drawn(active.fault));
    return {
      latency_ms: hits.reduce((sum, { fault }) => sum + fault.latency_ms, 0),
      status: hits.find(({ fault }) => fault.status > 0)?.fault.status ?? 0,
    };
  }

  #drawn(fault: Fault): boolean {
    return fault.rate >= 1 || this.#random() < fault.rate;
  }
}

function covers({ fault, set_ms }: ActiveFault, method: string, route: string, now_ms: number): boolean {
  if (fault.method !== method || (fault.route !== ANY && fault.route !== route)) return false;
  const age_s = (now_ms - set_ms) / 1_000;
  return age_s >= fault.after_s && (fault.for_s === 0 || age_s < fault.after_s + fault.for_s);
}
