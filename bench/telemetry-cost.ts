/** What collecting telemetry costs the load generator, and what Telegraf itself needs: the same runs with it and without, in turns. */
import { median } from '../analysis/statistics.ts';
import { type CallPlace, callLoadstar } from '../tests/lib/loadstar-call.ts';
import { onlySummary } from './causes.ts';
import { childOf, processUse } from './process-use.ts';

export interface TelemetryCost {
  readonly rounds: readonly {
    readonly requests_per_s: { readonly on: number; readonly off: number };
    readonly telegraf_cpu_s: number;
    readonly telegraf_peak_bytes: number;
    /** Of the process, from before the load to after it. */
    readonly telegraf_s: number;
  }[];
  /** Median of the rounds. */
  readonly throughput_ratio: number;
}

const TELEGRAF = 'telegraf';
const POLL_MS = 200;
const MS_PER_S = 1_000;

/** @param args of a run whose target has telemetry, and whose load is as much as it can make */
export async function telemetryCost(
  place: CallPlace,
  args: readonly string[],
  rounds: number,
  say: (text: string) => void,
): Promise<TelemetryCost> {
  const done: TelemetryCost['rounds'][number][] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const first = round % 2 === 0 ? 'off' : 'on';
    const runs = [await runWith(place, args, first), await runWith(place, args, first === 'on' ? 'off' : 'on')];
    const [on, off] = first === 'on' ? runs : runs.reverse();
    if (!on || !off) throw new Error('expected two runs a round');
    done.push({ requests_per_s: { on: on.requests_per_s, off: off.requests_per_s }, ...on.telegraf });
    say(`round ${round}: ${on.requests_per_s.toFixed(0)}/s with telemetry, ${off.requests_per_s.toFixed(0)}/s without`);
  }
  const ratios = done.map(({ requests_per_s: { on, off } }) => on / off);
  return { rounds: done, throughput_ratio: median(ratios) };
}

async function runWith(place: CallPlace, args: readonly string[], telemetry: 'on' | 'off') {
  const call = callLoadstar(place, ['run', ...args, '--telemetry', telemetry, '--confirm', '0', '--json']);
  const telegraf = { telegraf_cpu_s: 0, telegraf_peak_bytes: 0, telegraf_s: 0 };
  let seen_ms: number | null = null;
  const timer = setInterval(() => {
    // A shell starts it, and ends it with its own input.
    const shell = childOf(call.pid, TELEGRAF);
    const pid = shell === null ? null : childOf(shell, TELEGRAF);
    const use = pid === null ? null : processUse(pid);
    if (!use || use.peak_bytes === 0) return;
    seen_ms ??= Date.now();
    telegraf.telegraf_cpu_s = use.cpu_s;
    telegraf.telegraf_peak_bytes = use.peak_bytes;
    telegraf.telegraf_s = (Date.now() - seen_ms) / MS_PER_S;
  }, POLL_MS);
  const { code, stdout, stderr } = await call.ended;
  clearInterval(timer);
  if (stdout === '') throw new Error(`expected a run, found exit code ${code}: ${stderr}`);
  if (telemetry === 'on' && seen_ms === null)
    throw new Error('expected Telegraf to be a process of the run, found none');
  return { requests_per_s: onlySummary(stdout).throughput_rps, telegraf };
}
