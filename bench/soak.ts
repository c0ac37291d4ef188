/**
 * An hour at a fixed rate, as people run it: command line, k6, InfluxDB, Grafana and the demo on one machine. Every minute
 * what each of them holds and uses, what the state takes on disk, and how long all questions of the dashboard Live take.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../analysis/statistics.ts';
import { ORG, type TokenKey } from '../contract/buckets.ts';
import { LOOPBACK } from '../contract/ports.ts';
import type { RunSummary } from '../contract/results.ts';
import type { InfluxAccess } from '../stack/engine/engine.ts';
import { SecretStore } from '../stack/engine/secrets.ts';
import { callLoadstar } from '../tests/lib/loadstar-call.ts';
import { timeDashboard } from './dashboards.ts';
import { childOf, processUse } from './process-use.ts';
import { measureDiskUse } from './queries.ts';

export interface Soak {
  readonly root: string;
  readonly state_dir: string;
  /** Of the calls of `loadstar`: its state, ports and engine. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly minutes: number;
  /** Requests a second. */
  readonly rate: number;
  readonly say: (text: string) => void;
}

const PARTS = ['command line', 'k6', 'InfluxDB', 'Grafana', 'demo'] as const;
export type SoakPart = (typeof PARTS)[number];

export interface SoakMinute {
  /** Since k6 was there. */
  readonly at_s: number;
  /** null: it was not there at that moment. */
  readonly parts: Readonly<Record<SoakPart, PartUse | null>>;
  readonly disk_bytes: number;
  /** All questions of Live, as a browser sends them: of the last 15 minutes, and of the run so far. */
  readonly live_ms: number;
  readonly live_whole_ms: number;
}

interface PartUse {
  readonly resident_mib: number;
  readonly anonymous_mib: number;
  /** Of the time since the minute before. */
  readonly cores: number;
}

export interface SoakFigures {
  readonly minutes: readonly SoakMinute[];
  readonly summary: RunSummary;
  /** By part: memory at the end, and its growth over the last two thirds. */
  readonly memory: Readonly<Record<SoakPart, MemoryFigures>>;
}

interface MemoryFigures {
  readonly first_mib: number;
  readonly last_mib: number;
  readonly resident_mib_per_h: number;
  readonly anonymous_mib_per_h: number;
  readonly cores: number;
}

const SCENARIO = 'appointment-availability';
/** The profile with a constant rate, and that rate: one request a journey. */
const PROFILE = 'ci';
const PROFILE_PER_S = 10;
const MIB = 2 ** 20;
const MS_PER_S = 1_000;
const MINUTE_S = 60;
const HOUR_S = 3_600;
const LIVE_S = 15 * MINUTE_S;
/** The first third fills pools and caches. */
const SETTLED_FROM = 1 / 3;
const POLL_MS = 500;

/** @throws Error where the run ends without a summary */
export async function benchSoak(soak: Soak): Promise<SoakFigures> {
  const up = await callLoadstar(soak, ['up']).ended;
  if (up.code !== 0) throw new Error(`loadstar up failed: ${up.stderr}`);
  try {
    const scale = soak.rate / PROFILE_PER_S;
    const load = ['--profile', PROFILE, '--duration', `${soak.minutes}m`, '--scale', String(scale)];
    const run = callLoadstar(soak, ['run', SCENARIO, ...load, '--confirm', '0', '--notify', 'never', '--json']);
    let running = true;
    const ended = run.ended.finally(() => {
      running = false;
    });
    const minutes = await watch(soak, run.pid, () => running);
    const { stdout, stderr } = await ended;
    const [summary] = JSON.parse(stdout || '[]') as RunSummary[];
    if (!summary) throw new Error(`the run ended without a summary: ${stderr}`);
    const of_part = (part: SoakPart) => [part, memoryOf(minutes, part)] as const;
    return { minutes, summary, memory: Object.fromEntries(PARTS.map(of_part)) as SoakFigures['memory'] };
  } finally {
    await callLoadstar(soak, ['down', '--force']).ended;
  }
}

async function watch(soak: Soak, cli_pid: number, running: () => boolean): Promise<SoakMinute[]> {
  while (running() && childOf(cli_pid, 'testid=') === null) await sleep(POLL_MS);
  const k6 = childOf(cli_pid, 'testid=') ?? 0;
  const pids: Record<SoakPart, number> = {
    'command line': cli_pid,
    k6,
    InfluxDB: servicePid(soak, 'influxdb'),
    Grafana: servicePid(soak, 'grafana'),
    demo: childOf(cli_pid, 'demo/bin.ts') ?? 0,
  };
  const testid = /testid=([^\0]+)/.exec(readFileSync(`/proc/${k6}/cmdline`, 'utf8'))?.[1] ?? '';
  const influx = await access(soak);
  const started = new Date();
  const meter = new Meter(pids);
  const minutes: SoakMinute[] = [];
  while (running()) {
    const due_ms = started.getTime() + (minutes.length + 1) * MINUTE_S * MS_PER_S;
    while (running() && Date.now() < due_ms) await sleep(POLL_MS);
    if (!running()) break;
    const at = new Date();
    // First what they hold at rest, then the questions.
    const parts = meter.read(at);
    const disk_bytes = measureDiskUse(soak.state_dir);
    const ask = async (from: Date) => {
      const chosen = { run: testid, against: testid, scenario: SCENARIO, target: 'demo', from, to: new Date() };
      return (await timeDashboard(influx, 'live', chosen, 1)).all_ms;
    };
    const live_ms = await ask(new Date(at.getTime() - LIVE_S * MS_PER_S));
    const live_whole_ms = await ask(new Date(started.getTime() - MINUTE_S * MS_PER_S));
    minutes.push({ at_s: (at.getTime() - started.getTime()) / MS_PER_S, parts, disk_bytes, live_ms, live_whole_ms });
    soak.say(minuteText(minutes.length, parts, live_ms));
  }
  return minutes;
}

/** Turns what processes have used since their start into what they use. */
class Meter {
  readonly #pids: Readonly<Record<SoakPart, number>>;
  readonly #before = new Map<SoakPart, { readonly cpu_s: number; readonly at_ms: number }>();

  constructor(pids: Readonly<Record<SoakPart, number>>) {
    this.#pids = pids;
    this.read(new Date());
  }

  read(at: Date): Record<SoakPart, PartUse | null> {
    return Object.fromEntries(PARTS.map((part) => [part, this.#part(part, at.getTime())])) as ReturnType<Meter['read']>;
  }

  #part(part: SoakPart, at_ms: number): PartUse | null {
    const use = processUse(this.#pids[part]);
    if (!use) return null;
    const before = this.#before.get(part) ?? { cpu_s: use.cpu_s, at_ms: at_ms - 1 };
    this.#before.set(part, { cpu_s: use.cpu_s, at_ms });
    return {
      resident_mib: use.resident_bytes / MIB,
      anonymous_mib: use.anonymous_bytes / MIB,
      cores: ((use.cpu_s - before.cpu_s) * MS_PER_S) / (at_ms - before.at_ms),
    };
  }
}

function minuteText(minute: number, parts: SoakMinute['parts'], live_ms: number): string {
  const each = PARTS.map((part) => {
    const use = parts[part];
    return use ? `${part} ${use.resident_mib.toFixed(0)} MiB ${use.cores.toFixed(2)} cores` : `${part} gone`;
  });
  return `minute ${minute}: ${each.join(', ')}; Live ${live_ms.toFixed(0)} ms`;
}

function memoryOf(minutes: readonly SoakMinute[], part: SoakPart): MemoryFigures {
  const there = minutes.flatMap(({ at_s, parts }) => {
    const use = parts[part];
    return use ? [{ at_s, ...use }] : [];
  });
  const settled = there.slice(Math.floor(there.length * SETTLED_FROM));
  const perHour = (value: (use: PartUse) => number) =>
    theilSen(settled.map((use) => [use.at_s, value(use)] as const)) * HOUR_S;
  return {
    first_mib: there[0]?.resident_mib ?? 0,
    last_mib: there.at(-1)?.resident_mib ?? 0,
    resident_mib_per_h: perHour((use) => use.resident_mib),
    anonymous_mib_per_h: perHour((use) => use.anonymous_mib),
    cores: there.length > 0 ? median(there.map((use) => use.cores)) : 0,
  };
}

/** Slope as the median of the slopes of all pairs (Sen 1968): a fifth of wild points does not move it. 0 for one point. */
export function theilSen(points: readonly (readonly [number, number])[]): number {
  const slopes = points.flatMap(([x, y], index) => points.slice(index + 1).map(([x2, y2]) => (y2 - y) / (x2 - x)));
  return slopes.length > 0 ? median(slopes) : 0;
}

function servicePid({ state_dir }: Soak, service: string): number {
  return (JSON.parse(readFileSync(join(state_dir, service, 'pid.json'), 'utf8')) as { pid: number }).pid;
}

async function access({ state_dir, env }: Soak): Promise<InfluxAccess> {
  const { tokens } = await new SecretStore(state_dir).load();
  const url = `http://${LOOPBACK}:${env.INFLUX_PORT}`;
  return { url, url_for_k6: url, org: ORG, tokens: tokens as Record<TokenKey, string> };
}
