/** Ends generators that run elsewhere, through the merger where they meet. */
import type { SloResult } from '../../contract/results.ts';
import { sloOutcome } from '../../contract/slo-text.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Ui } from '../../lib/ui.ts';
import { waitFor } from '../../lib/wait.ts';
import { type AbortWatch, runWatched } from './abort-watch.ts';

/** The merger of a run, as this machine reaches it. */
export interface MergerAccess {
  /** `http://host:port`, without `/` at its end. */
  readonly url: string;
  /** The one that the merger reads InfluxDB with. */
  readonly token: string;
}

const TIMEOUT_MS = 5_000;
const AGAIN_AFTER_MS = 500;

export interface EndingWatch extends AbortWatch {
  /** Ends all generators. @param ended aborted when there is nothing left to end */
  end(reason: string, ended: AbortSignal): Promise<void>;
}

/**
 * Waits for generators, and ends all of them where an SLO ends the run.
 * @param watch null: nothing ends them
 * @param wait calls what it is given when the load has begun
 * @returns what `wait` returns, and the SLO that ended the run; null: none
 */
export async function waitUntilSlo<T>(
  watch: EndingWatch | null,
  wait: (onLoad: (began: Date) => void) => Promise<T>,
): Promise<{ readonly outcome: T; readonly breach: SloResult | null }> {
  if (!watch) return { outcome: await wait(() => undefined), breach: null };
  const ended = new AbortController();
  let ending: Promise<void> | undefined;
  const watched = await runWatched(watch, async ({ stop, onLoad }) => {
    stop.addEventListener('abort', () => {
      ending = watch.end(sloOutcome(stop.reason as SloResult), ended.signal);
    });
    return await wait(onLoad).finally(() => ended.abort());
  });
  await ending;
  return watched;
}

/**
 * Asks the merger to end all generators of a run, again and again until it says yes.
 * @param ended aborted when there is nothing left to end
 */
export async function stopGenerators(
  merger: MergerAccess,
  { testid, reason, ui }: { readonly testid: string; readonly reason: string; readonly ui: Ui },
  ended: AbortSignal,
): Promise<void> {
  let warned = false;
  while (!ended.aborted) {
    const refusal = await post(merger, 'stop', { run: testid, reason });
    if (refusal === null) return;
    if (!warned && !ended.aborted)
      ui.warn(
        `expected the merger at ${merger.url} to end the generators; found ${refusal}. Trying again until they have ended`,
      );
    warned = true;
    await waitFor(AGAIN_AFTER_MS, ended);
  }
}

/** Tells a merger that no generator comes any more, so that it ends. One that has ended by itself does not answer. */
export async function closeMerger(merger: MergerAccess): Promise<void> {
  await post(merger, 'close', {});
}

/** @returns why not; null: it does */
async function post({ url, token }: MergerAccess, call: string, body: object): Promise<string | null> {
  try {
    const answer = await fetch(`${url}/api/generators/${call}`, {
      method: 'POST',
      headers: { authorization: `Token ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    return answer.ok ? null : `HTTP ${answer.status}: ${text.trim()}`;
  } catch (error) {
    return messageOf(error);
  }
}
