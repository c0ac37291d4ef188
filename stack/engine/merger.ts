import { BUCKETS } from '../../contract/buckets.ts';
import { MERGE_COMMAND, MERGE_READ_TOKEN } from '../../contract/live-schema.ts';
import { unusableError } from '../../lib/errors.ts';
import { isReachable } from '../../lib/http.ts';
import { waitFor } from '../../lib/wait.ts';
import type { InfluxAccess, K6Id, K6Launcher, K6Process } from './engine.ts';

/** A process that adds up what the generators of a run write, and where they meet (k6/output/generators). */
export interface Merger {
  /** As generators reach it. */
  readonly url: string;
  /** As this process reaches it. */
  readonly own_url: string;
  /** The process that runs now. */
  readonly id: K6Id | null;
  /** Ends it when all that it took is in InfluxDB, or InfluxDB does not answer. */
  close(): Promise<void>;
}

const READY = /Merging generators at/;
const START_TIMEOUT_MS = 15_000;
/** One that dies is started again: generators keep what it has not acknowledged. */
const RESTART_AFTER_MS = 500;
/** One that hangs is killed, and so started again. Generators write to InfluxDB themselves by then. */
const HUNG_AFTER_MS = 10_000;
const LOOK_EVERY_MS = 2_000;
/** At its end it waits for the last batches, and for writes under way (k6/output/merge_command.go): some 35 s at most. */
const CLOSE_TIMEOUT_MS = 40_000;

/** @throws LoadstarError (unusable) where it does not start */
export async function startMerger(launcher: K6Launcher, influx: InfluxAccess): Promise<Merger> {
  const place = await launcher.findPlace();
  const lines: string[] = [];
  let is_closed = false;
  let current: K6Process;
  let ended: Promise<void>;
  const begin = () =>
    new Promise<boolean>((ready) => {
      current = launcher.start({
        args: [MERGE_COMMAND, place.listen],
        place,
        env: {
          K6_INFLUXDB_ADDR: influx.url_for_k6,
          K6_INFLUXDB_ORGANIZATION: influx.org,
          K6_INFLUXDB_TOKEN: influx.tokens.k6,
          K6_LOADSTAR_BUCKET: BUCKETS.live.name,
          [MERGE_READ_TOKEN]: influx.tokens.cli,
          ...(influx.ca_file ? { K6_LOADSTAR_CA_FILE: influx.ca_file } : {}),
        },
        onLine(line) {
          lines.splice(0, lines.length - 4, line);
          if (READY.test(line)) ready(true);
        },
      });
      ended = current.exited.then(async () => {
        ready(false);
        if (is_closed || lines.length === 0) return;
        await waitFor(RESTART_AFTER_MS);
        if (!is_closed) await begin();
      });
    });
  const is_ready = await Promise.race([begin(), waitFor(START_TIMEOUT_MS).then(() => false)]);
  if (!is_ready) {
    is_closed = true;
    // biome-ignore lint/style/noNonNullAssertion: begin has set it.
    current!.kill();
    throw unusableError('k6 to merge what generators write', lines.join('; '), 'try again, or run one generator');
  }
  const closed = new AbortController();
  void killWhereHung(place.own_url, () => current.kill(), closed.signal);
  return {
    url: place.url,
    own_url: place.own_url,
    get id() {
      return current.id;
    },
    async close() {
      is_closed = true;
      closed.abort();
      current.interrupt();
      const timer = setTimeout(() => current.kill(), CLOSE_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Asks again and again whether a merger answers, and kills the one that has not for too long. */
async function killWhereHung(url: string, kill: () => void, closed: AbortSignal): Promise<void> {
  let answered_ms = Date.now();
  while (!closed.aborted) {
    await waitFor(LOOK_EVERY_MS, closed);
    if (await isReachable(`${url}/health`)) answered_ms = Date.now();
    if (closed.aborted || Date.now() - answered_ms < HUNG_AFTER_MS) continue;
    kill();
    answered_ms = Date.now();
  }
}
