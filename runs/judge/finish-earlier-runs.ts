import { join } from 'node:path';
import { COMMAND } from '../../contract/package-name.ts';
import { SPOOL_DIR } from '../../contract/run-files.ts';
import type { RunId } from '../../contract/runs.ts';
import { deliverSpools } from '../../influxdb/spool.ts';
import { messageOf, unusableError } from '../../lib/errors.ts';
import type { Ui } from '../../lib/ui.ts';
import type { K6Launcher } from '../../stack/engine/engine.ts';
import { type Merger, startMerger } from '../../stack/engine/merger.ts';
import { type RegisteredRun, RunRegistry, registeredRunText } from '../../stack/state/run-registry.ts';
import { judgeAgain } from './judge-again.ts';
import type { FinishedRun } from './judge-run.ts';
import { judgeKilledRun } from './killed-run.ts';
import type { ResultContext } from './result-context.ts';
import { writeRun } from './write-run.ts';

/**
 * Finishes what earlier calls could not: delivers what InfluxDB had not taken, judges those runs again, and ends the records
 * of runs whose call was killed. What fails stays for the next call.
 */
export async function finishEarlierRuns(
  context: ResultContext,
  state_dir: string,
  k6: () => Promise<K6Launcher>,
): Promise<void> {
  const { influx, ui } = context;
  const registry = new RunRegistry(state_dir);
  const { living, ended } = await splitRuns(registry, ui);
  const unfinished = new Map<RunId, RegisteredRun | null>(
    ended.map((registered) => [registered.run.testid, registered]),
  );
  const known_runs = {
    living: new Set(living.map(({ run }) => run.testid)),
    ended: new Set(ended.filter(({ had_k6 }) => had_k6).map(({ run }) => run.testid)),
  };
  const connection = { url: influx.url, org: influx.org, token: influx.tokens.k6 };
  let merger: Merger | undefined;
  const mergerUrl = async () => {
    merger ??= await startMerger(await k6(), influx);
    return merger.own_url;
  };
  const spools = join(state_dir, SPOOL_DIR);
  const { delivered, kept } = await deliverSpools(spools, connection, new Date(), known_runs, mergerUrl).finally(() =>
    merger?.close(),
  );
  const errors = kept.map(({ error }) => error);
  // A run is judged when its spool is delivered.
  for (const { testid } of kept) unfinished.delete(testid);
  const batches = new Map(delivered.map((delivery) => [delivery.testid, delivery.batches]));
  for (const testid of batches.keys()) unfinished.set(testid, unfinished.get(testid) ?? null);
  for (const [testid, registered] of unfinished) {
    try {
      const message = await finishEarlierRun(context, testid, registered, batches.get(testid) ?? 0);
      await registry.finish(testid);
      if (message) ui.line(message);
    } catch (error) {
      errors.push(error);
    }
  }
  for (const { testid, refused, refusal } of delivered.filter((delivery) => delivery.refused > 0)) {
    ui.warn(`InfluxDB refuses ${refused} batches of run ${testid} for good: their samples are lost (${refusal})`);
  }
  if (errors.length > 0) {
    ui.warn(`earlier runs are not finished yet, the next call tries again: ${messageOf(new AggregateError(errors))}`);
  }
}

/** Runs whose record is not finished: those whose call or k6 still runs, and those whose call was killed. */
async function splitRuns(registry: RunRegistry, ui: Ui): Promise<Record<'living' | 'ended', RegisteredRun[]>> {
  const living: RegisteredRun[] = [];
  const ended: RegisteredRun[] = [];
  for (const run of await registry.runs()) {
    if (run.is_alive) living.push(run);
    else if (await awaitOrphans(registry, run, ui)) ended.push(run);
    else {
      living.push(run);
      const { testid } = run.run;
      ui.warn(`k6 of run ${registeredRunText(run)} goes on without its call: \`loadstar stop ${testid}\` ends it`);
    }
  }
  return { living, ended };
}

/** Our k6 ends by itself when its call is gone: its last iterations, and half a minute for an InfluxDB that is away. */
const ORPHAN_WAIT_MS = 75_000;
const ORPHAN_POLL_MS = 250;

/** @returns whether no k6 of the run is left */
async function awaitOrphans(registry: RunRegistry, { run, orphans }: RegisteredRun, ui: Ui): Promise<boolean> {
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

/**
 * @returns what became of the run, for a message; null if nothing is known of it here
 * @throws Error if its record stays unfinished
 */
async function finishEarlierRun(
  { results_dir, ...rest }: ResultContext,
  testid: RunId,
  registered: RegisteredRun | null,
  batches: number,
): Promise<string | null> {
  const context = { ...rest, results_dir: registered?.results_dir ?? results_dir };
  const delivered = batches > 0 ? [`delivered ${batches} batches that InfluxDB had not taken`] : [];
  const again = await judgeAgain(context, testid, batches > 0 ? 'part of the data was delivered later' : null);
  const judged = again ?? (registered && (await judgeKilledRun(context, registered)));
  if (judged === null) {
    return batches > 0 ? `of run ${testid}: ${delivered.join()}; its results are not here, so it is not judged` : null;
  }
  if (judged === 'finish') {
    return `of run ${testid}: ${[...delivered, `\`${COMMAND} finish ${testid}\` judges it again`].join('; ')}`;
  }
  const { is_recorded } = await writeRun(context, judged, null);
  if (!is_recorded) throw unusableError(`InfluxDB to take the record of run ${testid}`, 'it did not', 'call again');
  return `finished the record of run ${testid}: ${[...delivered, outcomeText(judged)].join('; ')}`;
}

function outcomeText({ summary, facts }: FinishedRun): string {
  const { state, samples_stored } = summary.completeness;
  const killed = `interrupted, its call was killed; data ${state}, ${samples_stored} samples kept`;
  return facts.is_call_killed ? killed : state;
}
