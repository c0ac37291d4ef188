import { join } from 'node:path';
import { SPOOL_DIR } from '../../contract/run-files.ts';
import type { RunId } from '../../contract/runs.ts';
import { deliverSpools } from '../../influxdb/spool.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Ui } from '../../lib/ui.ts';
import type { InfluxAccess } from '../../stack/engine/engine.ts';
import { type RegisteredRun, type RunRegistry, registeredRunText } from '../../stack/state/run-registry.ts';
import { judgeAgain } from './judge-again.ts';
import { recordOfKilled } from './killed-run.ts';

export interface DeliveryPlace {
  readonly state_dir: string;
  readonly results_dir: string;
  readonly influx: InfluxAccess;
  readonly registry: RunRegistry;
  readonly baseline_branch: string;
  readonly ui: Ui;
}

/**
 * Finishes what earlier calls could not: delivers what InfluxDB had not taken, judges those runs again, and ends the records
 * of runs whose call was killed. What fails stays for the next call.
 */
export async function deliverEarlier(place: DeliveryPlace): Promise<void> {
  const { influx, registry, ui } = place;
  const { living, ended } = await runsBefore(place);
  const unfinished = new Map<RunId, RegisteredRun | null>(ended.map((known) => [known.run.testid, known]));
  const whose = {
    living: new Set(living.map(({ run }) => run.testid)),
    ended: new Set(ended.filter(({ had_k6 }) => had_k6).map(({ run }) => run.testid)),
  };
  const connection = { url: influx.url, org: influx.org, token: influx.tokens.k6 };
  const { delivered, kept } = await deliverSpools(join(place.state_dir, SPOOL_DIR), connection, new Date(), whose);
  const errors = kept.map(({ error }) => error);
  // Those are judged when their spool is delivered.
  for (const { testid } of kept) unfinished.delete(testid);
  const batches = new Map(delivered.map((delivery) => [delivery.testid, delivery.batches]));
  for (const testid of batches.keys()) unfinished.set(testid, unfinished.get(testid) ?? null);
  for (const [testid, known] of unfinished) {
    try {
      const said = await finish(place, testid, known, batches.get(testid) ?? 0);
      await registry.finish(testid);
      if (said) ui.line(said);
    } catch (error) {
      errors.push(error);
    }
  }
  for (const { testid, refused } of delivered.filter((delivery) => delivery.refused > 0)) {
    ui.warn(`InfluxDB refuses ${refused} batches of run ${testid} for good: their samples are lost`);
  }
  if (errors.length > 0) {
    ui.warn(`what earlier runs left could not be delivered yet: ${messageOf(new AggregateError(errors))}`);
  }
}

/** Runs whose record is not finished: those that somebody still looks after, and those whose call was killed. */
async function runsBefore({ registry, ui }: DeliveryPlace): Promise<Record<'living' | 'ended', RegisteredRun[]>> {
  const living: RegisteredRun[] = [];
  const ended: RegisteredRun[] = [];
  for (const known of await registry.runs()) {
    if (known.is_alive) living.push(known);
    else if (await orphansEnd(registry, known, ui)) ended.push(known);
    else {
      living.push(known);
      const { testid } = known.run;
      ui.warn(`k6 of run ${registeredRunText(known)} goes on without its call: \`loadstar stop ${testid}\` ends it`);
    }
  }
  return { living, ended };
}

/** Our k6 ends by itself when its call is gone: its last iterations, and half a minute for an InfluxDB that is away. */
const ORPHAN_WAIT_MS = 75_000;
const ORPHAN_POLL_MS = 250;

/** @returns whether no k6 of the run is left */
async function orphansEnd(registry: RunRegistry, { run, orphans }: RegisteredRun, ui: Ui): Promise<boolean> {
  if (orphans.length === 0) return true;
  // A container does not notice that its call is gone.
  if (orphans.some(({ kind }) => kind === 'container')) return false;
  return await ui.step(`the call of run ${run.testid} was killed, its k6 is about to end`, async () => {
    const deadline_ms = performance.now() + ORPHAN_WAIT_MS;
    while (performance.now() < deadline_ms) {
      const now = (await registry.runs()).find((it) => it.run.testid === run.testid);
      if (!now || now.orphans.length === 0) return true;
      await new Promise((done) => setTimeout(done, ORPHAN_POLL_MS));
    }
    return false;
  });
}

/** @returns what became of it, for a message; null where nothing is known of the run here */
async function finish(
  { results_dir, ...here }: DeliveryPlace,
  testid: RunId,
  known: RegisteredRun | null,
  batches: number,
): Promise<string | null> {
  const place = { ...here, results_dir: known?.results_dir ?? results_dir };
  const judged = await judgeAgain(place, testid, batches > 0 ? 'part of the data was delivered later' : null);
  const state = judged ?? (known ? await recordOfKilled(place, known) : null);
  const delivered = batches > 0 ? [`delivered ${batches} batches that InfluxDB had not taken`] : [];
  if (state) return `finished the record of run ${testid}: ${[...delivered, state].join('; ')}`;
  return batches > 0 ? `of run ${testid}: ${delivered.join()}; its results are not here, so it is not judged` : null;
}
